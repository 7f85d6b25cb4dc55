internal import Gateway
package import Reporting

extension SpendStore {
    /// Names of the gateway's keys by their ids, as rows keep ids and people know names.
    package func keyNames() throws(StoreError) -> [String: String] {
        Dictionary(try keyListings().map { ($0.key.id, $0.key.name) }) { first, _ in first }
    }

    /// Filters in which a key's name is its id. Of keys of one name the one in force is meant.
    package func resolvingKeys(_ filters: [SpendFilter]) throws(StoreError) -> [SpendFilter] {
        guard let place = filters.firstIndex(where: { $0.dimension == .key }) else {
            return filters
        }
        let listings = try keyListings()
        let value = filters[place].value
        guard !listings.contains(where: { $0.key.id == value }) else { return filters }
        let named = listings.filter { $0.key.name == value }
        guard let listing = named.first(where: { $0.revokedAt == nil }) ?? named.last else {
            return filters
        }
        var filters = filters
        filters[place] = SpendFilter(.key, listing.key.id)
        return filters
    }
}
