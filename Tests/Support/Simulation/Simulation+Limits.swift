internal import Accounting
internal import Chronology
internal import Gateway
internal import Money

extension Simulation {
    private static let scopes: [Scope] = [
        .system, .user("a"), .user("*"), Scope(.project, "p"), Scope(.project, ""),
        Scope(.project, "*"), Scope(.key, "k1"), Scope(.key, "id2"), Scope(.model, "m"),
        Scope(.provider, "openai"), Scope(.endpoint, "chat"), Scope(.session, "*"),
        .tag("feature", "chat"), .tag("feature", "*"), .tag("feature", ""),
    ]

    /// A zone whose clocks jump within the days that are simulated, by an hour and a half.
    private static let jumpy: CivilZone = {
        let changes = [
            CivilZone.Change(at: Instant(text: "2026-02-01T00:30:00") ?? .epoch, offset: 5_400),
            CivilZone.Change(at: Instant(text: "2026-02-02T23:00:00") ?? .epoch, offset: 0),
        ]
        return CivilZone(name: "Test/Jumpy", firstOffset: 0, changes: changes)
    }()

    mutating func randomBudgets() -> [Budget] {
        (0..<random(0...6)).reduce(into: []) { budgets, _ in
            let scope = Self.scopes[random(0...(Self.scopes.count - 1))]
            nextID += 1
            budgets.append(randomBudget(BudgetID(Int64(nextID)), scope, "\(nextID)"))
        }
    }

    private mutating func randomBudget(_ id: BudgetID, _ scope: Scope, _ name: String) -> Budget {
        var budget = Budget(id: id, scope: scope, name: name)
        let windows: [BudgetWindow] = [
            .hourly, .daily, .weekly, .monthly, .total, .perCall, .rolling(seconds: 3_600),
        ]
        for window in windows where chance(3) { budget.limits[window] = amount(0...4_000) }
        if chance(4) { budget.rates.append(RateLimit(.requests, Int128(random(0...6)))) }
        if chance(5) { budget.rates.append(RateLimit(.concurrency, Int128(random(0...4)))) }
        if chance(6) {
            budget.rates.append(RateLimit(.money, amount(0...2_000).picodollars))
        }
        budget.mode = [.enforce, .enforce, .enforce, .alert, .shadow][random(0...4)]
        budget.nearLimit = [.strict, .strict, .clamp, .learned][random(0...3)]
        if chance(3) { budget.calendar.zone = Self.jumpy }
        if chance(3) { budget.calendar.weekStart = .sunday }
        return budget
    }

    /// Somebody changes what the store has; the gateway does not know yet.
    mutating func changeBudgets() {
        if store.budgets.isEmpty || chance(6) {
            store.budgets = randomBudgets()
            return
        }
        let index = random(0...(store.budgets.count - 1))
        var budget = store.budgets[index]
        switch random(0...5) {
        case 0: store.budgets.remove(at: index)
        case 1:
            // A shadow that is changed is another budget, as it has left calls out.
            guard budget.mode != .shadow else { return }
            let renewed = randomBudget(budget.id, budget.scope, budget.name)
            if renewed.mode != .shadow { store.budgets[index] = renewed }
        case 2:
            for window in budget.windows { budget.limits[window] = amount(0...4_000) }
            store.budgets[index] = budget
        case 3:
            if let window = budget.windows.first, let limit = budget.limits[window] {
                budget.raises = [
                    LimitRaise(
                        window: window, amount: limit + limit,
                        until: clock.now().advanced(bySeconds: 900))
                ]
            }
            store.budgets[index] = budget
        default:
            nextID += 1
            let scope = Self.scopes[random(0...(Self.scopes.count - 1))]
            store.budgets.append(randomBudget(BudgetID(Int64(nextID)), scope, "\(nextID)"))
        }
    }

    /// The watch sees the change: what is known is in force at once, and what is new once the
    /// spend from before has been counted.
    mutating func takeUpBudgets() {
        guard pending == nil else { return }
        var budgets = store.budgets
        if mistake == .checksOneBudget { budgets.removeAll { $0.scope == .system } }
        let view = SimulatedView()
        let wanted = bookkeeper.setBudgets(budgets, view: StoreViewRequest { view.open() })
        if mistake == .checksThenActs { _ = rival?.setBudgets(budgets, view: nil) }
        latest = max(latest, clock.now())
        noteRates(of: store.budgets, isStart: false)
        inForce = store.budgets
        uncounted = Set(wanted)
        recountShadows(of: wanted)
        if !wanted.isEmpty {
            pending = PendingBudgets(budgets: budgets, wanted: wanted, view: view)
        }
    }

