internal import Accounting
internal import App
internal import ArgumentParser
internal import Chronology
internal import LedgerSQLite
internal import Money
internal import Reporting
internal import Stores

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows each limit: spent, held, left, where it is heading, and its reset.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    private struct State {
        let standings: [BudgetStanding]
        let starts: [BudgetID: Instant]
        let trips: [BreakerTrip]
        let open: (holds: Int, alerts: Int)
    }

    func run() throws {
        let database = try shared.ledger()
        let now = SystemClock().now()
        let state = try Failure.reported(exit: .storeUnreachable) {
            State(
                standings: try database.standings(at: now),
                starts: try database.budgetStarts(), trips: try database.openTrips(at: now),
                open: try database.openCounts())
        }
        var table = ReportTable(columns: [
            .text("scope"), .text("name"), .text("window"), .money("limit_usd"),
            .money("spent_usd"), .money("held_usd"), .money("left_usd"), .number("percent"),
            .money("usd_per_hour"), .money("projected_usd"), .text("runs_out_at"), .text("mode"),
            .text("resets_at"),
        ])
        table.rows = state.standings.map { row(of: $0, state, at: now) }
        if output.format == .table, state.standings.allSatisfy(\.name.isEmpty) {
            table.drop("name")
        }
        table.facts = [
            ("open_holds", String(state.open.holds)),
            ("unacknowledged_alerts", String(state.open.alerts)),
        ]
        for trip in state.trips {
            table.facts.append(
                ("loop_breaker", "\(trip.scope) \(trip.cause.text); until \(trip.until.shortText)"))
        }
        table.facts.append(("ledger", database.place))
        output.show(table)
    }

    private func row(
        of standing: BudgetStanding, _ state: State, at now: Instant
    ) -> [ReportTable.Cell] {
        let forecast = SpendForecast(standing, at: now, began: state.starts[standing.budget])
        return [
            .text(standing.scope.description), .text(standing.name),
            .text(standing.window.label), .money(standing.limit), .money(standing.settled),
            .money(standing.held), .money(standing.available),
            .number(standing.settled.wholePercent(of: standing.limit).map(Int64.init)),
            .money(forecast.hourlyRate), .money(forecast.projected),
            .text(forecast.runsOutAt?.shortText), .text(BudgetTable.modeText(standing.mode)),
            .text(standing.resetsAt?.shortText),
        ]
    }
}
