import Chronology
import Money
import Reporting
import Testing
import ZoneDatabase

@Suite("Spans of time in reports")
struct ReportTimeTests {
    private func query(
        _ by: String, zone: String, since: String = "2026-10-20", until: String = "2026-11-21"
    ) throws -> SpendQuery {
        SpendQuery(
            dimensions: try #require(SpendDimension.list(by)),
            since: try instant(since), until: try instant(until),
            zone: try #require(SystemZones().zone(named: zone)))
    }

    private func instant(_ text: String) throws -> Instant { try #require(Instant(text: text)) }

    @Test(
        "are called what people of the zone call them",
        arguments: [
            ("day", "UTC", "2026-11-21", "2026-11-21"),
            ("day", "America/New_York", "2026-11-21T04", "2026-11-20"),
            ("day", "America/New_York", "2026-11-21T05", "2026-11-21"),
            ("day", "Asia/Kathmandu", "2026-11-20T18:15", "2026-11-21"),
            ("day", "Asia/Kathmandu", "2026-11-20T18:00", "2026-11-20"),
            ("month", "UTC", "2026-11", "2026-11"),
            ("month", "Europe/Berlin", "2026-10-31T23", "2026-11"),
            ("week", "UTC", "2026-11-22", "2026-W47"),
            ("week", "UTC", "2026-11-23", "2026-W48"),
            // 1 January 2027 is a Friday, of the last week of the year before.
            ("week", "UTC", "2027-01-01", "2026-W53"),
            ("week", "UTC", "2024-12-30", "2025-W01"),
            ("hour", "UTC", "2026-11-21T10", "2026-11-21T10"),
            // The clocks went back at 06:00 UTC on 1 November 2026.
            ("hour", "America/New_York", "2026-11-01T05", "2026-11-01T01-04:00"),
            ("hour", "America/New_York", "2026-11-01T06", "2026-11-01T01-05:00"),
        ])
    func labels(by: String, zone: String, bucket: String, label: String) throws {
        let query = try query(by, zone: zone)
        #expect(query.label(of: bucket, by: query.dimensions[0]) == label)
    }

    @Test(
        "are put together from the coarsest buckets that fit",
        arguments: [
            ("day", "UTC", TimeBucket.day), ("hour", "UTC", .hour), ("week", "UTC", .day),
            ("month", "America/New_York", .hour), ("day", "Asia/Kolkata", .quarter),
            ("day", "Europe/London", .hour),
        ])
    func buckets(by: String, zone: String, bucket: TimeBucket) throws {
        #expect(try query(by, zone: zone).bucket == bucket)
    }

    @Test("cover the time once, whatever they are made of")
    func parts() throws {
        for by in ["model", "user", "user,day", "month,model", "hour", "session", "tag:team"] {
            let query = try query(
                by, zone: "UTC", since: "2026-08-03T10:20:30", until: "2026-11-21T17:40:00")
            let parts = query.parts(nextRow: query.until)
            #expect(parts.first?.since == query.since && parts.last?.until == query.until)
            for (part, next) in zip(parts, parts.dropFirst()) {
                #expect(part.until == next.since && part.since < part.until)
            }
        }
        let sources = try query(
            "user", zone: "UTC", since: "2026-08-03T10:20:30", until: "2026-11-21T17:40:00"
        ).parts(nextRow: instant("2026-11-21T17:40:00")).map(\.source)
        #expect(
            sources == [
                .rows, .days(.user), .months(.user), .days(.user), .rows,
            ])
    }

    @Test(
        "of what ends where rows end go on to the end of the longest span without more",
        arguments: [
            ("user", "2026-11-21T17:40:01", "2026-11-21T17:40:00", "rows days months days rows"),
            ("user", "2026-11-22T00:00:00", "2026-11-22T00:00:00", "rows days months days"),
            ("user", nil, "2026-12-01T00:00:00", "rows days months"),
            ("user,day", nil, "2026-11-22T00:00:00", "rows days"),
            ("hour", nil, "2026-11-21T18:00:00", "rows hours"),
            ("user,endpoint", nil, "2026-11-21T17:40:00", "rows"),
        ])
    func partsWithoutMore(by: String, next: String?, end: String, sources: String) throws {
        let query = try query(
            by, zone: "UTC", since: "2026-08-03T10:20:30", until: "2026-11-21T17:40:00")
        let parts = query.parts(nextRow: try next.map(instant))
        #expect(parts.first?.since == query.since)
        #expect(try parts.last?.until == instant(end))
        let names = parts.map { "\($0.source)".prefix { $0 != "(" } }
        #expect(names.joined(separator: " ") == sources)
        for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.until == next.since) }
    }

    @Test("of which one comes twice, as clocks go back, are told in their order")
    func hoursTwice() throws {
        for (zone, since, until, first) in [
            ("Europe/Berlin", "2026-10-24T22", "2026-10-25T23", "2026-10-25T02+02:00"),
            ("America/New_York", "2026-11-01T04", "2026-11-02T05", "2026-11-01T01-04:00"),
        ] {
            let query = try query(
                "hour", zone: zone, since: since + ":00:00", until: until + ":00:00")
            var lines: [SpendReport.Line] = []
            var moment = query.since
            while moment < query.until {
                var line = SpendReport.Line(keys: [String(moment.text.prefix(13))])
                line.calls = 1
                lines.append(line)
                moment = moment.advanced(bySeconds: 3_600)
            }
            let expected = lines.map { query.label(of: $0.keys[0], by: .hour) }
            let told = SpendReport(query: query, lines: lines.shuffled()).lines.map { $0.keys[0] }
            #expect(told == expected && told.count == 25 && told.contains(first))
        }
    }

    @Test(
        "are read as people write them",
        arguments: [
            ("today", "UTC", "2026-11-21T00:00:00Z"),
            ("today", "America/New_York", "2026-11-21T05:00:00Z"),
            ("yesterday", "Asia/Tokyo", "2026-11-20T15:00:00Z"),
            ("month", "Europe/Berlin", "2026-10-31T23:00:00Z"),
            ("2026-11-02", "America/New_York", "2026-11-02T05:00:00Z"),
            ("2026-11-01T03:00", "America/New_York", "2026-11-01T08:00:00Z"),
            ("2026-03-29T01:30", "Europe/Berlin", "2026-03-29T00:30:00Z"),
            ("2026-11-02T03:00:00Z", "America/New_York", "2026-11-02T03:00:00Z"),
            ("2w", "UTC", "2026-11-07T16:30:00Z"), ("24h", "UTC", "2026-11-20T16:30:00Z"),
        ])
    func words(text: String, zone: String, expected: String) throws {
        let now = try #require(Instant(text: "2026-11-21T16:30:00"))
        let known = try #require(SystemZones().zone(named: zone))
        #expect(TimeWord.instant(text, now: now, zone: known)?.shortText == expected)
    }

    @Test("leave the dearest lines, and one of all others")
    func narrowing() throws {
        func line(_ keys: [String], _ dollars: String) throws -> SpendReport.Line {
            var line = SpendReport.Line(keys: keys)
            line.cost = try Amount(dollars: dollars)
            line.calls = 1
            return line
        }
        let report = SpendReport(
            query: try query("model", zone: "UTC"),
            lines: [try line(["a"], "1"), try line(["b"], "5"), try line(["c"], "2")])
        let top = report.top(1)
        #expect(top.lines.map(\.keys) == [["b"], ["(other)"]])
        #expect(top.total.cost == report.total.cost && top.total.calls == 3)
        let daily = SpendReport(
            query: try query("day,model", zone: "UTC"),
            lines: [
                try line(["2026-11-01", "a"], "1"), try line(["2026-11-01", "b"], "5"),
                try line(["2026-11-02", "c"], "2"),
            ])
        #expect(
            daily.top(1).lines.map(\.keys) == [
                ["2026-11-01", "(other)"], ["2026-11-01", "b"], ["2026-11-02", "(other)"],
            ])
        let before = SpendReport(
            query: report.query.previous,
            lines: [try line(["b"], "4"), try line(["gone"], "3")])
        let rows = SpendComparison(report, before: before).table.rows
        #expect(rows.map { $0.suffix(1) }[0] == [.text("+25.00")])
        #expect(rows.last?.first == .text("gone") && rows.last?.last == .text("-100.00"))
        let narrowed = SpendComparison(report.top(1), before: before).table.rows
        #expect(narrowed.map(\.first) == [.text("b"), .text("(other)")])
        #expect(narrowed.last?.dropLast(2).last == .money(try Amount(dollars: "3")))
    }
}