    /// What a shadow left out has a row, which is counted when all rows are.
    private mutating func recountShadows(of keys: some Sequence<CounterKey>) {
        let budgets = Set(keys.map(\.budget))
        for attempt in order {
            guard let stage = calls[attempt]?.stage, stage == .ended || stage == .delivered else {
                continue
            }
            calls[attempt]?.shadowed.subtract(budgets)
        }
    }

    /// Rates have no history: one that is new counts the calls in flight and what comes.
    private mutating func noteRates(of budgets: [Budget], isStart: Bool) {
        let ended = Set(
            order.filter { calls[$0]?.stage == .ended || calls[$0]?.stage == .delivered })
        for budget in budgets {
            let known = inForce.first { $0.id == budget.id }
            for rate in budget.rates
            where isStart || known?.rates.contains(where: { $0.measure == rate.measure }) != true {
                endedBefore[RateKey(budget: budget.id, measure: rate.measure)] = ended
            }
        }
    }

    /// The journal has come to the request for a view.
    mutating func openView() {
        guard let open = pending, open.view.isReady else { return }
        var ledger = Ledger()
        _ = ledger.step(.configure(open.budgets), at: latest)
        let range = HistoryRange(open.wanted, of: ledger, at: latest)
        if mistake != .forgetsSpendOnChange {
            store.history(
                since: range.since, lastForeign: lastForeignSeen, user: range.user, at: latest
            ) { bookkeeper.count($0, for: open.wanted, isLast: false) }
        }
        if chance(5) {
            // The view breaks off; the watch will come again.
            latest = max(latest, clock.now())
            pending = nil
            return
        }
        uncounted = []
        bookkeeper.count([], for: open.wanted, isLast: true)
        if mistake == .checksThenActs { rival?.count([], for: open.wanted, isLast: true) }
        latest = max(latest, clock.now())
        pending = nil
    }

    mutating func addForeign() {
        let spend = Spend(amount(0...300), by: randomAttributes(), spentAt: latest)
        foreign.append(spend)
        store.insertForeign(spend)
    }

    mutating func takeUpForeign() {
        // The watch does one thing after the other.
        guard pending == nil else { return }
        let spend = store.foreign(after: lastForeignSeen, at: latest)
        let newest = store.newestRow()
        bookkeeper.add(spend, lastRow: newest)
        if !spend.isEmpty { latest = max(latest, clock.now()) }
        seenForeign += spend.count
        lastForeignSeen = newest
    }

    mutating func advance() {
        let seconds: Int64 = [1, 20, 70, 600, 3_600, 86_400, -7_200][random(0...6)]
        clock.set(clock.now().advanced(bySeconds: seconds))
        if chance(12) { clock.set(clock.now().advanced(bySeconds: 35 * 86_400)) }
    }

    /// The process ends between two steps, with all that was not durable, and another starts.
    mutating func crash() {
        for attempt in order {
            guard var call = calls[attempt] else { continue }
            switch call.stage {
            case .delivered: continue
            case .holding, .sent, .ended:
                if call.stage == .ended, store.rows.contains(where: { $0.attempt == attempt }) {
                    continue
                }
                guard let held = store.held[attempt] else {
                    if call.stage != .holding {
                        note("a call was sent whose hold is not durable")
                    }
                    calls[attempt] = nil
                    continue
                }
                call.stage = .delivered
                call.isExpired = true
                call.isExact = false
                // A hold does not say which shadows left it out, so it counts in all.
                call.shadowed = []
                call.booked = held.claim.bound
                calls[attempt] = call
            }
        }
        order.removeAll { calls[$0] == nil }
        journal = SimulatedJournal()
        pending = nil
        uncounted = []
        // A clock that was set back between two processes is found out by the rows of our own;
        // those of others come with clocks of their own, and say nothing.
        if !foreign.isEmpty { clock.set(max(clock.now(), latest)) }
        let moment = max(clock.now(), store.newestMoment() ?? clock.now())
        let live = store.budgets.flatMap { budget in
            budget.windows.filter { $0 != .perCall }.map {
                CounterKey(budget: budget.id, signature: budget.signature(of: $0))
            }
        }
        recountShadows(of: Set(live).subtracting(store.counted()))
        guard let ledger = try? store.start(at: moment) else { return note("no start") }
        bookkeeper = Bookkeeper(ledger: ledger, journal: journal, clock: clock)
        if mistake == .checksThenActs {
            rival = Bookkeeper(ledger: ledger, journal: journal, clock: clock)
        }
        latest = moment
        startedAt = moment
        noteRates(of: store.budgets, isStart: true)
        inForce = store.budgets
        lastForeignSeen = store.newestRow()
        seenForeign = foreign.count
    }
}

extension Instant {
    fileprivate static let epoch = Instant(seconds: 0)
}
