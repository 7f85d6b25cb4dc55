internal import Accounting
internal import Chronology
internal import Gateway
internal import Money

/// The auditor's own books: what happened, added up again for each question.
extension Simulation {
    /// What a budget's window should have in one bucket.
    struct Sums {
        var settled = Amount.zero
        var bounds = Amount.zero
        /// Of calls in flight, where each holds what is usual.
        var usual = Amount.zero
        var largestRest = Amount.zero
        var openCount = 0

        /// At least this is set aside where the budget has learned.
        var leastHeld: Amount {
            min(bounds, usual + (openCount > 0 ? largestRest : .zero))
        }
    }

    /// Calls that were admitted and are not given back.
    private var counting: [Call] { order.compactMap { calls[$0] } }

    private func isOpen(_ call: Call) -> Bool { call.stage == .holding || call.stage == .sent }

    func isCounted(_ window: BudgetWindow, of budget: Budget) -> Bool {
        let key = CounterKey(budget: budget.id, signature: budget.signature(of: window))
        return !uncounted.contains(key)
    }

    /// Whether a window that is open at `latest` has the moment in it.
    private func counts(_ moment: Instant, _ window: BudgetWindow, _ budget: Budget) -> Bool {
        switch window {
        case .total: return true
        case .perCall: return false
        case .rolling(let seconds):
            let slot = seconds * 1_000_000 / 60
            return moment.microseconds / slot
                >= (latest.microseconds - seconds * 1_000_000) / slot
        default:
            guard let span = budget.calendar.span(of: window, at: latest) else { return false }
            return moment >= span.start
        }
    }

    func sums(_ budget: Budget, _ bucket: Scope, _ window: BudgetWindow) -> Sums {
        var sums = Sums()
        for call in counting
        where !call.isForgotten && call.attributes.bucket(of: budget.scope) == bucket
            && counts(min(call.admittedAt, latest), window, budget)
            && !(budget.mode == .shadow && call.shadowed.contains(budget.id))
        {
            if isOpen(call) {
                let usual = min(call.usual ?? call.granted, call.granted)
                sums.bounds += call.granted
                sums.usual += usual
                sums.largestRest = max(sums.largestRest, call.granted - usual)
                sums.openCount += 1
            } else {
                sums.settled += call.booked ?? .zero
            }
        }
        for spend in foreign.prefix(seenForeign)
        where spend.attributes.bucket(of: budget.scope) == bucket
            && counts(min(spend.spentAt, latest), window, budget)
        {
            sums.settled += spend.amount
        }
        return sums
    }

    /// How much of a rate was used; what was before the start is forgotten.
    private func used(_ rate: RateLimit, _ budget: Budget, _ bucket: Scope, at now: Instant)
        -> Int128
    {
        var used: Int128 = 0
        let ended = endedBefore[RateKey(budget: budget.id, measure: rate.measure)] ?? []
        for call in counting
        where !ended.contains(call.attempt)
            && call.attributes.bucket(of: budget.scope) == bucket
            && !(budget.mode == .shadow && call.shadowed.contains(budget.id))
        {
            let second = call.admittedAt.seconds
            switch rate.measure {
            case .concurrency: used += isOpen(call) ? 1 : 0
            case .requests: used += second >= now.seconds - 60 ? 1 : 0
            case .money where second >= now.seconds - 60:
                used += (isOpen(call) ? call.granted : call.booked ?? .zero).picodollars
            default: break
            }
        }
        return used
    }

    // MARK: Admission

    /// What the ledger may answer to a call.
    struct Expectation {
        let granted: ClosedRange<Amount>
        /// A reason to refuse it, if there is one.
        let refusal: String?
        let mayRefuse: Bool
        let isLearned: Bool

        func wrongAdmittance(_ admittance: Admittance) -> String? {
            if let refusal { return "a call was admitted that does not fit: \(refusal)" }
            guard granted.contains(admittance.granted) else {
                return "granted \(admittance.granted.dollars), not \(granted)"
            }
            return nil
        }
    }

    func expectation(_ claim: CallClaim) -> Expectation {
        let now = max(latest, clock.now())
        var auditor = self
        auditor.latest = now
        return auditor.expectationNow(claim)
    }

