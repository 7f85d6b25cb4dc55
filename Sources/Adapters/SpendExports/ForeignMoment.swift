internal import Chronology

/// Times as other programs write them, of UTC where they name no zone.
enum ForeignMoment {
    static func instant(_ text: String) -> Instant? {
        if let seconds = Int64(text), seconds > 100_000_000 { return Instant(seconds: seconds) }
        var text = text
        if text.hasSuffix(" UTC") { text.removeLast(4) }
        var offset: Int64 = 0
        // `+00:00` and `-07:00` behind the time.
        if text.count > 19, let sign = text.dropFirst(19).lastIndex(where: { "+-".contains($0) }) {
            let parts = text[text.index(after: sign)...].split(separator: ":").compactMap {
                Int64($0)
            }
            guard let hours = parts.first else { return nil }
            offset = (hours * 3_600 + (parts.count > 1 ? parts[1] * 60 : 0))
            if text[sign] == "-" { offset = -offset }
            text = String(text[..<sign])
        }
        text = text.replacing(" ", with: "T")
        if text.hasSuffix("Z") { text.removeLast() }
        // No more than microseconds.
        if let point = text.firstIndex(of: ".") {
            text = String(text[..<point] + text[point...].prefix(7))
        }
        guard let moment = Instant(text: text.contains("T") ? text + "Z" : text) else { return nil }
        return moment.advanced(bySeconds: -offset)
    }

    /// The date that a text begins with.
    static func day(_ text: String) -> CivilDate? {
        Instant(text: String(text.prefix("YYYY-MM-DD".count))).map { CivilDate($0) }
    }
}
