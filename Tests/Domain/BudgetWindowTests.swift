import Accounting
import Chronology
import Testing
import ZoneDatabase

/// Windows in time zones, over the days on which clocks change.
@Suite("Budget windows")
struct BudgetWindowTests {
    private func calendar(_ zone: String, _ weekStart: Weekday = .monday) throws -> BudgetCalendar {
        BudgetCalendar(zone: try #require(SystemZones().zone(named: zone)), weekStart: weekStart)
    }

    private func moment(_ text: String) throws -> Instant { try #require(Instant(text: text)) }

    @Test("are the days that zoneinfo knows", arguments: ZoneDays.cases)
    func days(_ day: (zone: String, moment: String, start: String, end: String)) throws {
        let span = try calendar(day.zone).span(of: .daily, at: try moment(day.moment))
        #expect(span?.start.shortText == day.start + "Z")
        #expect(span?.end.shortText == day.end + "Z")
    }

    @Test(
        "follow each other without a gap, whatever the clocks do",
        arguments: [
            "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo",
            "America/Santiago", "Asia/Kathmandu", "Asia/Gaza", "America/St_Johns", "UTC",
        ])
    func partition(zone: String) throws {
        let calendar = try calendar(zone, .sunday)
        for window in [BudgetWindow.hourly, .daily, .weekly, .monthly] {
            var moment = try moment("2026-02-01T00:00:00")
            let end = try self.moment("2026-12-01T00:00:00")
            while moment < end {
                let span = try #require(calendar.span(of: window, at: moment))
                #expect(span.contains(moment), "\(window) at \(moment.shortText)")
                #expect(calendar.span(of: window, at: span.start) == span)
                let last = Instant(microseconds: span.end.microseconds - 1)
                #expect(calendar.span(of: window, at: last) == span)
                moment = span.end
            }
        }
    }

    @Test("a day of New York has 23 hours in March and 25 in November")
    func shortAndLongDays() throws {
        let calendar = try calendar("America/New_York")
        func hours(_ text: String) throws -> Int64 {
            let span = try #require(calendar.span(of: .daily, at: try moment(text)))
            return (span.end.seconds - span.start.seconds) / 3_600
        }
        #expect(try hours("2026-03-08T17:00") == 23)
        #expect(try hours("2026-11-01T17:00") == 25)
        #expect(try hours("2026-07-01T17:00") == 24)
    }

    @Test("a month of New York ends when it ends there")
    func month() throws {
        let span = try calendar("America/New_York").span(
            of: .monthly, at: try moment("2026-12-01T03:00"))
        #expect(span?.start.shortText == "2026-11-01T04:00:00Z")
        #expect(span?.end.shortText == "2026-12-01T05:00:00Z")
    }

    @Test("a week begins on the day that was set")
    func week() throws {
        let thursday = try moment("2026-11-19T12:00")
        #expect(
            try calendar("UTC").span(of: .weekly, at: thursday)?.start.shortText
                == "2026-11-16T00:00:00Z")
        #expect(
            try calendar("UTC", .sunday).span(of: .weekly, at: thursday)?.start.shortText
                == "2026-11-15T00:00:00Z")
        #expect(
            try calendar("UTC", .thursday).span(of: .weekly, at: thursday)?.start.shortText
                == "2026-11-19T00:00:00Z")
    }

    @Test("an unknown zone is none")
    func unknown() { #expect(SystemZones().zone(named: "Mars/Base") == nil) }
}
