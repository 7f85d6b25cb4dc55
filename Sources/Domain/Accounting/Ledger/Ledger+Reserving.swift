internal import Chronology
internal import Money

extension Ledger {
    /// Holds the call's bound on every budget that binds it, or on none.
    mutating func reserve(_ claim: CallClaim, at now: Instant) -> [LedgerAction] {
        precondition(reservations[claim.attempt] == nil, "an attempt holds once")
        precondition(claim.bound >= .zero, "a hold is never negative")
        sweep(at: now)
        let matches = index.matches(claim.attributes)
        for match in matches { withBucket(match, at: now) { _, _ in } }
        let granted = clamped(claim, matches, at: now)
        var worst: Refusal?
        var shadows: [Refusal] = []
        var counting: [BudgetIndex.Match] = []
        for match in matches {
            let budget = index.budgets[match.budget]
            let refusal = refusal(of: claim, granted, match, at: now)
            switch (budget.mode, refusal) {
            // A loop breaker stops by its own rule, whatever the budget does at its limits.
            case (.enforce, let refusal?), (.alert, let refusal?):
                if worst.map(refusal.outlasts) ?? true { worst = refusal }
            // What a shadow would have refused is not counted in it: it shows what would have been.
            case (.shadow, let refusal?): shadows.append(refusal)
            default: counting.append(match)
            }
        }
        if let worst { return [.refuse(worst)] + refusalAlert(worst, at: now) }
        if isShared, let wanting = secure(claim, granted, matches, at: now) { return [wanting] }
        hold(claim, granted, counting, admittedAt: now, at: now)
        return [
            .admit(Admittance(admittedAt: now, granted: granted, shadowRefusals: shadows))
        ]
    }

    /// The bound of the call, or less where a budget clamps it and enough is left.
    private func clamped(
        _ claim: CallClaim, _ matches: [BudgetIndex.Match], at now: Instant
    ) -> Amount {
        guard let floor = claim.floor else { return claim.bound }
        var granted = claim.bound
        for match in matches {
            let budget = index.budgets[match.budget]
            guard budget.mode == .enforce, budget.nearLimit == .clamp else { continue }
            for standing in standings(of: budget, match.bucket, at: now) {
                granted = min(granted, standing.available)
            }
            if let cap = budget.limit(of: .perCall, at: now) { granted = min(granted, cap) }
        }
        return granted < floor ? claim.bound : granted
    }

    /// What the budget sets aside for a call that may cost `granted`.
    func hold(_ claim: CallClaim, _ granted: Amount, _ budget: Budget) -> HoldAmount {
        guard budget.nearLimit == .learned, let usual = claim.usual, usual < granted else {
            return HoldAmount(bound: granted)
        }
        return HoldAmount(bound: granted, rest: granted - usual)
    }

    private func refusal(
        of claim: CallClaim, _ granted: Amount, _ match: BudgetIndex.Match, at now: Instant
    ) -> Refusal? {
        let budget = index.budgets[match.budget]
        guard budget.mode != .alert || budget.breaker != nil, let bucket = buckets[match.bucket]
        else { return nil }
        if let trip = bucket.breaker.trip, trip.action == .stop, budget.breaker != nil {
            return Refusal(
                .stopped, .breaker(trip), requested: claim.bound, at: now, opensAt: trip.until)
        }
        guard budget.mode != .alert else { return nil }
        var worst = callCapRefusal(claim, granted, budget, match.bucket, at: now)
        let hold = hold(claim, granted, budget)
        // A window that is still being counted has at least so much, and binds by that.
        for counter in bucket.windows {
            guard let limit = budget.limit(of: counter.window, at: now),
                isOver(limit, counter, budget, hold, claim)
            else { continue }
            let refusal = refusal(claim, granted, counter, limit, budget, match.bucket, at: now)
            if worst.map(refusal.outlasts) ?? true { worst = refusal }
        }
        for rate in bucket.rates {
            let count = rate.claimed(claim, hold: granted)
            guard !rate.fits(count) else { continue }
            let refusal = refusal(claim, count, rate, budget, match.bucket, at: now)
            if worst.map(refusal.outlasts) ?? true { worst = refusal }
        }
        return worst
    }

