internal import Chronology
internal import Gateway
package import Reporting

extension SpendStore {
    /// Rows of FOCUS for a query's span and filters; its dimensions and zone do not matter.
    package func focus(_ query: SpendQuery) throws(StoreError) -> FocusExport {
        var names: [String: String] = [:]
        for listing in try keyListings() { names[listing.key.id] = listing.key.name }
        var rows: [FocusExport.Row] = []
        for provider in try values(of: .provider, query) {
            var ofProvider = query.utc
            if query.value(of: .provider) == nil {
                ofProvider.filters.append(SpendFilter(.provider, provider))
            }
            for key in try values(of: .key, ofProvider) {
                var one = ofProvider
                if query.value(of: .key) == nil { one.filters.append(SpendFilter(.key, key)) }
                one.dimensions = [.model, .day]
                rows += try report(one).lines.map { line in
                    FocusExport.Row(provider: provider, key: key, line: line)
                }
            }
        }
        return FocusExport(rows: rows, keyNames: names)
    }

    private func values(
        of dimension: SpendDimension, _ query: SpendQuery
    ) throws(StoreError) -> [String] {
        if let value = query.value(of: dimension) { return [value] }
        var query = query.utc
        query.dimensions = [dimension]
        return try report(query).lines.map { $0.keys[0] }.sorted()
    }
}

extension SpendQuery {
    fileprivate var utc: SpendQuery {
        var query = self
        query.zone = .utc
        return query
    }
}
