internal import Accounting
internal import Chronology
internal import Money

/// Limits that change in mid-flight, and how gateways take them up.
extension FleetSimulation {
    mutating func changeLimits() {
        var budgets = model.budgets
        if budgets.isEmpty || chance(3) {
            let scopes: [Scope] = [
                .system, .user("u1"), Scope(.user, "*"), .tag("team", "a"),
            ]
            let scope = scopes[random(0...3)]
            let windows: [BudgetWindow] = [.hourly, .daily, .total, .rolling(seconds: 3_600)]
            var budget = Budget(
                id: BudgetID(nextBudget), scope: scope, name: "b\(nextBudget)", mode: .enforce)
            nextBudget += 1
            for _ in 1...random(1...2) {
                budget.limits[windows[random(0...3)]] = Amount(
                    picodollars: Int128(random(20...2_000)))
            }
            budgets.append(budget)
        } else if chance(4), budgets.count > 1 {
            budgets.remove(at: random(0...(budgets.count - 1)))
        } else {
            let place = random(0...(budgets.count - 1))
            for window in budgets[place].windows {
                budgets[place].limits[window] = Amount(
                    picodollars: Int128(random(20...2_000)))
            }
        }
        model.set(budgets, at: now)
        isSettled = false
        ceilings = [:]
    }

    mutating func configure(_ replica: Int) {
        _ = replicas[replica].ledger.step(.configure(model.budgets), at: now)
        replicas[replica].version = model.version
    }

    mutating func takeUp(_ replica: Int) {
        guard replicas[replica].version != model.version, !replicas[replica].isAway else { return }
        configure(replica)
        guard replicas[replica].hasBegun else { return }
        // Rows of before are in no slice of a limit that is new.
        while !replicas[replica].outbox.isEmpty, !replicas[replica].isInDoubt {
            send(replica, replicas[replica].outbox.count)
        }
        guard !replicas[replica].isInDoubt else { return }
        replicas[replica].mirrored = model.version
        giveUpAll(replica)
        cover(replica)
    }
}
