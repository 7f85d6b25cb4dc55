internal import Chronology
internal import Hummingbird
internal import Reporting

/// What part of the spend a page shows, as its address says: span, zone and filters.
struct ReportView: Sendable {
    let fields: FormFields
    let since: Instant
    let until: Instant
    let zone: CivilZone
    let by: SpendDimension
    let filters: [SpendFilter]
    let now: Instant

    /// What there is one of for every few calls: too many to read for a page.
    static let tooMany: Set<SpendDimension> = [.session, .conversation]

    static let spans = ["24h", "7d", "30d", "90d", "month"]
    static let defaultSpan = "30d"
    /// Days of the longest span: bars beyond them would be thinner than a line.
    private static let maximumDays: Int64 = 400

    /// Seconds of the years 1971 to 9998: no zone and no comparison leads out of those that have
    /// four digits.
    private static let years: Range<Int64> = 31_536_000..<253_370_764_800

    /// Throws `PageProblem` for what cannot be read.
    init(_ fields: FormFields, viewer: Viewer, now: Instant, zones: any ZoneSource) throws {
        self.fields = fields
        self.now = now
        let zoneName = fields["tz"] ?? "UTC"
        guard let zone = zones.zone(named: zoneName) else {
            throw PageProblem(
                .badRequest, "tz: '\(zoneName)' is not a time zone; try America/New_York or UTC")
        }
        self.zone = zone
        (since, until) = try Self.span(fields, now: now, zone: zone)
        let name = fields["by"] ?? "model"
        guard let dimension = SpendDimension(name: name), !dimension.isTime,
            !Self.tooMany.contains(dimension)
        else {
            throw PageProblem(
                .badRequest,
                "by: '\(name)' is nothing that a page tells spend by; sessions and conversations"
                    + " are with 'spendfuse report'")
        }
        by = dimension
        filters = try Self.filters(fields, viewer: viewer)
    }

    private static func span(
        _ fields: FormFields, now: Instant, zone: CivilZone
    ) throws -> (since: Instant, until: Instant) {
        let end = now.advanced(bySeconds: 1)
        if let from = fields["since"] {
            let to = fields["until"] ?? "now"
            guard let since = TimeWord.instant(from, now: now, zone: zone),
                let until = to == "now" ? end : TimeWord.instant(to, now: now, zone: zone),
                since < until, years.contains(since.seconds), years.contains(until.seconds),
                until.seconds - since.seconds <= maximumDays * Instant.secondsPerDay
            else {
                throw PageProblem(
                    .badRequest,
                    "since, until: '\(from)' to '\(to)' is not a span of at most \(maximumDays)"
                        + " days; write dates such as 2026-11-20")
            }
            return (since, until)
        }
        let span = fields["last"] ?? defaultSpan
        if span == "month" { return (zone.start(of: zone.day(at: now).startOfMonth), end) }
        guard let seconds = TimeWord.seconds(span), seconds > 0,
            seconds <= maximumDays * Instant.secondsPerDay
        else {
            throw PageProblem(.badRequest, "last: '\(span)' is not a span; try 7d or 30d")
        }
        // Whole days, so that the first bar is one.
        guard !span.hasSuffix("h"), seconds > Instant.secondsPerDay else {
            return (now.advanced(bySeconds: -seconds), end)
        }
        let first = zone.day(at: now).advanced(byDays: 1 - seconds / Instant.secondsPerDay)
        return (zone.start(of: first), end)
    }

    private static func filters(_ fields: FormFields, viewer: Viewer) throws -> [SpendFilter] {
        var filters: [SpendFilter] = []
        for dimension in SpendDimension.plain where !dimension.isTime {
            if dimension == .user, let only = viewer.onlyUser {
                filters.append(SpendFilter(.user, only))
            } else if let value = fields[dimension.name] {
                // A dash stands for calls without the attribute.
                filters.append(SpendFilter(dimension, value == "-" ? "" : value))
            }
        }
        if let tag = fields["tag"] {
            guard let filter = SpendFilter(text: "tag:\(tag)") else {
                throw PageProblem(.badRequest, "tag: '\(tag)' must be NAME=VALUE, such as team=web")
            }
            filters.append(filter)
        }
        return filters
    }

    /// By hour for a day or less.
    var time: SpendDimension {
        until.seconds - since.seconds <= 2 * Instant.secondsPerDay ? .hour : .day
    }

    func query(_ dimensions: [SpendDimension]) -> SpendQuery {
        SpendQuery(
            dimensions: dimensions, since: since, until: until, filters: filters, zone: zone)
    }

    /// A page with the same span, zone and filters.
    func href(_ path: String, _ changes: [(String, String?)] = []) -> String {
        path + changes.reduce(fields) { $0.with($1.0, $1.1) }.query
    }
}

extension ReportView {
    /// Every day or hour of the span, whether something was spent in it or not. `known` are labels
    /// of a report, which name the hours at which clocks change as they should.
    func labels(of known: [String]) -> [String] {
        var labels: [String] = []
        if time == .day {
            var day = zone.day(at: since)
            while zone.start(of: day) < until {
                labels.append(String(day.start.text.prefix("YYYY-MM-DD".count)))
                day = day.advanced(byDays: 1)
            }
            return labels
        }
        let query = query([time])
        var moment = since
        while moment < until {
            let bucket = String(moment.text.prefix("YYYY-MM-DDTHH:MM".count))
            labels.append(query.label(of: bucket, by: .hour))
            moment = moment.advanced(bySeconds: 3_600)
        }
        let missing = Set(known).subtracting(labels)
        return (labels + missing).sorted { SpendQuery.order(of: $0) < SpendQuery.order(of: $1) }
    }
}
