extension Instant {
    /// RFC 3339 in UTC with six decimals, always 27 bytes, so that text order is time order:
    /// `2026-11-20T09:05:00.000000Z`.
    package var text: String {
        var bytes = [UInt8]()
        bytes.reserveCapacity(27)
        let date = CivilDate(self)
        let secondOfDay = seconds - date.daysSinceEpoch * Self.secondsPerDay
        let fraction = microseconds - seconds * Self.microsecondsPerSecond
        // Years of four digits are all that texts can name; others stand at their ends.
        bytes.appendDigits(min(max(0, date.year), 9_999), count: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.appendDigits(date.month, count: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.appendDigits(date.day, count: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.appendDigits(secondOfDay / 3_600, count: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDigits(secondOfDay / 60 % 60, count: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDigits(secondOfDay % 60, count: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.appendDigits(fraction, count: 6)
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whole seconds, for messages: `2026-11-20T09:05:00Z`.
    package var shortText: String { text.prefix(19) + "Z" }

    /// Reads `2026-11-20`, `2026-11-20T09:05`, with optional `:SS`, fraction and `Z`, all in UTC.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard let year = bytes.digits(at: 0, count: 4), bytes.has("-", at: 4),
            let month = bytes.digits(at: 5, count: 2), bytes.has("-", at: 7),
            let day = bytes.digits(at: 8, count: 2), (1...12).contains(month)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard CivilDate(date.start) == date else { return nil }
        guard bytes.count > 10 else {
            self = date.start
            return
        }
        guard bytes.has("T", at: 10) || bytes.has(" ", at: 10),
            let time = TimeOfDay(bytes.dropFirst(11))
        else { return nil }
        self.init(microseconds: date.start.microseconds + time.microseconds)
    }
}

/// The part of a timestamp behind the day: `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`, and `Z`.
private struct TimeOfDay {
    let microseconds: Int64

    init?(_ slice: ArraySlice<UInt8>) {
        var bytes = Array(slice)
        if bytes.last == UInt8(ascii: "Z") { bytes.removeLast() }
        guard let hour = bytes.digits(at: 0, count: 2), hour < 24, bytes.has(":", at: 2),
            let minute = bytes.digits(at: 3, count: 2), minute < 60
        else { return nil }
        var total = (hour * 60 + minute) * 60 * Instant.microsecondsPerSecond
        if bytes.count > 5 {
            guard bytes.has(":", at: 5), let second = bytes.digits(at: 6, count: 2), second < 60
            else { return nil }
            total += second * Instant.microsecondsPerSecond
        }
        if bytes.count > 8 {
            let places = bytes.count - 9
            guard bytes.has(".", at: 8), (1...6).contains(places),
                let fraction = bytes.digits(at: 9, count: places)
            else { return nil }
            total += fraction * (0..<(6 - places)).reduce(Int64(1)) { scale, _ in scale * 10 }
        }
        microseconds = total
    }
}

extension [UInt8] {
    fileprivate mutating func appendDigits(_ value: Int64, count: Int) {
        var divisor: Int64 = 1
        for _ in 1..<count { divisor *= 10 }
        for _ in 0..<count {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    fileprivate func digits(at start: Int, count: Int) -> Int64? {
        guard start + count <= self.count else { return nil }
        var value: Int64 = 0
        for byte in self[start..<(start + count)] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    fileprivate func has(_ character: Unicode.Scalar, at index: Int) -> Bool {
        index < count && self[index] == UInt8(ascii: character)
    }
}
