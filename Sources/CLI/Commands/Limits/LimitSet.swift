internal import Accounting
internal import AlertDelivery
internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Dialects
internal import Gateway
internal import LedgerSQLite
internal import Money
internal import Stores

struct LimitSet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Sets limits of a scope.",
        discussion: """
            What is not named stays as it is; 'none' clears it. Without --hard-stop a limit \
            only alerts.
            Examples:
              spendfuse limit set u1 --monthly 50 --daily 5 --hard-stop
              spendfuse limit set key:web --monthly 20 --hourly 2 --hard-stop \\
                --time-zone America/New_York --alert-at 80,100
              spendfuse limit set user:* --daily 1 --requests-per-minute 60 --hard-stop
              spendfuse limit set session:* --breaker stop --burn-limit 0.50
              spendfuse limit set system --monthly 500 --mode shadow --name trial
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var target: BudgetArgument
    @OptionGroup var limits: LimitOptions

    func run() throws {
        guard !limits.isEmpty else {
            throw ValidationError(
                "nothing to set: name --hourly, --daily, --weekly, --monthly, --total, --per-call,"
                    + " --hard-stop or another option; see 'spendfuse limit set --help'")
        }
        let name = target.budget
        try checkEndpoint(name.scope)
        let ledger = try shared.ledger(mayMake: true)
        let known = try Failure.reported(exit: .storeUnreachable) { try ledger.budgets() }
            .first { BudgetName($0.scope, $0.name) == name }
        if known == nil, target.scope.isBare { try checkUser(name.scope) }
        // What cannot be set is said before anything is changed.
        var trial = known ?? Budget(scope: name.scope, name: name.name)
        try limits.apply(to: &trial)
        let changes = try Failure.reported(exit: .storeUnreachable) {
            try ledger.change([name], by: Actor.name, at: SystemClock().now()) { _, known in
                var budget = known ?? Budget(scope: name.scope, name: name.name)
                try limits.apply(to: &budget)
                return budget
            }
        }
        guard let budget = changes.first?.after else { return }
        print(Self.summary(of: budget))
        for raise in known?.raises ?? [] where !budget.raises.contains(raise) {
            StandardError.print(
                "note: the raise to \(raise.amount.shortDollars) USD until"
                    + " \(raise.until.shortText) is over")
        }
        try warn(of: budget, ledger)
    }

    /// An operation that does not exist is never called.
    private func checkEndpoint(_ scope: Scope) throws {
        guard scope.kind == .endpoint, !scope.isEach, !scope.isMissing,
            Endpoint(rawValue: scope.name) == nil
        else { return }
        let known = Endpoint.allCases.map(\.rawValue).sorted().joined(separator: ", ")
        throw ValidationError("no endpoint is called '\(scope.name)'; there are \(known)")
    }

    /// A bare word is a user, and hardly one who is called like everybody.
    private func checkUser(_ scope: Scope) throws {
        let everybody = ["system", "all", "everyone", "everybody", "global", "total"]
        guard scope.kind == .user, everybody.contains(scope.name.lowercased()) else { return }
        throw ValidationError(
            "'\(scope.name)' would be a user of that name; for all calls together write system,"
                + " for each user by itself 'user:*', and for that user 'user:\(scope.name)'")
    }

    static func summary(of budget: Budget) -> String {
        var parts = budget.windows.compactMap { window in
            budget.limits[window].map { "\(window.label) \($0.shortDollars) USD" }
        }
        parts += budget.rates.map(\.label)
        let shown = parts.isEmpty ? "no limit" : parts.joined(separator: ", ")
        let zone = budget.calendar.zone.name == "UTC" ? "" : " (\(budget.calendar.zone.name))"
        let effect =
            switch budget.mode {
            case .enforce: "calls that do not fit are refused"
            case .alert: "nothing is refused (no hard stop)"
            case .shadow: "nothing is refused; what would be is recorded (shadow)"
            }
        let breaker = budget.breaker.map { rule in
            "; loop breaker: \(rule.action == .stop ? "stops" : "alerts")"
        }
        return "\(BudgetName(budget.scope, budget.name)): \(shown)\(zone); \(effect)"
            + (breaker ?? "")
    }

    /// A limit of what clients say binds only keys that trust it.
    private func warn(of budget: Budget, _ ledger: any SpendStore) throws {
        if budget.alertEmail != nil,
            try !shared.settings().channels.contains(where: {
                $0.kind == .email
            })
        {
            StandardError.print(
                "note: no mail is sent until the config file has a channel of kind email under"
                    + " 'alerts'")
        }
        let listings = try Failure.reported { try ledger.keyListings() }
        if budget.scope.kind == .key, !budget.scope.isEach, !budget.scope.isMissing,
            !budget.scope.name.hasPrefix("fp_"),
            !listings.contains(where: {
                [$0.key.name, $0.key.id].contains(budget.scope.name)
            })
        {
            StandardError.print("note: no key is called '\(budget.scope.name)' yet")
        }
        let claim: String
        switch budget.scope.kind {
        case .tag: claim = "tags"
        case .session: claim = "session"
        default: return
        }
        let keys = listings.filter { listing in
            listing.revokedAt == nil
                && !listing.key.policy.trusted.contains { $0.rawValue == claim }
                && !listing.key.policy.tags.contains { $0.name == budget.scope.tagName }
        }
        guard let first = keys.first else { return }
        let others = keys.count > 1 ? " and \(keys.count - 1) others" : ""
        StandardError.print(
            "note: what clients of key '\(first.key.name)'\(others) say of their \(claim) does not"
                + " count, as the key does not trust it (see 'spendfuse key create --help')")
    }
}
