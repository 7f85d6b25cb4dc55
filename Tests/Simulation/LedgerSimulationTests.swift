import Accounting
import Chronology
import Money
import TestSupport
import Testing

/// Drives the ledger with a seeded workload while an auditor adds everything up again after each
/// step, from the events alone. A failing seed repeats to the same step.
@Suite("Ledger simulation")
struct LedgerSimulationTests {
    @Test("holds its invariants over ten thousand seeds")
    func seeds() {
        for seed in UInt64(1)...10_000 {
            var simulation = Simulation(seed: seed)
            for step in 0..<60 {
                if let violation = simulation.step() {
                    Issue.record("seed \(seed), step \(step): \(violation)")
                    return
                }
            }
            if let violation = simulation.settleAll() {
                Issue.record("seed \(seed), at rest: \(violation)")
                return
            }
        }
    }

    @Test("is audited by an auditor that finds planted mistakes", arguments: Mistake.allCases)
    func auditorFinds(mistake: Mistake) {
        let isFound = (UInt64(1)...200).contains { seed in
            var simulation = Simulation(seed: seed, mistake: mistake)
            return (0..<60).contains { _ in simulation.step() != nil }
                || simulation.settleAll() != nil
        }
        #expect(isFound)
    }
}

/// A mistake of a peer, made between the workload and the ledger.
enum Mistake: CaseIterable, Sendable {
    /// The hold is forgotten when a call fails early.
    case leaksHold
    /// A call is settled twice under a new id.
    case settlesTwice
    /// A client that hangs up pays nothing.
    case refundsHangUp
    /// Less is held than the bound.
    case holdsTooLittle
    /// A cost above its hold is cut to the hold.
    case forgetsOverage
}

struct Simulation {
    private struct Call {
        let attempt: AttemptID
        let user: String
        let hold: Amount
        let cost: Amount
        let admittedAt: Instant
    }

    private var generator: SeededGenerator
    private let mistake: Mistake?
    private var ledger = Ledger()
    private var now = Instant(text: "2026-01-31T22:30:00") ?? Instant(seconds: 0)
    private var budgets: [Scope: Budget] = [:]
    private var open: [Call] = []
    private var nextID: UInt64 = 1
    /// The auditor's own books: every cost that was booked, when it was admitted.
    private var booked: [(user: String, cost: Amount, admittedAt: Instant)] = []
    private var alerted: Set<String> = []

    init(seed: UInt64, mistake: Mistake? = nil) {
        generator = SeededGenerator(seed: seed)
        self.mistake = mistake
        setBudgets()
    }

