internal import Chronology
internal import Money

extension Ledger {
    /// Thresholds that the spend of a bucket has reached and that nobody was told of.
    mutating func thresholdAlerts(_ match: BudgetIndex.Match, at now: Instant) -> [LedgerAction] {
        let budget = index.budgets[match.budget]
        // Of a limit that several processes share, the store tells when a threshold is reached.
        guard !isShared, budget.mode != .shadow, let bucket = buckets[match.bucket] else {
            return []
        }
        var alerts: [LedgerAction] = []
        for (place, counter) in bucket.windows.enumerated() where counter.isCounted {
            guard let limit = budget.limit(of: counter.window, at: now),
                let percent = counter.sums.settled.wholePercent(of: limit)
            else { continue }
            for threshold in budget.thresholds
            where threshold <= percent && threshold > counter.alertedThreshold {
                buckets[match.bucket]?.windows[place].note(threshold: threshold)
                alerts.append(
                    .alert(
                        BudgetAlert(
                            kind: .threshold(threshold),
                            standing: standing(of: budget, bucket.scope, counter, limit, at: now),
                            span: counter.alertSpan, at: now)))
            }
        }
        return alerts
    }

    /// Percent of a limit from which on a refusal means that the limit is used up, and not that
    /// one call asked for too much.
    private static let usedUpPercent = 90

    /// The first refusal by a limit that is nearly spent.
    mutating func refusalAlert(_ refusal: Refusal, at now: Instant) -> [LedgerAction] {
        guard case .limit(let standing) = refusal.subject, refusal.reason > .tooFast,
            standing.settled.wholePercent(of: standing.limit).map({ $0 >= Self.usedUpPercent })
                == true
        else { return [] }
        let id = BucketID(budget: standing.budget, scope: standing.scope)
        guard let place = buckets[id]?.windows.firstIndex(where: { $0.window == standing.window }),
            let counter = buckets[id]?.windows[place], !counter.hasAlertedRefusal
        else { return [] }
        buckets[id]?.windows[place].noteRefusal()
        return [
            .alert(
                BudgetAlert(
                    kind: .refusing, standing: standing, span: counter.alertSpan, at: now))
        ]
    }
}
