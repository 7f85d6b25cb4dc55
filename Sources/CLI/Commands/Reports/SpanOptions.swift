internal import App
internal import ArgumentParser
internal import Chronology
internal import Reporting
internal import ZoneDatabase

/// A span of time, as options.
struct SpanOptions: ParsableArguments {
    @Option(
        name: .long,
        help:
            "From when: a date, a time, today, yesterday, month, 24h, 7d or 2w ago (default month)."
    )
    var since: String?

    @Option(name: .long, help: "Until when, not included (default now).")
    var until: String?

    @Option(name: .long, help: "The last 24h, 7d or 2w.")
    var last: String?

    @Option(name: .long, help: "One month, such as 2026-11, or current.")
    var month: String?

    @Option(
        name: .customLong("tz"),
        help: "The zone that days begin by, such as America/New_York (default UTC).")
    var zoneName = "UTC"

    func zone() throws -> CivilZone { try Self.zone(named: zoneName) }

    static func zone(named name: String) throws -> CivilZone {
        guard let zone = SystemZones().zone(named: name) else {
            throw ValidationError(
                "--tz: '\(name)' is not a time zone; try America/New_York or UTC")
        }
        return zone
    }

    func span() throws -> (since: Instant, until: Instant) {
        let now = SystemClock().now()
        // The call that is just over belongs to a report up to now.
        let end = now.advanced(bySeconds: 1)
        let zone = try zone()
        if let month {
            guard since == nil, until == nil, last == nil else {
                throw ValidationError("--month stands alone: leave out --since, --until and --last")
            }
            guard let span = TimeWord.month(month, now: now, zone: zone) else {
                throw ValidationError("--month: '\(month)' is not a month; try 2026-11 or current")
            }
            // What is still to come would make a comparison with the month before unfair.
            return (span.since, min(span.until, max(end, span.since.advanced(bySeconds: 1))))
        }
        if let last {
            guard since == nil, until == nil else {
                throw ValidationError("--last stands alone: leave out --since and --until")
            }
            guard let seconds = TimeWord.seconds(last), seconds > 0 else {
                throw ValidationError("--last: '\(last)' is not a span; try 24h, 7d or 2w")
            }
            return (now.advanced(bySeconds: -seconds), end)
        }
        return try span(from: since ?? "month", to: until ?? "now", now: now, zone: zone)
    }

    private func span(
        from: String, to: String, now: Instant, zone: CivilZone
    ) throws -> (since: Instant, until: Instant) {
        guard let since = TimeWord.instant(from, now: now, zone: zone) else {
            throw ValidationError("--since: '\(from)' is not a time; try 2026-11-20 or 7d")
        }
        let end =
            to == "now"
            ? now.advanced(bySeconds: 1) : TimeWord.instant(to, now: now, zone: zone)
        guard let end else {
            throw ValidationError("--until: '\(to)' is not a time; try 2026-11-20 or now")
        }
        guard since < end else { throw ValidationError("--since must be before --until") }
        return (since, end)
    }
}
