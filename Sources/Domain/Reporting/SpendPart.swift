package import Chronology

/// What rollups of days are kept for, beside models and endpoints.
package enum SpendFacet: String, CaseIterable, Sendable {
    /// Everything, whoever spent it.
    case whole = ""
    case user, project, key, session, conversation
    /// `name=value`, once for each tag of a call.
    case tag

    /// Whether there are sums of months as well: of what has many values of few calls each, these
    /// would hardly be fewer than those of days.
    package var hasMonths: Bool { [.user, .project, .key].contains(self) }
}

/// Part of a report's time, and what it is summed from.
package struct SpendPart: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case rows
        /// Sums of whole hours, of everything.
        case hours
        /// Sums of whole days.
        case days(SpendFacet)
        /// Sums of whole months, of what a facet tells apart; kept where `SpendFacet.hasMonths`.
        case months(SpendFacet)
    }

    package let source: Source
    package let since: Instant
    package let until: Instant
}

extension SpendQuery {
    /// Parts that together cover the query's time once: whole months, days and hours out of
    /// rollups, and what is before and after them out of rows.
    ///
    /// `next` is when the first row at or after the query's end was admitted: sums of a longer
    /// span, in which there is nothing more, are as good as those of many shorter ones.
    package func parts(nextRow next: Instant?) -> [SpendPart] {
        let ends = sources.lazy.map { $0.boundary(from: until) }
        let end = ends.first { end in next.map { $0 >= end } ?? true }
        return parts(of: (since, end ?? until), from: sources[...])
    }

    /// The furthest that parts can go beyond the query's end.
    package var furthestEnd: Instant { sources.first?.boundary(from: until) ?? until }

    /// Rollups of which this can be added up, the coarsest first.
    private var sources: [SpendPart.Source] {
        let told = dimensions + filters.map(\.dimension)
        let facets = Set(told.compactMap(\.facet))
        let hasTime = dimensions.contains(where: \.isTime)
        // Calls without a tag are in none of its sums.
        if let filter = tagFilter, filter.value.isEmpty { return [] }
        guard facets.count < 2, facets.isEmpty || told.allSatisfy(\.isInFacets) else { return [] }
        guard let facet = facets.first else {
            guard hasTime else { return [.days(.whole), .hours] }
            return switch bucket {
            case .day: [.days(.whole), .hours]
            case .hour: [.hours]
            case .quarter: []
            }
        }
        // Calls without a tag are those of whole days less those with it.
        if dimensions.contains(where: \.isTag) {
            guard tagFilter == nil, !hasTime || bucket == .day else { return [] }
            return [.days(facet)]
        }
        let sources: [SpendPart.Source] =
            facet.hasMonths ? [.months(facet), .days(facet)] : [.days(facet)]
        guard hasTime else { return sources }
        guard bucket == .day else { return [] }
        return dimensions.contains(.month) ? sources : [.days(facet)]
    }

    private typealias Span = (since: Instant, until: Instant)

    /// The largest spans first, and what they leave out of smaller ones.
    private func parts(of span: Span, from sources: ArraySlice<SpendPart.Source>) -> [SpendPart] {
        guard span.since < span.until else { return [] }
        guard let source = sources.first else {
            return [SpendPart(source: .rows, since: span.since, until: span.until)]
        }
        let smaller = sources.dropFirst()
        let since = source.boundary(from: span.since)
        let until = source.boundary(upTo: span.until)
        guard since < until else { return parts(of: span, from: smaller) }
        return parts(of: (span.since, since), from: smaller)
            + [SpendPart(source: source, since: since, until: until)]
            + parts(of: (until, span.until), from: smaller)
    }
}

extension SpendPart.Source {
    private static let secondsPerHour: Int64 = 3_600

    /// The last boundary of the source's spans that is not after a moment, in UTC.
    fileprivate func boundary(upTo moment: Instant) -> Instant {
        switch self {
        case .rows: moment
        case .hours: moment.rounded(toSeconds: Self.secondsPerHour)
        case .days: moment.rounded(toSeconds: Instant.secondsPerDay)
        case .months: CivilDate(moment).startOfMonth.start
        }
    }

    /// The first boundary that is not before a moment.
    fileprivate func boundary(from moment: Instant) -> Instant {
        let before = boundary(upTo: moment)
        guard before < moment else { return moment }
        return switch self {
        case .rows: moment
        case .hours: before.advanced(bySeconds: Self.secondsPerHour)
        case .days: before.advanced(bySeconds: Instant.secondsPerDay)
        case .months: CivilDate(before).startOfNextMonth.start
        }
    }
}

extension Instant {
    /// Down, before 1970 too.
    fileprivate func rounded(toSeconds length: Int64) -> Instant {
        let rest = seconds % length
        return Instant(seconds: seconds - (rest < 0 ? rest + length : rest))
    }
}
