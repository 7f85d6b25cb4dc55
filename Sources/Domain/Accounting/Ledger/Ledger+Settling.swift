internal import Chronology
internal import Money

extension Ledger {
    mutating func conclude(
        _ attempt: AttemptID, cost: Amount, tokens: Int64, at now: Instant
    ) -> [LedgerAction] {
        guard let reservation = reservations.removeValue(forKey: attempt) else { return [.ignore] }
        var entries: [SpendEntry] = []
        var actions: [LedgerAction] = []
        for place in reservation.places {
            guard let match = match(place.bucket) else { continue }
            let cause = withBucket(match, at: now) { bucket, budget in
                bucket.openCount -= 1
                for index in bucket.windows.indices {
                    bucket.windows[index].conclude(
                        place.hold, cost: cost, admittedAt: reservation.admittedAt, at: now)
                }
                for index in bucket.rates.indices {
                    let limit = bucket.rates[index].limit
                    guard let claimed = place.rateClaims[limit.measure] else { continue }
                    let used = Self.used(limit, cost, tokens)
                    bucket.rates[index].conclude(
                        claimed, used: used, admittedAt: reservation.admittedAt, at: now)
                }
                Self.book(
                    cost, in: &bucket, budget, spentAt: reservation.admittedAt, isHeld: true,
                    at: now, &entries)
                return budget.breaker.flatMap { bucket.breaker.note(cost, $0, at: now) }
            }
            if let cause { actions += trip(match, cause, at: now) }
            actions += thresholdAlerts(match, at: now)
        }
        return (entries.isEmpty ? [] : [.book(entries)]) + actions
    }

    private static func used(_ limit: RateLimit, _ cost: Amount, _ tokens: Int64) -> Int128 {
        switch limit.measure {
        case .requests: 1
        case .tokens: Int128(tokens)
        case .money: cost.picodollars
        case .concurrency: 0
        }
    }

    /// Where a bucket's budget is now, or nil where it was removed.
    func match(_ bucket: BucketID) -> BudgetIndex.Match? {
        index.place(of: bucket.budget).map { BudgetIndex.Match(budget: $0, bucket: bucket) }
    }

    /// Notes a settled cost for the store. `isHeld`: it was held here, out of slices of limits that
    /// several processes share.
    static func book(
        _ cost: Amount, in bucket: inout Bucket, _ budget: Budget, spentAt: Instant, isHeld: Bool,
        at now: Instant, _ entries: inout [SpendEntry]
    ) {
        guard cost != .zero else { return }
        for place in bucket.windows.indices {
            let counter = bucket.windows[place]
            guard let record = counter.record(of: spentAt) else { continue }
            var entry = SpendEntry(
                counter: CounterKey(
                    budget: budget.id, signature: budget.signature(of: counter.window)),
                scope: bucket.scope, start: record.start, expiry: record.end, amount: cost)
            if isHeld, counter.lease != nil, counter.place(of: spentAt, at: now) != nil {
                entry.lease = leaseKey(counter, budget, bucket)
                bucket.windows[place].lease?.unshipped += cost
            }
            entries.append(entry)
        }
    }

    /// Counts spend that did not pass through a hold here.
    mutating func add(_ spend: Spend, at now: Instant) -> [LedgerAction] {
        // A row that is dated ahead counts now, or it would count nowhere.
        let spentAt = min(spend.spentAt, now)
        var entries: [SpendEntry] = []
        var actions: [LedgerAction] = []
        for match in index.matches(spend.attributes) {
            withBucket(match, at: now) { bucket, budget in
                for index in bucket.windows.indices {
                    bucket.windows[index].add(spend.amount, spentAt: spentAt, at: now)
                }
                Self.book(
                    spend.amount, in: &bucket, budget, spentAt: spentAt, isHeld: false, at: now,
                    &entries)
            }
            actions += thresholdAlerts(match, at: now)
        }
        return (entries.isEmpty ? [] : [.book(entries)]) + actions
    }

    private mutating func trip(
        _ match: BudgetIndex.Match, _ cause: BreakerTrip.Cause, at now: Instant
    ) -> [LedgerAction] {
        let budget = index.budgets[match.budget]
        guard let rule = budget.breaker else { return [] }
        let trip = BreakerTrip(
            budget: budget.id, name: budget.name, scope: match.bucket.scope, action: rule.action,
            cause: cause, at: now, until: now.advanced(bySeconds: rule.stopSeconds))
        buckets[match.bucket]?.breaker.hold(trip)
        return [.trip(trip)]
    }

    mutating func restore(_ trips: [BreakerTrip], at now: Instant) -> [LedgerAction] {
        for trip in trips {
            guard let match = match(BucketID(budget: trip.budget, scope: trip.scope)) else {
                continue
            }
            withBucket(match, at: now) { bucket, _ in bucket.breaker.hold(trip) }
        }
        return []
    }

    /// Ends trips before their time, by hand.
    mutating func clear(_ trips: [BreakerTrip]) -> [LedgerAction] {
        for trip in trips {
            let id = BucketID(budget: trip.budget, scope: trip.scope)
            if buckets[id]?.breaker.trip?.at == trip.at { buckets[id]?.breaker.reset() }
        }
        return []
    }
}
