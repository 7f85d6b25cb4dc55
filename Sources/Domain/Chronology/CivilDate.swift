/// A day of the Gregorian calendar in UTC.
///
/// The conversions are the proleptic Gregorian formulas on years that start in March, which put
/// the leap day last (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
package struct CivilDate: Hashable, Sendable {
    package let year: Int64
    package let month: Int64
    package let day: Int64

    package init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    private static let daysPerEra: Int64 = 146_097
    private static let epochOffset: Int64 = 719_468

    package init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + Self.epochOffset
        let era = (shifted >= 0 ? shifted : shifted - Self.daysPerEra + 1) / Self.daysPerEra
        let dayOfEra = shifted - era * Self.daysPerEra
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package init(_ instant: Instant) {
        let seconds = instant.seconds
        let quotient = seconds / Instant.secondsPerDay
        let days = seconds % Instant.secondsPerDay < 0 ? quotient - 1 : quotient
        self.init(daysSinceEpoch: days)
    }

    package var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysPerEra + dayOfEra - Self.epochOffset
    }

    /// Midnight UTC at the start of the day.
    package var start: Instant { Instant(seconds: daysSinceEpoch * Instant.secondsPerDay) }

    package var startOfMonth: CivilDate { CivilDate(year: year, month: month, day: 1) }

    package var startOfNextMonth: CivilDate {
        month == 12
            ? CivilDate(year: year + 1, month: 1, day: 1)
            : CivilDate(year: year, month: month + 1, day: 1)
    }
}
