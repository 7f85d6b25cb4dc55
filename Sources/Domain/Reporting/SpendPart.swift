package import Chronology

/// What rollups of days are kept for, beside models and endpoints.
package enum SpendFacet: String, CaseIterable, Sendable {
    /// Everything, whoever spent it.
    case whole = ""
    case user, project, key, session, conversation
    /// `name=value`, once for each tag of a call.
    case tag
}

/// Part of a report's time, and what it is summed from.
package struct SpendPart: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case rows
        /// Sums of whole hours, of everything.
        case hours
        /// Sums of whole days.
        case days(SpendFacet)
        /// Sums of whole months, of what a facet tells apart.
        case months(SpendFacet)
    }

    package let source: Source
    package let since: Instant
    package let until: Instant
}

extension SpendDimension {
    /// Which rollup tells this dimension apart; nil where it is no facet.
    var facet: SpendFacet? {
        switch self {
        case .user: .user
        case .project: .project
        case .key: .key
        case .session: .session
        case .conversation: .conversation
        case .model, .provider, .day, .hour, .endpoint, .upstream, .taskType: nil
        }
    }

    /// Rollups of facets tell models and providers apart, and no more: each further dimension
    /// would multiply their rows.
    var isInFacets: Bool {
        switch self {
        case .model, .provider, .day: true
        case .hour, .endpoint, .upstream, .taskType: false
        case .user, .project, .key, .session, .conversation: true
        }
    }
}

extension SpendQuery {
    /// Parts that together cover the query's time once: whole months, days and hours out of
    /// rollups, and what is before and after them out of rows.
    package var parts: [SpendPart] {
        var facets = Set(dimensions.compactMap(\.facet))
        if userID != nil { facets.insert(.user) }
        guard facets.count < 2, facets.isEmpty || dimensions.allSatisfy(\.isInFacets) else {
            return [SpendPart(source: .rows, since: since, until: until)]
        }
        var sources: [SpendPart.Source] = [.hours]
        if let facet = facets.first {
            sources = dimensions.contains(.day) ? [.days(facet)] : [.months(facet), .days(facet)]
        } else if !dimensions.contains(.hour) {
            sources = [.days(.whole), .hours]
        }
        return parts(of: (since, until), from: sources[...])
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
