internal import Accounting
internal import App
internal import ArgumentParser
internal import Chronology
internal import LedgerSQLite
internal import Money
internal import Reporting

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows each limit: spent, held, left, and its reset.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        let ledger = try shared.ledger()
        let now = SystemClock().now()
        let (standings, open) = try Failure.reported(exit: .storeUnreachable) {
            (try ledger.standings(at: now), try ledger.openCounts())
        }
        var table = ReportTable(columns: [
            .text("scope"), .text("window"), .money("limit_usd"), .money("spent_usd"),
            .money("held_usd"), .money("left_usd"), .number("percent"), .text("mode"),
            .text("resets_at"),
        ])
        table.rows = standings.map { standing in
            [
                .text(standing.scope.description), .text(standing.window.rawValue),
                .money(standing.limit), .money(standing.settled), .money(standing.held),
                .money(standing.available),
                .number(standing.settled.wholePercent(of: standing.limit).map(Int64.init)),
                .text(standing.mode == .enforce ? "hard-stop" : "alert"),
                .text(standing.window.end(at: now).shortText),
            ]
        }
        table.facts = [
            ("open_holds", String(open.holds)), ("unacknowledged_alerts", String(open.alerts)),
            ("ledger", ledger.path),
        ]
        output.show(table)
    }
}
