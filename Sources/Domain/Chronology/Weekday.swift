/// A day of the week, by its ISO 8601 number less one.
package enum Weekday: Int64, CaseIterable, Sendable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    package init?(name: String) {
        guard let day = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
        self = day
    }

    package init(_ date: CivilDate) {
        // 1970-01-01 was a Thursday.
        let days = (date.daysSinceEpoch + 3) % 7
        self = Self(rawValue: days < 0 ? days + 7 : days) ?? .monday
    }
}

extension CivilDate {
    /// The day on which the week began that this day is in.
    package func startOfWeek(_ first: Weekday) -> CivilDate {
        let passed = (Weekday(self).rawValue - first.rawValue + 7) % 7
        return CivilDate(daysSinceEpoch: daysSinceEpoch - passed)
    }

    package func advanced(byDays count: Int64) -> CivilDate {
        CivilDate(daysSinceEpoch: daysSinceEpoch + count)
    }
}
