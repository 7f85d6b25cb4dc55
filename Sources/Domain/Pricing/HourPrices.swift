package import Chronology

/// Prices that hold for a part of the day, on some days of the week, all in UTC.
package struct HourPrices: Hashable, Sendable {
    static let minutesPerDay = 1_440

    /// Minutes since midnight, from 0 up to and without 1,440.
    package var start: Int
    /// Without this minute itself; smaller than `start` where the part passes midnight.
    package var end: Int
    /// From 0 for Monday to 6 for Sunday, of the moment that is priced.
    package var weekdays: Set<Int>
    package var prices: TierPrices

    package init(start: Int, end: Int, weekdays: Set<Int>, prices: TierPrices) {
        self.start = start
        self.end = end
        self.weekdays = weekdays
        self.prices = prices
    }

    /// As a price sheet writes them, from Monday on.
    static let weekdayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    var weekdayNames: [String] { weekdays.sorted().map { Self.weekdayNames[$0] } }

    package func covers(_ moment: Instant) -> Bool {
        let day = CivilDate(moment).daysSinceEpoch
        let minute = Int((moment.seconds - day * Instant.secondsPerDay) / 60)
        // 1970-01-01 was a Thursday, three days behind a Monday.
        let weekday = Int(((day + 3) % 7 + 7) % 7)
        guard weekdays.contains(weekday) else { return false }
        return start <= end
            ? (start..<end).contains(minute) : minute >= start || minute < end
    }

    /// Reads `16:30-00:30`; nil for anything else. `24:00` is the end of a day.
    package static func minutes(_ text: String) -> (start: Int, end: Int)? {
        let sides = text.split(separator: "-", omittingEmptySubsequences: false)
        guard sides.count == 2, let start = minute(sides[0]), let end = minute(sides[1]),
            start < minutesPerDay, start != end
        else { return nil }
        return (start, end)
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60
        else { return nil }
        let total = hour * 60 + minute
        return total <= minutesPerDay ? total : nil
    }
}
