internal import Accounting
internal import App
internal import ArgumentParser
internal import Chronology
internal import LedgerSQLite
internal import Money
internal import Reporting
internal import Stores

struct LimitSimulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Says which past calls a limit would have refused, and when.",
        discussion: """
            Replays the calls on record, with what each held and came to, against the limits that \
            are named; without any, against those that the scope has now.
            Examples:
              spendfuse limit simulate u1 --daily 5 --since 30d
              spendfuse limit simulate user:* --hourly 1 --since month --format json
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var target: BudgetArgument
    @OptionGroup var limits: LimitOptions
    @OptionGroup var period: SpanOptions

    @Option(name: .long, help: "Refused calls that are listed.")
    var list = 20

    func run() throws {
        let ledger = try shared.ledger()
        let name = target.budget
        let known = try Failure.reported(exit: .storeUnreachable) { try ledger.budgets() }
            .first { BudgetName($0.scope, $0.name) == name }
        var budget = Budget(id: BudgetID(1), scope: name.scope, name: name.name)
        if limits.isEmpty {
            guard let known else {
                StandardError.print(
                    "spendfuse: \(name) has no limits; name one to try, such as --daily 5")
                throw ExitCode.failure
            }
            budget = known
        } else {
            if let known { budget.calendar = known.calendar }
            try limits.apply(to: &budget)
        }
        let (since, until) = try period.span()
        var replay = LimitReplay(budget)
        try Failure.reported(exit: .storeUnreachable) {
            try ledger.pastCalls(since: since, until: until) { replay.replay($0) }
        }
        output.show(table(of: replay, budget))
    }

    private func table(of replay: LimitReplay, _ budget: Budget) -> ReportTable {
        var table = ReportTable(columns: [
            .text("timestamp"), .text("call_id"), .text("user_id"), .text("model"),
            .money("cost_usd"), .money("could_cost_usd"), .text("refused_by"), .text("reason"),
        ])
        table.rows = replay.refused.prefix(max(0, list)).map { refused in
            [
                .text(refused.call.admittedAt.shortText), .text(refused.call.callID),
                .text(refused.call.attributes.user), .text(refused.call.attributes.models.first),
                .money(refused.call.cost), .money(refused.refusal.requested),
                .text(refused.refusal.budgetLabel), .text("\(refused.refusal.reason)"),
            ]
        }
        table.facts = [
            ("limits", LimitSet.summary(of: budget)), ("calls", String(replay.callCount)),
            ("refused", String(replay.refusedCount)),
            ("spent_usd", replay.spent.dollars),
            ("not_spent_usd", replay.avoided.dollars),
        ]
        if let first = replay.refused.first {
            table.facts.append(("first_refusal_at", first.call.admittedAt.shortText))
        }
        return table
    }
}
