internal import Accounting
internal import App
internal import ArgumentParser
internal import LedgerSQLite
internal import Reporting
internal import Stores

struct LimitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit", abstract: "Sets, shows, tries out and removes spend limits.",
        discussion: """
            A limit binds a scope: system, user:u1, project:web, key:app, provider:openai, \
            model:gpt-4o, endpoint:chat_completions, session:s1, tag:feature=chat. A bare word is \
            a user. 'user:*' gives every user the limits by itself; 'project:' and \
            'tag:feature=' bind the calls that lack the attribute. A call must fit all limits that \
            bind it. A change is in force within a second, and never resets what was spent.
            """,
        subcommands: [
            LimitSet.self, LimitShow.self, LimitList.self, LimitRaiseCommand.self, LimitRemove.self,
            LimitSimulate.self, LimitApply.self, LimitDiff.self,
        ])
}

/// What a limit applies to, as an argument.
struct ScopeArgument: ExpressibleByArgument {
    static let help = ArgumentHelp(
        "system, user:NAME, project:…, key:…, provider:…, model:…, endpoint:…, session:…,"
            + " tag:NAME=VALUE, or just a user's NAME.")

    let scope: Scope
    /// A word alone, which is taken for a user.
    let isBare: Bool

    init?(argument: String) {
        isBare = !argument.contains(":")
        guard let scope = Scope(text: argument) else {
            StandardError.print(
                "spendfuse: '\(argument.printable)' is no scope: a name has no white space, and"
                    + " stands alone or behind one of the words below")
            return nil
        }
        self.scope = scope
    }
}

/// Which budget of a scope is meant.
struct BudgetArgument: ParsableArguments {
    @Argument(help: ScopeArgument.help)
    var scope: ScopeArgument

    @Option(name: .long, help: "Tells several budgets of one scope apart.")
    var name = ""

    var budget: BudgetName { BudgetName(scope.scope, name) }

    private static let maximumNameBytes = 64

    func validate() throws {
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPlain, name.utf8.count <= Self.maximumNameBytes else {
            throw ValidationError("--name must be at most \(Self.maximumNameBytes) plain letters")
        }
    }
}

struct LimitShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows everything that is set for a scope.",
        discussion: """
            Examples:
              spendfuse limit show u1
              spendfuse limit show tag:team=web --format json
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var target: BudgetArgument

    func run() throws {
        let ledger = try shared.ledger()
        let budgets = try Failure.reported(exit: .storeUnreachable) { try ledger.budgets() }
        let name = target.budget
        guard let budget = budgets.first(where: { BudgetName($0.scope, $0.name) == name }) else {
            StandardError.print("spendfuse: \(name) has no limits; see 'limit list'")
            throw ExitCode.failure
        }
        var table = ReportTable(columns: [.text("field"), .text("value")])
        table.rows =
            [[.text("scope"), .text("\(budget.scope)")]]
            + (budget.name.isEmpty ? [] : [[.text("name"), .text(budget.name)]])
            + budget.fields.map { [.text($0.field.rawValue), .text($0.text)] }
        output.show(table)
    }
}

struct LimitList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the limits.",
        discussion: """
            Example:
              spendfuse limit list
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        let ledger = try shared.ledger()
        let budgets = try Failure.reported(exit: .storeUnreachable) { try ledger.budgets() }
        output.show(BudgetTable.list(budgets, isWide: output.format != .table))
    }
}

struct LimitRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes all limits of a budget.",
        discussion: """
            Examples:
              spendfuse limit remove u1
              spendfuse limit remove system --name trial
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var target: BudgetArgument

    func run() throws {
        let ledger = try shared.ledger()
        let name = target.budget
        let changes = try Failure.reported(exit: .storeUnreachable) {
            try ledger.change([name], by: Actor.name, at: SystemClock().now()) { _, _ in nil }
        }
        guard changes.first?.before != nil else {
            StandardError.print("spendfuse: \(name) has no limits; see 'limit list'")
            throw ExitCode.failure
        }
        print("\(name): limits removed; what was spent stays on record")
    }
}
