internal import Accounting
package import Chronology

/// Keeps a report to calls with one value of a dimension.
package struct SpendFilter: Hashable, Sendable {
    package let dimension: SpendDimension
    package let value: String

    package init(_ dimension: SpendDimension, _ value: String) {
        self.dimension = dimension
        self.value = value
    }

    /// `model=gpt-5`, `tag:team=web`: nil for a dimension that is unknown, or a span of time.
    package init?(text: String) {
        let parts = text.split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let dimension = SpendDimension(name: String(parts[0])),
            !dimension.isTime
        else { return nil }
        self.init(dimension, String(parts[1]))
    }
}

/// Which rows a report adds up: those admitted in [since, until) that all filters let through.
package struct SpendQuery: Sendable {
    package var dimensions: [SpendDimension]
    package var since: Instant
    package var until: Instant
    /// At most one of a dimension, and of tags.
    package var filters: [SpendFilter]
    /// What hours, days, weeks and months are told by.
    package var zone: CivilZone

    package init(
        dimensions: [SpendDimension], since: Instant, until: Instant, filters: [SpendFilter] = [],
        zone: CivilZone = .utc
    ) {
        self.dimensions = dimensions
        self.since = since
        self.until = until
        self.filters = filters
        self.zone = zone
    }

    /// The value that a dimension is kept to.
    package func value(of dimension: SpendDimension) -> String? {
        filters.first { $0.dimension == dimension }?.value
    }

    /// What the values of a facet's rollups are kept to.
    package func facetValue(_ facet: SpendFacet) -> String? {
        guard let filter = filters.first(where: { $0.dimension.facet == facet }) else { return nil }
        if case .tag(let name) = filter.dimension { return "\(name)=\(filter.value)" }
        return filter.value
    }

    /// Whether nothing but these and times are told apart or asked for.
    package func tells(only known: Set<SpendDimension>) -> Bool {
        (dimensions + filters.map(\.dimension)).allSatisfy { known.contains($0) || $0.isTime }
    }

    /// The tag that is told apart.
    package var tag: String? { dimensions.lazy.compactMap(\.tag).first }

    /// The tag that calls are kept to, and its value.
    package var tagFilter: (name: String, value: String)? {
        filters.lazy.compactMap { filter in filter.dimension.tag.map { ($0, filter.value) } }.first
    }

    /// The same span of time just before.
    package var previous: SpendQuery {
        var query = self
        query.until = since
        query.since = Instant(
            microseconds: since.microseconds - (until.microseconds - since.microseconds))
        return query
    }
}