    private mutating func random(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    private mutating func amount(_ range: ClosedRange<Int>) -> Amount {
        Amount(picodollars: Int128(random(range)) * 1_000_000)
    }

    private mutating func setBudgets() {
        budgets = [:]
        for scope in [Scope.system, .user("a"), .user("b")] where random(0...3) > 0 {
            var limits: [BudgetWindow: Amount] = [:]
            for window in BudgetWindow.allCases where random(0...1) == 0 {
                limits[window] = amount(0...4_000)
            }
            budgets[scope] = Budget(
                scope: scope, limits: limits, mode: random(0...4) == 0 ? .alert : .enforce)
        }
        note(ledger.setBudgets(Array(budgets.values), at: now))
    }

    /// One event, then the audit. Returns what is wrong, or nil.
    mutating func step() -> String? {
        switch random(0...9) {
        case 0...4: if let violation = hold() { return violation }
        case 5...7: if !open.isEmpty { conclude(at: random(0...(open.count - 1))) }
        case 8: advance()
        default: if random(0...3) == 0 { setBudgets() } else { addForeign() }
        }
        return audit()
    }

    private mutating func hold() -> String? {
        let user = random(0...1) == 0 ? "a" : "b"
        let bound = amount(0...900)
        let attempt = AttemptID(
            call: CallID(milliseconds: nextID, random: (nextID, nextID)), attempt: 1)
        nextID += 1
        let scopes = [Scope.system, .user(user)]
        let held = mistake == .holdsTooLittle ? Amount(picodollars: bound.picodollars / 2) : bound
        let fits = fits(bound, scopes)
        switch ledger.hold(attempt, held, on: scopes, at: now) {
        case .held(let admittedAt):
            if !fits { return "a call was admitted that does not fit" }
            // One in twenty costs more than its bound, as a provider may that breaks its word.
            let share = random(0...20) == 0 ? random(100...150) : random(0...100)
            let cost = Amount(picodollars: bound.picodollars * Int128(share) / 100)
            open.append(
                Call(attempt: attempt, user: user, hold: bound, cost: cost, admittedAt: admittedAt))
        case .refused(let refusal):
            if fits { return "a call was refused that fits: \(refusal)" }
            if refusal.standing.available >= bound { return "the refusal names a limit that fits" }
        }
        return nil
    }

    private mutating func conclude(at index: Int) {
        let call = open.remove(at: index)
        if mistake == .leaksHold, random(0...3) == 0 { return }
        let hangsUp = random(0...3) == 0
        var cost = call.cost
        if mistake == .forgetsOverage { cost = min(cost, call.hold) }
        if mistake == .refundsHangUp, hangsUp { cost = .zero }
        if random(0...9) == 0 {
            note(alerts(ledger.void(call.attempt, at: now)))
            return
        }
        note(alerts(ledger.settle(call.attempt, cost: cost, at: now)))
        // Again, as a retry would: it must change nothing.
        if case .concluded = ledger.settle(call.attempt, cost: cost, at: now) {
            booked.append((call.user, call.cost, call.admittedAt))
        }
        if mistake == .settlesTwice, random(0...3) == 0 {
            note(ledger.add(cost, to: .system, spentAt: call.admittedAt, at: now))
        }
        booked.append((call.user, call.cost, call.admittedAt))
    }

    private func alerts(_ conclusion: Ledger.Conclusion) -> [ThresholdAlert] {
        if case .concluded(let alerts) = conclusion { return alerts }
        return []
    }

    private mutating func advance() {
        let seconds = [1, 600, 3_600, 86_400, 40 * 86_400, -7_200][random(0...5)]
        // The clock given may step back; the ledger's does not.
        let moved = now.advanced(bySeconds: Int64(seconds))
        if moved > now { now = moved }
    }

    private mutating func addForeign() {
        let spend = amount(0...300)
        let user = random(0...1) == 0 ? "a" : "b"
        for scope in [Scope.system, .user(user)] {
            note(ledger.add(spend, to: scope, spentAt: now, at: now))
        }
        booked.append((user, spend, now))
    }

    private mutating func note(_ alerts: [ThresholdAlert]) {
        for alert in alerts {
            alerted.insert(
                "\(alert.standing.scope) \(alert.standing.window) \(alert.windowStart)"
                    + " \(alert.threshold)")
        }
    }

    // MARK: The auditor

    private func counts(_ user: String, in scope: Scope) -> Bool {
        scope == .system || scope == .user(user)
    }

    private func settled(_ scope: Scope, _ window: BudgetWindow) -> Amount {
        booked.filter { counts($0.user, in: scope) && isOpen($0.admittedAt, window) }
            .reduce(.zero) { $0 + $1.cost }
    }

    private func held(_ scope: Scope, _ window: BudgetWindow) -> Amount {
        open.filter { counts($0.user, in: scope) && isOpen($0.admittedAt, window) }
            .reduce(.zero) { $0 + $1.hold }
    }

    private func isOpen(_ moment: Instant, _ window: BudgetWindow) -> Bool {
        window.start(at: moment) == window.start(at: now)
    }

    private func fits(_ bound: Amount, _ scopes: [Scope]) -> Bool {
        scopes.allSatisfy { scope in
            guard let budget = budgets[scope], budget.mode == .enforce else { return true }
            return budget.limits.allSatisfy { window, limit in
                settled(scope, window) + held(scope, window) + bound <= limit
            }
        }
    }

    private func audit() -> String? {
        for standing in ledger.standings(at: now) {
            let wanted = (
                settled(standing.scope, standing.window), held(standing.scope, standing.window)
            )
            guard standing.settled == wanted.0, standing.held == wanted.1 else {
                return "\(standing.scope) \(standing.window): the ledger has"
                    + " \(standing.settled.dollars) + \(standing.held.dollars), the auditor"
                    + " \(wanted.0.dollars) + \(wanted.1.dollars)"
            }
            guard standing.available + standing.held + standing.settled == standing.limit else {
                return "limit = available + held + settled does not hold"
            }
            if let missing = missingAlert(standing) { return missing }
        }
        return ledger.openHolds == open.count ? nil : "\(ledger.openHolds) holds are open"
    }

    private func missingAlert(_ standing: BudgetStanding) -> String? {
        guard let percent = standing.settled.wholePercent(of: standing.limit) else { return nil }
        for threshold in Budget.defaultThresholds where threshold <= percent {
            let key =
                "\(standing.scope) \(standing.window) \(standing.window.start(at: now))"
                + " \(threshold)"
            if !alerted.contains(key) { return "no alert for \(key)" }
        }
        return nil
    }

    /// All calls end; nothing may be held then.
    mutating func settleAll() -> String? {
        while !open.isEmpty { conclude(at: 0) }
        if let violation = audit() { return violation }
        return ledger.openHolds == 0 ? nil : "holds are left at rest"
    }
}
