internal import Chronology

/// Times as other programs write them, of UTC where they name no zone.
enum ForeignMoment {
    /// Seconds since 1970 of the years 2000 to 2100: a number beyond them is of another unit.
    static let seconds: Range<Int64> = 946_684_800..<4_102_444_800

    static func instant(_ text: String) -> Instant? {
        if let number = Int64(text) {
            return seconds.contains(number) ? Instant(seconds: number) : nil
        }
        var text = text
        if text.hasSuffix(" UTC") { text.removeLast(" UTC".count) }
        if text.hasSuffix("Z") { text.removeLast() }
        let (wall, offset) = split(text)
        guard let offset else { return nil }
        text = wall.replacing(" ", with: "T")
        // No more than microseconds.
        if let point = text.firstIndex(of: ".") {
            text = String(text[..<point] + text[point...].prefix(".ffffff".count))
        }
        guard let moment = Instant(text: text.contains("T") ? text + "Z" : text),
            seconds.contains(moment.seconds)
        else { return nil }
        return moment.advanced(bySeconds: -offset)
    }

    /// A time, and how far its zone is from UTC: `+00:00`, `-0730`, `+05` behind the time.
    private static func split(_ text: String) -> (wall: String, offset: Int64?) {
        let wallLength = "YYYY-MM-DDTHH:MM".count
        guard text.count > wallLength,
            let sign = text.dropFirst(wallLength).lastIndex(where: { "+-".contains($0) })
        else { return (text, 0) }
        let digits = text[text.index(after: sign)...].filter { $0 != ":" }
        guard [2, 4].contains(digits.count), let number = Int64(digits) else { return (text, nil) }
        let (hours, minutes) = digits.count == 2 ? (number, 0) : (number / 100, number % 100)
        let magnitude = hours * 3_600 + minutes * 60
        return (String(text[..<sign]), text[sign] == "-" ? -magnitude : magnitude)
    }

    /// The date that a text begins with.
    static func day(_ text: String) -> CivilDate? {
        guard let moment = Instant(text: String(text.prefix("YYYY-MM-DD".count))),
            seconds.contains(moment.seconds)
        else { return nil }
        return CivilDate(moment)
    }
}
