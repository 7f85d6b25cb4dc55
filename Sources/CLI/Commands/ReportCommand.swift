internal import App
internal import ArgumentParser
internal import Chronology
internal import LedgerSQLite
internal import Reporting
internal import Stores

/// A span of time, as options.
struct SpanOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "From when: a date, a timestamp, today, yesterday, month, 24h, 7d (UTC).")
    var since = "month"

    @Option(name: .long, help: "Until when, not included.")
    var until = "now"

    func span() throws -> (since: Instant, until: Instant) {
        let now = SystemClock().now()
        guard let since = TimeWord.instant(since, now: now) else {
            throw ValidationError("--since: '\(since)' is not a time; try 2026-11-20 or 7d")
        }
        // The call that is just over belongs to a report up to now.
        let end = until == "now" ? now.advanced(bySeconds: 1) : TimeWord.instant(until, now: now)
        guard let end else {
            throw ValidationError("--until: '\(until)' is not a time; try 2026-11-20 or now")
        }
        guard since < end else { throw ValidationError("--since must be before --until") }
        return (since, end)
    }
}

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Shows where the money went.",
        discussion: """
            Examples:
              spendfuse report --by model --since yesterday --until today
              spendfuse report --by user,day --since 7d --format csv
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions
    @OptionGroup var output: FormatOption

    @Option(
        name: .long,
        help: """
            One or two of model, user, provider, day, hour, endpoint, key, project, session, \
            conversation, upstream, task_type.
            """)
    var by = "model"

    @Option(name: .long, help: "Only this user's calls.")
    var user: String?

    func run() throws {
        guard let dimensions = SpendDimension.list(by) else {
            let known = SpendDimension.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--by: '\(by)' must be one or two of \(known)")
        }
        let (since, until) = try span.span()
        let ledger = try shared.ledger()
        let report = try Failure.reported(exit: .storeUnreachable) {
            try ledger.report(
                SpendQuery(dimensions: dimensions, since: since, until: until, userID: user))
        }
        output.show(report.table)
    }
}

struct CallsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls", abstract: "Lists single calls, newest first.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "At most so many calls.")
    var limit = 50

    func run() throws {
        guard limit > 0 else { throw ValidationError("--limit must be above 0") }
        let (since, until) = try span.span()
        let ledger = try shared.ledger()
        let rows = try Failure.reported(exit: .storeUnreachable) {
            try ledger.calls(since: since, until: until, limit: limit)
        }
        output.show(output.format == .table ? CallRow.shortTable(rows) : CallRow.table(rows))
    }
}
