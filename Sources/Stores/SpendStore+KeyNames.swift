internal import Gateway
package import Reporting

extension SpendStore {
    /// Names of the gateway's keys by their ids, as rows keep ids and people know names.
    package func keyNames() throws(StoreError) -> [String: String] {
        Dictionary(try keyListings().map { ($0.key.id, $0.key.name) }) { first, _ in first }
    }

    /// The filters of a query, in which a key's name is its id. Rows that were imported keep names
    /// of others as they are: what rows have is meant first. Of keys of one name the one in force
    /// is meant.
    package func resolvingKeys(_ query: SpendQuery) throws(StoreError) -> [SpendFilter] {
        guard let place = query.filters.firstIndex(where: { $0.dimension == .key }) else {
            return query.filters
        }
        let value = query.filters[place].value
        let named = try keyListings().filter { $0.key.name == value }
        guard let listing = named.first(where: { $0.revokedAt == nil }) ?? named.last else {
            return query.filters
        }
        var asWritten = query
        asWritten.dimensions = [.key]
        guard try report(asWritten).lines.isEmpty else { return query.filters }
        var filters = query.filters
        filters[place] = SpendFilter(.key, listing.key.id)
        return filters
    }
}
