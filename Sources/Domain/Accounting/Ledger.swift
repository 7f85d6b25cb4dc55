package import Chronology
package import Money

/// Holds and spend of every scope: the pure state that decides whether a call fits.
///
/// `limit = available + held + settled` for every budget and window at every instant. The clock
/// is given with each event and never steps back. Owner: whoever serialises the events.
package struct Ledger: Sendable {
    /// A hold that is open: admitted, and neither settled nor voided.
    package struct Reservation: Sendable {
        package let scopes: [Scope]
        package let amount: Amount
        package let admittedAt: Instant
    }

    package enum HoldOutcome: Sendable {
        /// With the time of admission, which decides the windows that the call belongs to.
        case held(admittedAt: Instant)
        case refused(Refusal)
    }

    package enum Conclusion: Sendable, Equatable {
        case concluded([ThresholdAlert])
        /// No hold is open under this id: it was concluded before, so nothing changes.
        case unknownAttempt
    }

    private var budgets: [Scope: Budget] = [:]
    private var tallies: [Scope: Tally] = [:]
    private var reservations: [AttemptID: Reservation] = [:]
    private var latest = Instant(microseconds: 0)
    private var windows = OpenWindows(at: Instant(microseconds: 0))

    package init() {}

    package var openHolds: Int { reservations.count }

    /// The latest of all times that were given: the ledger's own time.
    private mutating func advance(to now: Instant) -> Instant {
        latest = max(latest, now)
        if !windows.areOpen(at: latest) { windows = OpenWindows(at: latest) }
        return latest
    }

    /// The windows at a moment that the ledger is only asked about.
    private func windows(at moment: Instant) -> OpenWindows {
        let now = max(latest, moment)
        return windows.areOpen(at: now) ? windows : OpenWindows(at: now)
    }

    /// Whether any budget of `scopes` refuses calls.
    package func isBlocking(_ scopes: [Scope]) -> Bool {
        scopes.contains { budgets[$0]?.isBlocking == true }
    }

    /// Holds `amount` on every scope, or on none.
    package mutating func hold(
        _ attempt: AttemptID, _ amount: Amount, on scopes: [Scope], at moment: Instant
    ) -> HoldOutcome {
        precondition(reservations[attempt] == nil, "an attempt holds once")
        precondition(!amount.picodollars.isNegative, "a hold is never negative")
        let now = advance(to: moment)
        if let refusal = refusal(of: amount, on: scopes, at: now) { return .refused(refusal) }
        for scope in scopes { tallies[scope, default: Tally()].hold(amount, at: now, windows) }
        reservations[attempt] = Reservation(scopes: scopes, amount: amount, admittedAt: now)
        return .held(admittedAt: now)
    }

    /// Of several limits in the way, the one that will be for longest.
    private func refusal(of amount: Amount, on scopes: [Scope], at now: Instant) -> Refusal? {
        var worst: Refusal?
        for scope in scopes {
            guard let budget = budgets[scope], budget.mode == .enforce else { continue }
            for standing in standings(of: budget, windows) where amount > standing.available {
                let refusal = Refusal(
                    reason: Self.reason(standing, amount), standing: standing, requested: amount,
                    resetsAt: standing.window.end(at: now))
                if let known = worst, known.reason >= refusal.reason { continue }
                worst = refusal
            }
        }
        return worst
    }

    private static func reason(_ standing: BudgetStanding, _ amount: Amount) -> Refusal.Reason {
        if standing.settled >= standing.limit { return .spent }
        return standing.settled + amount > standing.limit ? .exceedsRemainder : .heldByOthers
    }

    /// Replaces the hold by the true cost. Unconditional: a cost above the hold is booked in full.
    package mutating func settle(
        _ attempt: AttemptID, cost: Amount, at moment: Instant
    ) -> Conclusion {
        conclude(attempt, cost: cost, at: moment)
    }

    /// Gives the whole hold back: nothing was consumed.
    package mutating func void(_ attempt: AttemptID, at moment: Instant) -> Conclusion {
        conclude(attempt, cost: .zero, at: moment)
    }

    private mutating func conclude(
        _ attempt: AttemptID, cost: Amount, at moment: Instant
    ) -> Conclusion {
        guard let reservation = reservations.removeValue(forKey: attempt) else {
            return .unknownAttempt
        }
        let now = advance(to: moment)
        for scope in reservation.scopes {
            tallies[scope, default: Tally()].conclude(
                hold: reservation.amount, cost: cost, admittedAt: reservation.admittedAt, windows)
        }
        return .concluded(reservation.scopes.flatMap { reachedThresholds(of: $0, at: now) })
    }

    /// Counts spend that did not pass through a hold here: from earlier runs or written by others.
    package mutating func add(
        _ spend: Amount, to scope: Scope, spentAt: Instant, at moment: Instant
    ) -> [ThresholdAlert] {
        let now = advance(to: moment)
        tallies[scope, default: Tally()].add(spend, spentAt: spentAt, windows)
        return reachedThresholds(of: scope, at: now)
    }

    /// Puts new limits in force. What was spent and held stays.
    package mutating func setBudgets(
        _ replacements: [Budget], at moment: Instant
    ) -> [ThresholdAlert] {
        let now = advance(to: moment)
        budgets = Dictionary(replacements.map { ($0.scope, $0) }) { _, last in last }
        // Users come and go; one whose windows are all over has nothing left to count.
        tallies = tallies.filter { $0.value.isOpen(windows) }
        for scope in tallies.keys { tallies[scope]?.forgetThresholds() }
        return replacements.flatMap { reachedThresholds(of: $0.scope, at: now) }
    }

    private mutating func reachedThresholds(of scope: Scope, at now: Instant) -> [ThresholdAlert] {
        guard let budget = budgets[scope] else { return [] }
        var alerts: [ThresholdAlert] = []
        for standing in standings(of: budget, windows) {
            guard let percent = standing.settled.wholePercent(of: standing.limit) else { continue }
            let window = standing.window
            let known = tallies[scope, default: Tally()].reachedThreshold(window, windows)
            for threshold in budget.thresholds where threshold <= percent && threshold > known {
                tallies[scope]?.note(threshold: threshold, in: window)
                alerts.append(
                    ThresholdAlert(
                        standing: standing, threshold: threshold,
                        windowStart: window.start(at: now), windowEnd: window.end(at: now),
                        at: now))
            }
        }
        return alerts
    }

    /// How every limit stands, in the order of scopes and windows.
    package func standings(at moment: Instant) -> [BudgetStanding] {
        let open = windows(at: moment)
        return budgets.values.sorted { $0.scope.description < $1.scope.description }
            .flatMap { standings(of: $0, open) }
    }

    private func standings(of budget: Budget, _ open: OpenWindows) -> [BudgetStanding] {
        let tally = tallies[budget.scope]
        return BudgetWindow.all.compactMap { window in
            guard let limit = budget.limits[window] else { return nil }
            let sums = tally?.sums(of: window, open) ?? Tally.Sums()
            return BudgetStanding(
                scope: budget.scope, window: window, mode: budget.mode, limit: limit,
                settled: sums.settled, held: sums.held)
        }
    }

    /// The smallest remainder of the limits on `scopes`, or nil without a limit.
    package func remainder(of scopes: [Scope], at moment: Instant) -> Amount? {
        let open = windows(at: moment)
        return scopes.compactMap { budgets[$0] }
            .flatMap { standings(of: $0, open) }
            .map(\.available).min()
    }
}

extension Int128 {
    fileprivate var isNegative: Bool { self < 0 }
}
