package import Chronology
package import Money

extension Ledger {
    /// How every limit stands, by scope and window.
    package func standings(at moment: Instant) -> [BudgetStanding] {
        let now = max(latest, moment)
        return index.budgets
            .sorted { ($0.scope.description, $0.name) < ($1.scope.description, $1.name) }
            .flatMap { budget -> [BudgetStanding] in
                bucketIDs(of: budget).flatMap { standings(of: budget, $0, at: now) }
            }
    }

    /// Where a budget counts now. One for each value has a bucket for each that is in use.
    private func bucketIDs(of budget: Budget) -> [BucketID] {
        guard budget.scope.isEach else {
            return [BucketID(budget: budget.id, scope: budget.scope)]
        }
        return buckets.keys.filter { $0.budget == budget.id }
            .sorted { $0.scope.name < $1.scope.name }
    }

    func standings(of budget: Budget, _ id: BucketID, at now: Instant) -> [BudgetStanding] {
        var bucket = buckets[id] ?? newBucket(budget, id, at: now)
        bucket.roll(to: now)
        return bucket.windows.compactMap { counter in
            budget.limit(of: counter.window, at: now).map { limit in
                standing(of: budget, id.scope, counter, limit, at: now)
            }
        }
    }

    func standing(
        of budget: Budget, _ scope: Scope, _ counter: WindowCounter, _ limit: Amount,
        at now: Instant
    ) -> BudgetStanding {
        var span = counter.alertSpan
        if case .rolling(let seconds) = counter.window {
            span = WindowSpan(start: now.advanced(bySeconds: -seconds), end: now)
        }
        return BudgetStanding(
            budget: budget.id, name: budget.name, scope: scope, window: counter.window,
            mode: budget.mode, limit: limit, settled: counter.settled,
            held: counter.held + (counter.lease?.leasedByOthers ?? .zero),
            span: span, isCounted: counter.isCounted, budgetScope: budget.scope)
    }

    /// The smallest remainder of the limits that bind such a call, or nil without a limit.
    package func remainder(of attributes: CallAttributes, at moment: Instant) -> Amount? {
        let now = max(latest, moment)
        var least: Amount?
        for match in index.matches(attributes) {
            let budget = index.budgets[match.budget]
            guard budget.mode != .shadow else { continue }
            for standing in standings(of: budget, match.bucket, at: now) {
                least = min(least ?? standing.available, standing.available)
            }
        }
        return least
    }

    /// Loop breakers that have tripped and are not reset.
    package func trips(at moment: Instant) -> [BreakerTrip] {
        let now = max(latest, moment)
        return buckets.values.compactMap(\.breaker.trip).filter { now < $0.until }
            .sorted { $0.at < $1.at }
    }

    /// The budgets that are in force.
    package var budgets: [Budget] { index.budgets }
}
