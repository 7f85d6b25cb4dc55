package import Chronology

/// A point in time as a person writes it: a date, a timestamp, `today`, `yesterday`, `month`, or
/// so many hours, days or weeks ago (`24h`, `7d`, `2w`). Days begin where the zone has them begin.
package enum TimeWord {
    private static let secondsPerHour: Int64 = 3_600
    /// The longest time ago, in any unit.
    private static let counts: ClosedRange<Int64> = 0...100_000

    package static func instant(
        _ text: String, now: Instant, zone: CivilZone = .utc
    ) -> Instant? {
        let today = zone.day(at: now)
        switch text {
        case "now": return now
        case "today": return zone.start(of: today)
        case "yesterday": return zone.start(of: today.advanced(byDays: -1))
        case "month": return zone.start(of: today.startOfMonth)
        default: break
        }
        if let seconds = seconds(text) { return now.advanced(bySeconds: -seconds) }
        guard let moment = Instant(text: text) else { return nil }
        if text.hasSuffix("Z") { return moment }
        // A date, or a time on the wall of the zone.
        if text.count == "YYYY-MM-DD".count { return zone.start(of: CivilDate(moment)) }
        // The offset that is in force then, not that of the same time in UTC.
        let near = moment.advanced(bySeconds: -zone.offset(at: moment))
        return moment.advanced(bySeconds: -zone.offset(at: near))
    }

    /// `24h`, `7d`, `2w`.
    package static func seconds(_ text: String) -> Int64? {
        guard let unit = text.last, let count = Int64(text.dropLast()), counts.contains(count)
        else { return nil }
        switch unit {
        case "h": return count * secondsPerHour
        case "d": return count * Instant.secondsPerDay
        case "w": return count * 7 * Instant.secondsPerDay
        default: return nil
        }
    }

    /// `2026-11`, or `current`.
    package static func month(
        _ text: String, now: Instant, zone: CivilZone
    ) -> (since: Instant, until: Instant)? {
        var first = zone.day(at: now).startOfMonth
        if text != "current" {
            guard text.count == "YYYY-MM".count, let moment = Instant(text: text + "-01") else {
                return nil
            }
            first = CivilDate(moment)
        }
        return (zone.start(of: first), zone.start(of: first.startOfNextMonth))
    }
}
