internal import Chronology
internal import Money

/// What begins to count anew when a budget is changed.
struct BudgetRenewal {
    /// Whether the budget is new, or counted other calls before.
    let countsAnew: Bool
    /// Whether its holds may be less than bounds.
    let isLearning: Bool
    let breakerAction: BreakerRule.Action?
    private let freshWindows: Set<BudgetWindow>
    private let freshMeasures: Set<RateLimit.Measure>

    /// `isCounted`: windows that are not begin anew, as their counting was cut short.
    init(from known: Budget?, to budget: Budget, isCounted: (BudgetWindow) -> Bool) {
        countsAnew = known.map { ($0.mode == .shadow) != (budget.mode == .shadow) } ?? true
        isLearning = budget.nearLimit == .learned
        breakerAction = budget.breaker?.action
        freshWindows = Set(
            budget.limits.keys.filter { window in
                known?.limits[window] == nil || !isCounted(window)
                    || known?.signature(of: window) != budget.signature(of: window)
            })
        let measures = Set(known?.rates.map(\.measure) ?? [])
        freshMeasures = Set(budget.rates.map(\.measure)).subtracting(measures)
    }

    func isFresh(_ window: BudgetWindow) -> Bool { freshWindows.contains(window) }

    func isFresh(_ measure: RateLimit.Measure) -> Bool {
        countsAnew || freshMeasures.contains(measure)
    }
}

extension Bucket {
    /// Takes over what goes on counting after a change of the budget.
    mutating func takeOver(_ old: Bucket, _ renewal: BudgetRenewal) {
        breaker = old.breaker
        // A breaker that is to stop now is not held back by one that only told.
        if breaker.trip?.action != renewal.breakerAction { breaker.reset() }
        for place in windows.indices where !renewal.isFresh(windows[place].window) {
            let known = old.windows.first { $0.window == windows[place].window }
            guard let known else { continue }
            windows[place] = known
            windows[place].forgetAlerts()
        }
        for place in rates.indices where !renewal.isFresh(rates[place].limit.measure) {
            let known = old.rates.first { $0.limit.measure == rates[place].limit.measure }
            if let known { rates[place].takeOver(known) }
        }
    }

    /// Counts a call in flight where it is not counted yet.
    mutating func resume(
        _ reservation: Ledger.Reservation, from old: Ledger.Reservation.Place?,
        _ renewal: BudgetRenewal, at now: Instant
    ) -> Ledger.Reservation.Place {
        // A budget that learns no more sets the whole bound aside.
        let whole = HoldAmount(bound: reservation.granted)
        let hold = renewal.isLearning ? old?.hold ?? whole : whole
        openCount += 1
        for place in windows.indices {
            if renewal.isFresh(windows[place].window) {
                windows[place].hold(hold, admittedAt: reservation.admittedAt, at: now)
            } else if let known = old?.hold {
                windows[place].exchange(
                    known, for: hold, admittedAt: reservation.admittedAt, at: now)
            }
        }
        var claims: [RateLimit.Measure: Int128] = [:]
        for place in rates.indices {
            let measure = rates[place].limit.measure
            if let claimed = old?.rateClaims[measure], !renewal.isFresh(measure) {
                claims[measure] = claimed
            } else {
                let count = rates[place].claimed(reservation.claim, hold: reservation.granted)
                rates[place].claim(count, admittedAt: reservation.admittedAt, at: now)
                claims[measure] = count
            }
        }
        return Ledger.Reservation.Place(
            bucket: id, hold: hold, rateClaims: claims)
    }

    mutating func claimRates(
        _ claim: CallClaim, _ granted: Amount, admittedAt: Instant, at now: Instant
    ) -> [RateLimit.Measure: Int128] {
        guard !rates.isEmpty else { return [:] }
        var claims: [RateLimit.Measure: Int128] = [:]
        for place in rates.indices {
            let count = rates[place].claimed(claim, hold: granted)
            rates[place].claim(count, admittedAt: admittedAt, at: now)
            claims[rates[place].limit.measure] = count
        }
        return claims
    }
}
