package import Chronology
internal import Money

/// Holds and spend of every budget: the pure state that decides whether a call fits.
///
/// `step(event, now) → [action]`: the same code in the gateway and in the simulator. For every
/// budget and window, limit = available + held + settled at every instant. The clock is given with
/// each event and never steps back. Owner: whoever serialises the events.
package struct Ledger: Sendable {
    /// A call that is admitted, and neither settled nor voided.
    struct Reservation: Sendable {
        /// Where it is counted, with what it claimed of each rate there.
        struct Place: Sendable {
            let bucket: BucketID
            let hold: HoldAmount
            let rateClaims: [RateLimit.Measure: Int128]
        }

        let claim: CallClaim
        let granted: Amount
        let admittedAt: Instant
        var places: [Place]
    }

    var index = BudgetIndex()
    var buckets: [BucketID: Bucket] = [:]
    var reservations: [AttemptID: Reservation] = [:]
    /// Windows whose spend from before they were set has been counted, or needs not be.
    var counted: Set<CounterKey> = []
    /// The latest of all times that were given: the ledger's own time.
    var latest = Instant(microseconds: 0)
    /// Buckets at which idle ones are looked for.
    var sweepThreshold = Ledger.minimumSweep
    static let minimumSweep = 1_024

    /// Whether several processes share the limits, each with slices of them.
    package let isShared: Bool
    /// Whether the store that they share cannot be reached.
    var isStoreAway = false

    package init(isShared: Bool = false) { self.isShared = isShared }

    package var openHolds: Int { reservations.count }

    package mutating func step(_ event: LedgerEvent, at moment: Instant) -> [LedgerAction] {
        latest = max(latest, moment)
        let now = latest
        switch event {
        case .reserve(let claim): return reserve(claim, at: now)
        case .settle(let attempt, let cost, let tokens):
            return conclude(attempt, cost: cost, tokens: tokens, at: now)
        case .void(let attempt): return conclude(attempt, cost: .zero, tokens: 0, at: now)
        case .add(let spend): return add(spend, at: now)
        case .configure(let budgets): return configure(budgets, at: now)
        case .restore(let entries, let counted): return restore(entries, counted, at: now)
        case .count(let spend, let keys, let isLast):
            return count(spend, for: keys, isLast: isLast, at: now)
        case .resume(let claim, let admittedAt): return resume(claim, admittedAt, at: now)
        case .trip(let trips): return restore(trips, at: now)
        case .clear(let trips): return clear(trips)
        case .lease(let answers): return take(answers, at: now)
        case .giveUp(let choice): return giveUp(choice, at: now)
        case .store(let isAway):
            isStoreAway = isAway
            return []
        }
    }

    /// Whether any budget that binds such a call refuses what it cannot bound.
    package func isBlocking(_ attributes: CallAttributes) -> Bool {
        index.matches(attributes).contains { index.budgets[$0.budget].isBlocking }
    }

    /// Whether a limit may cut the output of such a call.
    package func clamps(_ attributes: CallAttributes) -> Bool {
        index.matches(attributes).contains {
            index.budgets[$0.budget].mode == .enforce
                && index.budgets[$0.budget].nearLimit == .clamp
        }
    }

    /// Works on the bucket of a match, rolled to `now` and made where it is missing.
    mutating func withBucket<Value>(
        _ match: BudgetIndex.Match, at now: Instant, _ body: (inout Bucket, Budget) -> Value
    ) -> Value {
        let budget = index.budgets[match.budget]
        var bucket = buckets[match.bucket] ?? newBucket(budget, match.bucket, at: now)
        bucket.roll(to: now)
        // Taken out while it is changed, so that it is not copied.
        buckets[match.bucket] = nil
        defer { buckets[match.bucket] = bucket }
        return body(&bucket, budget)
    }

    func newBucket(_ budget: Budget, _ id: BucketID, at now: Instant) -> Bucket {
        Bucket(
            budget, id, isShared: isShared,
            isCounted: { window in
                counted.contains(
                    CounterKey(budget: id.budget, signature: budget.signature(of: window)))
            }, at: now)
    }

    /// Forgets values of which nothing counts any more, when many have come together.
    mutating func sweep(at now: Instant) {
        guard buckets.count >= sweepThreshold else { return }
        buckets = buckets.filter { _, bucket in
            var bucket = bucket
            bucket.roll(to: now)
            return !bucket.isIdle
        }
        sweepThreshold = max(Self.minimumSweep, buckets.count * 2)
    }
}
