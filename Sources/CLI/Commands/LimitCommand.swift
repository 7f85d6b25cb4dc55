internal import Accounting
internal import App
internal import ArgumentParser
internal import LedgerSQLite
internal import Money
internal import Reporting

struct LimitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit", abstract: "Sets, lists and removes spend limits.",
        discussion: "A change is in force within a second, and never resets what was spent.",
        subcommands: [LimitSet.self, LimitList.self, LimitRemove.self])
}

/// What a limit applies to, as an argument.
struct ScopeArgument: ExpressibleByArgument {
    let scope: Scope

    init?(argument: String) {
        guard let scope = Scope(text: argument) else { return nil }
        self.scope = scope
    }
}

/// An amount of USD, or `none`, as an argument.
struct LimitArgument: ExpressibleByArgument {
    let text: String

    init?(argument: String) { text = argument }

    func change(_ option: String) throws -> BudgetChange.LimitChange {
        if text == "none" { return .clear }
        do {
            return .set(try Amount(dollars: text))
        } catch {
            throw ValidationError("\(option): \(error)")
        }
    }
}

struct LimitSet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Sets limits of a user or of the whole system.",
        discussion: """
            Limits that are not named stay as they are; 'none' clears one.
            Examples:
              spendfuse limit set u1 --monthly 50 --daily 5 --hard-stop
              spendfuse limit set system --monthly 500 --no-hard-stop
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "system, user:NAME, or just the user's NAME.")
    var scope: ScopeArgument

    @Option(name: .long, help: "USD an hour, such as 0.25.")
    var hourly: LimitArgument?

    @Option(name: .long, help: "USD a day (UTC).")
    var daily: LimitArgument?

    @Option(name: .long, help: "USD a calendar month (UTC).")
    var monthly: LimitArgument?

    @Flag(inversion: .prefixedNo, help: "Whether calls that do not fit are refused.")
    var hardStop: Bool?

    func run() throws {
        var change = BudgetChange()
        change.limits[.hourly] = try hourly?.change("--hourly")
        change.limits[.daily] = try daily?.change("--daily")
        change.limits[.monthly] = try monthly?.change("--monthly")
        change.isHardStop = hardStop
        guard !change.limits.isEmpty || hardStop != nil else {
            throw ValidationError(
                "nothing to set: name --hourly, --daily, --monthly or --hard-stop")
        }
        let ledger = try shared.ledger()
        let budget = try Failure.reported(exit: .storeUnreachable) {
            try ledger.change(scope.scope, change, at: SystemClock().now())
        }
        guard let budget else { return }
        let limits = BudgetWindow.allCases.compactMap { window in
            budget.limits[window].map { "\(window.rawValue) \($0.shortDollars) USD" }
        }
        let shown = limits.isEmpty ? "no limit" : limits.joined(separator: ", ")
        let stop =
            budget.mode == .enforce
            ? "calls that do not fit are refused" : "nothing is refused (no hard stop)"
        print(
            "\(budget.scope): \(shown); \(stop)"
        )
    }
}

struct LimitList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the limits.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        let ledger = try shared.ledger()
        let budgets = try Failure.reported(exit: .storeUnreachable) { try ledger.budgets() }
        var table = ReportTable(columns: [
            .text("scope"), .money("hourly_usd"), .money("daily_usd"), .money("monthly_usd"),
            .text("mode"),
        ])
        table.rows = budgets.map { budget in
            [.text(budget.scope.description)]
                + BudgetWindow.allCases.map { .money(budget.limits[$0]) }
                + [.text(budget.mode == .enforce ? "hard-stop" : "alert")]
        }
        output.show(table)
    }
}

struct LimitRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes all limits of a user or of the system.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "system, user:NAME, or just the user's NAME.")
    var scope: ScopeArgument

    func run() throws {
        let ledger = try shared.ledger()
        let isRemoved = try Failure.reported(exit: .storeUnreachable) {
            try ledger.removeBudget(scope.scope)
        }
        guard isRemoved else {
            StandardError.print("spendfuse: \(scope.scope) has no limits; see 'limit list'")
            throw ExitCode.failure
        }
        print("\(scope.scope): limits removed; what was spent stays on record")
    }
}
