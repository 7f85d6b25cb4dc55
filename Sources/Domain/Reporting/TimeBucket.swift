package import Chronology

/// The spans of UTC that stores tell apart. Those of people are put together from them.
package enum TimeBucket: String, Sendable {
    case day, hour
    /// Of an hour: no zone's offset is finer.
    case quarter

    private static let secondsPerHour: Int64 = 3_600

    /// The coarsest of which every hour, day, week and month of a query can be put together.
    init(for query: SpendQuery) {
        let offsets = query.zone.offsets(from: query.since, to: query.until)
        if offsets.contains(where: { $0 % Self.secondsPerHour != 0 }) {
            self = .quarter
        } else if query.dimensions.contains(.hour) || offsets != [0] {
            self = .hour
        } else {
            self = .day
        }
    }

    /// The bucket that begins at a moment, as `SpendQuery.label` reads it.
    package func text(_ start: Instant) -> String {
        let shape =
            switch self {
            case .day: "YYYY-MM-DD"
            case .hour: "YYYY-MM-DDTHH"
            case .quarter: "YYYY-MM-DDTHH:MM"
            }
        return String(start.text.prefix(shape.count))
    }
}

extension CivilZone {
    /// The offsets from UTC, in seconds, that are in force at some time of a span.
    fileprivate func offsets(from since: Instant, to until: Instant) -> Set<Int64> {
        // The clocks of no zone change twice within a week.
        let step = 7 * Instant.secondsPerDay
        // The bucket that the first moment is in began before it.
        var offsets: Set<Int64> = [offset(at: until), offset(at: CivilDate(since).start)]
        var moment = since
        while moment < until {
            offsets.insert(offset(at: moment))
            moment = moment.advanced(bySeconds: step)
        }
        return offsets
    }
}

extension SpendQuery {
    /// What stores are to tell a dimension of time apart by.
    package var bucket: TimeBucket { TimeBucket(for: self) }

    /// The name by which a statement knows a dimension.
    package func statementName(of dimension: SpendDimension) -> String {
        if dimension.isTag { return "tag" }
        return dimension.isTime ? bucket.rawValue : dimension.name
    }

    /// What people call the span that a bucket of the store begins: `2026-11-21`, `2026-W47`.
    package func label(of bucket: String, by dimension: SpendDimension) -> String {
        guard dimension.isTime, let start = Self.start(of: bucket) else { return bucket }
        let day = zone.day(at: start)
        switch dimension {
        case .day: return day.text
        case .month: return String(day.text.prefix("YYYY-MM".count))
        case .week: return day.isoWeek
        default: return hour(start)
        }
    }

    /// With the offset where that is not zero, as the hour at which clocks go back comes twice.
    private func hour(_ start: Instant) -> String {
        let offset = zone.offset(at: start)
        let wall = start.advanced(bySeconds: offset)
        let text = String(wall.text.prefix("YYYY-MM-DDTHH".count))
        guard zone != .utc else { return text }
        let minutes = abs(offset) / 60
        let (hours, rest) = (minutes / 60, minutes % 60)
        return text + (offset < 0 ? "-" : "+") + Self.twoDigits(hours) + ":"
            + Self.twoDigits(rest)
    }

    /// What labels of hours are sorted by: the hour that comes twice is first the one with the
    /// larger offset from UTC.
    package static func order(of label: String) -> String {
        let hour = label.prefix("YYYY-MM-DDTHH".count)
        let offset = label.dropFirst(hour.count)
        let parts = offset.dropFirst().split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2 else { return label }
        let minutes = (offset.first == "-" ? -1 : 1) * (parts[0] * 60 + parts[1])
        return "\(hour) \(Self.latestOffset - minutes)"
    }

    /// Minutes; above any offset, so that what is left of it has four digits.
    private static let latestOffset = 5_000

    private static func twoDigits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    /// `2026-11`, `2026-11-21`, `2026-11-21T10` or `2026-11-21T10:15`, of UTC.
    private static func start(of bucket: String) -> Instant? {
        switch bucket.count {
        case "YYYY-MM".count: Instant(text: bucket + "-01")
        case "YYYY-MM-DD".count: Instant(text: bucket)
        case "YYYY-MM-DDTHH".count: Instant(text: bucket + ":00:00")
        default: Instant(text: bucket + ":00")
        }
    }
}

extension CivilDate {
    var text: String { String(start.text.prefix("YYYY-MM-DD".count)) }

    /// The week of ISO 8601, which begins on Monday and belongs to the year of its Thursday.
    var isoWeek: String {
        // The first day of the epoch was a Thursday.
        let weekday = (daysSinceEpoch + 3) - ((daysSinceEpoch + 3) / 7) * 7
        let monday = weekday < 0 ? weekday + 7 : weekday
        let thursday = advanced(byDays: 3 - monday)
        let firstOfYear = CivilDate(year: thursday.year, month: 1, day: 1)
        let week = (thursday.daysSinceEpoch - firstOfYear.daysSinceEpoch) / 7 + 1
        return "\(thursday.year)-W" + (week < 10 ? "0\(week)" : "\(week)")
    }
}