    private func expectationNow(_ claim: CallClaim) -> Expectation {
        // What is still being counted clamps by what it has seen so far.
        let exact = granted(claim)
        let range =
            uncounted.isEmpty ? exact...exact : min(claim.floor ?? exact, exact)...claim.bound
        let granted = range.lowerBound
        var refusal: String?
        var mayRefuse = false
        var isLearned = false
        for budget in inForce where budget.mode == .enforce {
            guard let bucket = claim.attributes.bucket(of: budget.scope) else { continue }
            for window in budget.windows {
                guard let limit = budget.limit(of: window, at: latest) else { continue }
                let sums = sums(budget, bucket, window)
                let strict = sums.settled + sums.bounds + granted > limit
                let most = sums.settled + sums.bounds + range.upperBound
                mayRefuse = mayRefuse || most > limit
                // What is still being counted has seen less, and refuses only by that.
                guard isCounted(window, of: budget) else { continue }
                var fails = strict
                if budget.nearLimit == .learned, window != .perCall {
                    isLearned = true
                    let usual = min(claim.usual ?? granted, granted)
                    let rest = max(sums.largestRest, granted - usual)
                    let least = min(sums.bounds + granted, sums.usual + usual + rest)
                    fails = sums.settled + least > limit
                }
                if fails { refusal = "\(budget.scope) \(window.name)" }
            }
            for rate in budget.rates {
                let used = used(rate, budget, bucket, at: latest)
                let isMoney = rate.measure == .money
                if used + (isMoney ? granted.picodollars : 1) > rate.ceiling {
                    refusal = "\(budget.scope) \(rate.name)"
                }
                if used + (isMoney ? range.upperBound.picodollars : 1) > rate.ceiling {
                    mayRefuse = true
                }
            }
        }
        return Expectation(
            granted: range, refusal: refusal, mayRefuse: mayRefuse || !journal.isWritable,
            isLearned: isLearned)
    }

    private func granted(_ claim: CallClaim) -> Amount {
        guard let floor = claim.floor else { return claim.bound }
        var granted = claim.bound
        for budget in inForce where budget.mode == .enforce && budget.nearLimit == .clamp {
            guard let bucket = claim.attributes.bucket(of: budget.scope) else { continue }
            for window in budget.windows {
                guard let limit = budget.limit(of: window, at: latest) else { continue }
                let sums = sums(budget, bucket, window)
                granted = min(granted, limit - sums.settled - sums.bounds)
            }
        }
        return granted < floor ? claim.bound : granted
    }

    // MARK: After each step

    func audit() -> String? {
        var auditor = self
        auditor.latest = max(latest, clock.now())
        return auditor.auditStandings() ?? auditAlerts()
    }

    private func auditStandings() -> String? {
        let byID = Dictionary(inForce.map { ($0.id, $0) }) { first, _ in first }
        for standing in bookkeeper.standings {
            guard let budget = byID[standing.budget] else {
                return "a budget is in force that is not: \(standing.label)"
            }
            guard isCounted(standing.window, of: budget) else { continue }
            let wanted = sums(budget, standing.scope, standing.window)
            let place = "\(standing.label) \(standing.window.name)"
            guard standing.settled == wanted.settled else {
                return "\(place): settled \(standing.settled.dollars), not"
                    + " \(wanted.settled.dollars)"
            }
            let isHeldRight =
                budget.nearLimit == .learned
                ? standing.held >= wanted.leastHeld && standing.held <= wanted.bounds
                : standing.held == wanted.bounds
            guard isHeldRight else {
                return "\(place): held \(standing.held.dollars), not \(wanted.bounds.dollars)"
            }
            guard standing.available + standing.held + standing.settled == standing.limit else {
                return "\(place): limit = available + held + settled does not hold"
            }
        }
        let open = counting.count { isOpen($0) }
        return bookkeeper.openHolds == open || mistake == .checksThenActs
            ? nil : "\(bookkeeper.openHolds) holds are open, not \(open)"
    }

    private func auditAlerts() -> String? {
        store.alerts.first { $0.value > 1 }.map { "alerted \($0.value) times: \($0.key)" }
    }

    // MARK: At rest

    /// Every call that was sent has one row; what was delivered is exact, and what was cut is
    /// booked at no less than it was charged.
    func auditRows() -> String? {
        var rows: [AttemptID: [MemoryStore.Row]] = [:]
        for row in store.rows {
            if let attempt = row.attempt { rows[attempt, default: []].append(row) }
        }
        for attempt in order {
            guard let call = calls[attempt], !call.isForgotten else { continue }
            guard let own = rows.removeValue(forKey: attempt), own.count == 1 else {
                return "a call has \(rows[attempt]?.count ?? 0) rows or several"
            }
            if call.isExact, own[0].cost != call.charge { return "a row is not exact" }
            // A charge above its bound at a provider that breaks its word cannot be known.
            if own[0].cost < min(call.charge, call.granted) { return "a row is below its charge" }
        }
        return rows.isEmpty ? nil : "\(rows.count) rows are of no call"
    }
}