    /// Whether a hold would pass the limit. Of a shared one only its store can tell, so that the
    /// answer is no until it was asked.
    private func isOver(
        _ limit: Amount, _ counter: WindowCounter, _ budget: Budget, _ hold: HoldAmount,
        _ claim: CallClaim
    ) -> Bool {
        guard let lease = counter.lease, budget.mode == .enforce else {
            return counter.settled + counter.held(with: hold) > limit
        }
        guard claim.answers > 0, !isStoreAway else { return false }
        if counter.settled + counter.held(with: hold) > limit { return true }
        guard let lack = counter.lack(with: hold), !lease.canGrow(by: lack, under: limit) else {
            return false
        }
        return lease.leasedByOthers <= .zero || claim.answers >= CallClaim.patientAnswers
    }

    private func callCapRefusal(
        _ claim: CallClaim, _ granted: Amount, _ budget: Budget, _ bucket: BucketID, at now: Instant
    ) -> Refusal? {
        guard let cap = budget.limit(of: .perCall, at: now), granted > cap else { return nil }
        let standing = BudgetStanding(
            budget: budget.id, name: budget.name, scope: bucket.scope, window: .perCall,
            mode: budget.mode, limit: cap, settled: .zero, held: .zero, span: .everything,
            budgetScope: budget.scope)
        return Refusal(
            .exceedsRemainder, .limit(standing), requested: claim.bound, at: now, opensAt: nil)
    }

    private func refusal(
        _ claim: CallClaim, _ granted: Amount, _ counter: WindowCounter, _ limit: Amount,
        _ budget: Budget,
        _ bucket: BucketID, at now: Instant
    ) -> Refusal {
        let settled = counter.settled
        let reason: Refusal.Reason =
            settled >= limit
            ? .spent : settled + granted > limit ? .exceedsRemainder : .heldByOthers
        return Refusal(
            reason, .limit(standing(of: budget, bucket.scope, counter, limit, at: now)),
            requested: claim.bound, at: now, opensAt: counter.opens(for: granted, under: limit))
    }

    private func refusal(
        _ claim: CallClaim, _ count: Int128, _ rate: RateCounter, _ budget: Budget,
        _ bucket: BucketID, at now: Instant
    ) -> Refusal {
        let opensAt = rate.opens(for: count)
        let standing = RateStanding(
            budget: budget.id, name: budget.name, scope: bucket.scope, mode: budget.mode,
            limit: rate.limit, used: rate.used, claimed: count, opensAt: opensAt,
            budgetScope: budget.scope)
        let isTooLarge = count > rate.limit.ceiling
        return Refusal(
            isTooLarge ? .exceedsRemainder : .tooFast, .rate(standing), requested: claim.bound,
            at: now, opensAt: opensAt)
    }

    /// Counts an admitted call in its buckets.
    mutating func hold(
        _ claim: CallClaim, _ granted: Amount, _ matches: [BudgetIndex.Match],
        admittedAt: Instant, at now: Instant
    ) {
        var places: [Reservation.Place] = []
        places.reserveCapacity(matches.count)
        for match in matches {
            let hold = hold(claim, granted, index.budgets[match.budget])
            let claims = withBucket(match, at: now) { bucket, _ in
                bucket.openCount += 1
                for index in bucket.windows.indices {
                    bucket.windows[index].hold(hold, admittedAt: admittedAt, at: now)
                    bucket.windows[index].lease?.usedAt = now
                }
                return bucket.claimRates(claim, granted, admittedAt: admittedAt, at: now)
            }
            places.append(
                Reservation.Place(bucket: match.bucket, hold: hold, rateClaims: claims))
        }
        reservations[claim.attempt] = Reservation(
            claim: claim, granted: granted, admittedAt: admittedAt, places: places)
    }

    /// Takes up a call that was admitted elsewhere: it holds, whether it fits or not.
    mutating func resume(
        _ claim: CallClaim, _ admittedAt: Instant, at now: Instant
    ) -> [LedgerAction] {
        guard reservations[claim.attempt] == nil else { return [.ignore] }
        hold(
            claim, claim.bound, index.matches(claim.attributes), admittedAt: admittedAt, at: now)
        return []
    }
}
