internal import AlertDelivery
internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import LedgerSQLite
internal import Reporting
internal import Stores

struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Shows, acknowledges and tries out alerts.",
        subcommands: [AlertsList.self, AlertsAck.self, AlertsTest.self],
        defaultSubcommand: AlertsList.self)
}

struct AlertsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists alerts and how their deliveries stand.",
        discussion: """
            Examples:
              spendfuse alerts list
              spendfuse alerts list --all --since 7d --format json
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "From when: a date, a timestamp, today, 24h, 7d (UTC).")
    var since: String?

    @Flag(name: .long, help: "Those that are acknowledged too.")
    var all = false

    @Option(name: .long, help: "At most so many alerts.")
    var limit = 50

    func run() throws {
        guard limit > 0 else { throw ValidationError("--limit must be above 0") }
        let ledger = try shared.ledger()
        let begin = try since.map { text in
            guard let moment = TimeWord.instant(text, now: SystemClock().now()) else {
                throw ValidationError("--since: '\(text)' is not a time; try 2026-11-20 or 7d")
            }
            return moment
        }
        let alerts = try Failure.reported(exit: .storeUnreachable) {
            try ledger.alerts(all: all, since: begin ?? Instant(seconds: 0), limit: limit)
        }
        var table = ReportTable(columns: [
            .number("id"), .text("timestamp"), .text("kind"), .text("severity"), .text("scope"),
            .text("budget_name"), .text("window"), .number("threshold_pct"), .text("message"),
            .text("deliveries"), .text("status"), .text("acknowledged_at"),
            .text("acknowledged_by"),
        ])
        table.rows = alerts.map { alert in
            [
                .number(alert.id), .text(alert.timestamp), .text(alert.kind),
                .text(alert.severity), .text(alert.scope), .text(alert.budgetName),
                .text(alert.window), .number(alert.threshold), .text(alert.message),
                .text(alert.deliveries), .json(alert.status), .text(alert.acknowledgedAt),
                .text(alert.acknowledgedBy),
            ]
        }
        if output.format == .table {
            for name in ["kind", "scope", "budget_name", "window", "threshold_pct", "status"] {
                table.drop(name)
            }
        }
        output.show(table)
    }
}

struct AlertsAck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Acknowledges alerts.",
        discussion: """
            Examples:
              spendfuse alerts ack 3 4
              spendfuse alerts ack --all
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "Ids, from 'alerts list'.")
    var ids: [Int64] = []

    @Flag(name: .long, help: "Every open alert.")
    var all = false

    func run() throws {
        guard ids.isEmpty == all else {
            throw ValidationError("name ids from 'alerts list', or --all")
        }
        let ledger = try shared.ledger()
        let count = try Failure.reported(exit: .storeUnreachable) {
            try ledger.acknowledge(all ? nil : ids, by: Actor.name, at: SystemClock().now())
        }
        guard count > 0 || all else {
            StandardError.print("spendfuse: none of these alerts is open; see 'alerts list'")
            throw ExitCode.failure
        }
        print("\(count) acknowledged")
    }
}

struct AlertsTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Sends a test alert through the channels, now.",
        discussion: """
            Channels are set under 'alerts' in the config file.
            Example:
              spendfuse alerts test
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Argument(help: "A channel's name; all of them where none is named.")
    var channel: String?

    func run() async throws {
        let settings = try shared.settings()
        let channels = settings.channels.filter { channel == nil || $0.name == channel }
        guard !channels.isEmpty else {
            let known = settings.channels.map(\.name).joined(separator: ", ")
            StandardError.print(
                "spendfuse: no such channel; "
                    + (known.isEmpty
                        ? "set one under 'alerts' in the config file"
                        : "there are \(known)")
                    + " (one whose url is in a variable that is not set is off)")
            throw ExitCode.failure
        }
        let clock = SystemClock()
        let sender = AlertSender(certificateFile: settings.certificateFile)
        var table = ReportTable(columns: [
            .text("channel"), .text("kind"), .text("delivered"), .number("status"),
            .text("error"), .number("duration_ms"),
        ])
        var hasFailed = false
        for channel in channels {
            let message = AlertMessage(
                alertID: 0, messageID: "msg_test_\(clock.now().microseconds)",
                kind: "test", scope: "system", budgetName: "", userID: nil, window: "test",
                threshold: 0, severity: "warning", message: "This is a test of Spendfuse's alerts.",
                status: "{}", timestamp: clock.now().text)
            let outcome = await sender.send(message, through: channel)
            hasFailed = hasFailed || !outcome.isDelivered
            table.rows.append([
                .text(channel.name), .text(channel.kind.rawValue),
                .text(outcome.isDelivered ? "yes" : "no"),
                .number(outcome.status.map(Int64.init)), .text(outcome.error),
                .number(outcome.milliseconds),
            ])
        }
        output.show(table)
        if hasFailed { throw ExitCode.failure }
    }
}
