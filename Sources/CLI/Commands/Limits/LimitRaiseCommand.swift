internal import Accounting
internal import App
internal import ArgumentParser
internal import Chronology
internal import LedgerSQLite
internal import Money
internal import Reporting
internal import Stores

struct LimitRaiseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raise", abstract: "Makes a limit higher until a time.",
        discussion: """
            Examples:
              spendfuse limit raise u1 --daily 20 --until 2h
              spendfuse limit raise system --monthly 800 --until 2026-12-01
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var target: BudgetArgument

    @Option(name: .long, help: "USD an hour, until then.") var hourly: String?
    @Option(name: .long, help: "USD a day, until then.") var daily: String?
    @Option(name: .long, help: "USD a week, until then.") var weekly: String?
    @Option(name: .long, help: "USD a month, until then.") var monthly: String?
    @Option(name: .long, help: "USD in all, until then.") var total: String?
    @Option(name: .long, help: "USD a call, until then.") var perCall: String?

    @Option(name: .long, help: "How long (2h, 3d), or a date or time in UTC.")
    var until: String

    func run() throws {
        let now = SystemClock().now()
        let end =
            TimeSpan.seconds(until).map { now.advanced(bySeconds: $0) } ?? Instant(text: until)
        guard let end, end > now else {
            throw ValidationError(
                "--until: '\(until)' is neither a length of time such as 2h nor a time to come"
                    + " such as 2026-12-01T00:00")
        }
        let raises = try stated(until: end)
        guard !raises.isEmpty else {
            throw ValidationError("nothing to raise: name --daily, --monthly or another limit")
        }
        let name = target.budget
        let ledger = try shared.ledger(mayMake: true)
        _ = try Failure.reported {
            try ledger.change([name], by: Actor.name, at: now) { _, known in
                guard var budget = known else {
                    throw StoreError("\(name) has no limits; see 'limit list'")
                }
                for raise in raises {
                    guard let limit = budget.limits[raise.window] else {
                        throw StoreError(
                            "\(name) has no \(raise.window.label) limit to raise; set it with"
                                + " 'limit set'")
                    }
                    guard raise.amount > limit else {
                        throw StoreError(
                            "the \(raise.window.label) limit is \(limit.shortDollars) USD already;"
                                + " name a higher amount")
                    }
                    budget.raises.removeAll { $0.window == raise.window || $0.until <= now }
                    budget.raises.append(raise)
                }
                return budget
            }
        }
        for raise in raises {
            print(
                "\(name): \(raise.window.label) \(raise.amount.shortDollars) USD until"
                    + " \(raise.until.shortText)")
        }
    }

    private func stated(until end: Instant) throws -> [LimitRaise] {
        let all: [(BudgetWindow, String?)] = [
            (.hourly, hourly), (.daily, daily), (.weekly, weekly), (.monthly, monthly),
            (.total, total), (.perCall, perCall),
        ]
        return try all.compactMap { window, text in
            guard let text else { return nil }
            do {
                return LimitRaise(window: window, amount: try Amount(dollars: text), until: end)
            } catch {
                throw ValidationError("--\(window.name): \(error)")
            }
        }
    }
}
