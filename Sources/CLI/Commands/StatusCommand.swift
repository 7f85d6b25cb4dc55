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
        abstract: "Shows each limit: spent, held, left, where it is heading, and its reset.",
        discussion: """
            Examples:
              spendfuse status
              spendfuse status --format json
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    private struct State {
        let standings: [BudgetStanding]
        let starts: [BudgetID: Instant]
        let trips: [BreakerTrip]
        let open: (holds: Int, alerts: Int)
        let refusals: [CallRow]
    }

    func run() throws {
        let database = try shared.ledger()
        let now = SystemClock().now()
        let state = try Failure.reported(exit: .storeUnreachable) {
            State(
                standings: try database.standings(at: now),
                starts: try database.budgetStarts(), trips: try database.openTrips(at: now),
                open: try database.openCounts(),
                refusals: try Self.refusals(database, now))
        }
        var table = ReportTable(columns: [
            .text("scope"), .text("name"), .text("window"), .money("limit_usd"),
            .money("spent_usd"), .money("held_usd"), .money("left_usd"), .number("percent"),
            .money("usd_per_hour"), .money("projected_usd"), .text("runs_out_at"), .text("mode"),
            .text("resets_at"),
        ])
        table.rows = state.standings.map { row(of: $0, state, at: now) }
        if output.format == .table { addBars(to: &table, state.standings) }
        if output.format == .table, state.standings.allSatisfy(\.name.isEmpty) {
            table.drop("name")
        }
        table.facts = [
            ("open_holds", String(state.open.holds)),
            ("unacknowledged_alerts", String(state.open.alerts)),
        ]
        let trips = state.trips.map {
            "\($0.scope) \($0.cause.text); until \($0.until.shortText)"
        }
        if !trips.isEmpty { table.facts.append(("loop_breaker", trips.joined(separator: "; "))) }
        table.facts.append(("ledger", database.place))
        if output.format != .table {
            let refusals = state.refusals.map(Self.line).joined(separator: "; ")
            if !refusals.isEmpty { table.facts.append(("last_refusals", refusals)) }
        }
        // At 80 characters a limit, what is spent of it, and when it resets are left.
        table.expendable = [
            "usd_per_hour", "held_usd", "mode", "projected_usd", "left_usd", "course",
            "runs_out_at",
        ]
        output.show(table)
        guard output.format == .table, !state.refusals.isEmpty else { return }
        print("\nlast refusals:")
        for row in state.refusals { print("  " + Self.line(row).printable) }
    }

    private static func line(_ row: CallRow) -> String {
        let moment = row.text("timestamp").map { $0.prefix(19) + "Z" } ?? ""
        return "\(moment) \(row.text("user_id") ?? ""): \(row.text("error_message") ?? "")"
    }

    /// Cells of a bar.
    private static let barWidth = 12

    /// What is spent `#`, held `+` and left `.` of each limit; no colour is needed to read it.
    private func addBars(to table: inout ReportTable, _ standings: [BudgetStanding]) {
        table.columns.insert(.text("course"), at: 3)
        for (index, standing) in standings.enumerated() {
            func cells(_ amount: Amount) -> Int {
                guard standing.limit.isPositive else { return Self.barWidth }
                let part = max(0, amount.picodollars) * Int128(Self.barWidth)
                return Int(min(Int128(Self.barWidth), part / standing.limit.picodollars))
            }
            let spent = cells(standing.settled)
            let both = cells(standing.settled + standing.held)
            table.rows[index].insert(
                .text(
                    String(repeating: "#", count: spent)
                        + String(repeating: "+", count: both - spent)
                        + String(repeating: ".", count: Self.barWidth - both)), at: 3)
        }
    }

    /// The newest calls that a limit refused, of the last day.
    private static let shownRefusals = 3

    private static func refusals(
        _ store: any SpendStore, _ now: Instant
    ) throws(StoreError) -> [CallRow] {
        var query = CallQuery(
            since: now.advanced(bySeconds: -Instant.secondsPerDay),
            until: now.advanced(bySeconds: 1), limit: shownRefusals)
        query.status = "blocked"
        return try store.calls(query)
    }

    private var isForPeople: Bool { output.format == .table }

    private func row(
        of standing: BudgetStanding, _ state: State, at now: Instant
    ) -> [ReportTable.Cell] {
        let forecast = SpendForecast(standing, at: now, began: state.starts[standing.budget])
        return [
            .text(standing.scope.description), .text(standing.name),
            .text(standing.window.label), .money(standing.limit), .money(standing.settled),
            .money(standing.held), .money(standing.available),
            isForPeople
                ? .text(standing.settled.percentText(of: standing.limit))
                : .number(standing.settled.wholePercent(of: standing.limit).map(Int64.init)),
            isForPeople ? .text(forecast.hourlyRate.glance) : .money(forecast.hourlyRate),
            isForPeople ? .text(forecast.projected?.glance) : .money(forecast.projected),
            .text(forecast.runsOutAt?.shortText), .text(BudgetTable.modeText(standing.mode)),
            .text(standing.resetsAt?.shortText),
        ]
    }
}
