package import Chronology

/// Which calls a list shows: those admitted in [since, until) that all filters let through, newest
/// first.
package struct CallQuery: Sendable {
    package var since: Instant
    package var until: Instant
    /// At most one of a dimension, and of tags.
    package var filters: [SpendFilter] = []
    /// `success`, `error`, `blocked` or `cached`; nil for all.
    package var status: String?
    package var limit: Int
    /// A `timestamp` as a row has it: only rows that are not after it. For leafing through rows of
    /// other programs, whose times are texts of their own.
    package var cursor: String?
    /// Calls to skip, for the next page of a list.
    package var offset = 0

    package init(since: Instant, until: Instant, limit: Int) {
        self.since = since
        self.until = until
        self.limit = limit
    }

    package func value(of dimension: SpendDimension) -> String? {
        filters.first { $0.dimension == dimension }?.value
    }

    package var tagFilter: (name: String, value: String)? {
        filters.lazy.compactMap { filter in filter.dimension.tag.map { ($0, filter.value) } }.first
    }
}
