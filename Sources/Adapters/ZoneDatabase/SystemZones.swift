package import Chronology
internal import Foundation
internal import Synchronization

/// The time zones that Foundation knows.
package final class SystemZones: ZoneSource {
    /// The years for which offsets are looked up; the last offset holds from then on.
    private static let years = Int64(2000)...Int64(2060)
    /// Between two looks for a change of offset. No zone changes twice in it and back again.
    private static let strideSeconds: Int64 = 7 * Instant.secondsPerDay

    private let known = Mutex<[String: CivilZone]>(["UTC": .utc])

    package init() {}

    package func zone(named name: String) -> CivilZone? {
        if let zone = known.withLock({ $0[name] }) { return zone }
        guard let zone = TimeZone(identifier: name) else { return nil }
        let table = Self.table(of: zone, name: name)
        known.withLock { $0[name] = table }
        return table
    }

    private static func table(of zone: TimeZone, name: String) -> CivilZone {
        let begin = CivilDate(year: years.lowerBound, month: 1, day: 1).start
        let end = CivilDate(year: years.upperBound, month: 1, day: 1).start
        let first = offset(of: zone, at: begin.seconds)
        var changes: [CivilZone.Change] = []
        var known = first
        var seconds = begin.seconds
        while seconds < end.seconds {
            let next = seconds + strideSeconds
            let offset = offset(of: zone, at: next)
            if offset != known {
                let moment = change(of: zone, after: seconds, upTo: next, from: known)
                changes.append(CivilZone.Change(at: Instant(seconds: moment), offset: offset))
                known = offset
            }
            seconds = next
        }
        return CivilZone(name: name, firstOffset: first, changes: changes)
    }

    private static func offset(of zone: TimeZone, at seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds))))
    }

    /// The first second in (`earlier`, `later`] whose offset is not `known`.
    private static func change(
        of zone: TimeZone, after earlier: Int64, upTo later: Int64, from known: Int64
    ) -> Int64 {
        var low = earlier
        var high = later
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(of: zone, at: middle) == known { low = middle } else { high = middle }
        }
        return high
    }
}
