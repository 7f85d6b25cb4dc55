internal import Accounting
package import Chronology

/// What spend is summed by.
package enum SpendDimension: String, CaseIterable, Sendable {
    case model, user, provider, day, hour, endpoint, key, project, session, conversation, upstream
    case taskType = "task_type"

    /// `model,user`: one or two dimensions.
    package static let maximumDimensions = 2

    package static func list(_ text: String) -> [SpendDimension]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let dimensions = parts.compactMap { SpendDimension(rawValue: String($0)) }
        guard dimensions.count == parts.count, (1...maximumDimensions).contains(parts.count),
            Set(dimensions).count == dimensions.count
        else { return nil }
        return dimensions
    }
}

/// Which rows a report adds up: those admitted in [since, until).
package struct SpendQuery: Sendable {
    package var dimensions: [SpendDimension]
    package var since: Instant
    package var until: Instant
    package var userID: String?

    package init(
        dimensions: [SpendDimension], since: Instant, until: Instant, userID: String? = nil
    ) {
        self.dimensions = dimensions
        self.since = since
        self.until = until
        self.userID = userID
    }
}

/// A point in time as a person writes it: a date, a timestamp, `today`, `yesterday`, `month`, or
/// so many hours or days ago (`24h`, `7d`).
package enum TimeWord {
    package static func instant(_ text: String, now: Instant) -> Instant? {
        switch text {
        case "now": return now
        case "today": return CivilDate(now).start
        case "yesterday":
            return CivilDate(now).start.advanced(bySeconds: -Instant.secondsPerDay)
        case "month": return CivilDate(now).startOfMonth.start
        default: break
        }
        if let unit = text.last, let count = Int64(text.dropLast()), (0...100_000).contains(count) {
            switch unit {
            case "h": return now.advanced(bySeconds: -count * 3_600)
            case "d": return now.advanced(bySeconds: -count * Instant.secondsPerDay)
            default: break
            }
        }
        return Instant(text: text)
    }
}
