internal import Chronology
internal import Money

extension Ledger {
    /// Puts budgets in force. Windows that were there before go on counting; a new one begins to
    /// count now, and is complete once the spend from before has been added.
    mutating func configure(_ budgets: [Budget], at now: Instant) -> [LedgerAction] {
        let old = index
        index = BudgetIndex(budgets)
        let live = Set(budgets.flatMap(Self.counters))
        let dropped = counted.subtracting(live)
        counted.formIntersection(live)
        // What was spent before, a shared store counts itself.
        if isShared { counted = live }
        let wanted = budgets.flatMap(Self.counters).filter { !counted.contains($0) }
        dropRemovedBuckets()
        let uncounted = Set(wanted.map(\.budget))
        var renewals: [BudgetID: BudgetRenewal] = [:]
        for budget in budgets
        where old[budget.id] != budget || uncounted.contains(budget.id) {
            renewals[budget.id] = BudgetRenewal(from: old[budget.id], to: budget) { window in
                counted.contains(
                    CounterKey(budget: budget.id, signature: budget.signature(of: window)))
            }
        }
        renew(renewals, at: now)
        return (wanted.isEmpty ? [] : [.want(wanted)])
            + (dropped.isEmpty ? [] : [.drop(Array(dropped))]) + alertsOfAll(at: now)
    }

    /// The windows of a budget that count over time.
    private static func counters(_ budget: Budget) -> [CounterKey] {
        budget.windows.filter { $0 != .perCall }.map { window in
            CounterKey(budget: budget.id, signature: budget.signature(of: window))
        }
    }

    private mutating func dropRemovedBuckets() {
        buckets = buckets.filter { index[$0.key.budget] != nil }
        for attempt in Array(reservations.keys) {
            reservations[attempt]?.places.removeAll { index[$0.bucket.budget] == nil }
        }
    }

    /// Makes the buckets of budgets anew after a change, with what they had counted, and counts
    /// the calls in flight where they are not counted yet.
    private mutating func renew(_ renewals: [BudgetID: BudgetRenewal], at now: Instant) {
        guard !renewals.isEmpty else { return }
        for id in Array(buckets.keys) {
            guard let renewal = renewals[id.budget], let budget = index[id.budget],
                let bucket = buckets[id]
            else { continue }
            var renewed = newBucket(budget, id, at: now)
            renewed.takeOver(bucket, renewal)
            buckets[id] = renewed
        }
        for attempt in Array(reservations.keys) {
            guard let reservation = reservations[attempt] else { continue }
            var places = reservation.places.filter { renewals[$0.bucket.budget] == nil }
            for match in index.matches(reservation.claim.attributes) {
                guard let renewal = renewals[match.bucket.budget] else { continue }
                let old = reservation.places.first { $0.bucket == match.bucket }
                // A shadow that would have refused the call goes on without it.
                if old == nil, !renewal.countsAnew { continue }
                places.append(
                    withBucket(match, at: now) { bucket, _ in
                        bucket.resume(reservation, from: old, renewal, at: now)
                    })
            }
            reservations[attempt]?.places = places
        }
    }

    /// The sums that the store kept.
    mutating func restore(
        _ entries: [SpendEntry], _ keys: [CounterKey], at now: Instant
    ) -> [LedgerAction] {
        mark(keys)
        for entry in entries {
            guard let match = match(BucketID(budget: entry.counter.budget, scope: entry.scope))
            else { continue }
            withBucket(match, at: now) { bucket, budget in
                for place in bucket.windows.indices
                where budget.signature(of: bucket.windows[place].window)
                    == entry.counter.signature
                {
                    bucket.windows[place].restore(entry, at: now)
                }
            }
        }
        return []
    }

    /// Adds the spend from before a limit was set, which is in force from now on.
    mutating func count(
        _ spend: [Spend], for keys: [CounterKey], isLast: Bool, at now: Instant
    ) -> [LedgerAction] {
        let keys = Set(keys).subtracting(counted)
        // Windows that ended long ago are opened by no clock that is set back.
        let oldest = now.advanced(bySeconds: -Instant.secondsPerDay)
        var sums: [SpendEntry.Place: SpendEntry] = [:]
        for spend in spend {
            let spentAt = min(spend.spentAt, now)
            for match in index.matches(spend.attributes) {
                withBucket(match, at: now) { bucket, budget in
                    for place in bucket.windows.indices {
                        let key = CounterKey(
                            budget: budget.id,
                            signature: budget.signature(of: bucket.windows[place].window))
                        guard keys.contains(key),
                            let record = bucket.windows[place].record(of: spentAt),
                            record.end > oldest
                        else { continue }
                        bucket.windows[place].add(spend.amount, spentAt: spentAt, at: now)
                        let entry = SpendEntry(
                            counter: key, scope: bucket.scope, start: record.start,
                            expiry: record.end, amount: .zero)
                        sums[entry.place, default: entry].amount += spend.amount
                    }
                }
            }
        }
        if isLast { mark(Array(keys)) }
        let entries = sums.values.sorted {
            ($0.counter.budget, $0.start) < ($1.counter.budget, $1.start)
        }
        return (entries.isEmpty ? [] : [.book(entries)])
            + (isLast ? alertsOfAll(at: now) : [])
    }

    private mutating func mark(_ keys: [CounterKey]) {
        counted.formUnion(keys)
        let budgets = Set(keys.map(\.budget))
        for (id, bucket) in buckets where budgets.contains(id.budget) {
            guard let budget = index[id.budget] else { continue }
            for place in bucket.windows.indices {
                let signature = budget.signature(of: bucket.windows[place].window)
                let key = CounterKey(budget: id.budget, signature: signature)
                if counted.contains(key) { buckets[id]?.windows[place].isCounted = true }
            }
        }
    }

    private mutating func alertsOfAll(at now: Instant) -> [LedgerAction] {
        buckets.keys.flatMap { id -> [LedgerAction] in
            guard let match = match(id) else { return [] }
            buckets[id]?.roll(to: now)
            return thresholdAlerts(match, at: now)
        }
    }
}

extension SpendEntry {
    /// What its amount belongs to.
    package struct Place: Hashable, Sendable {
        let counter: CounterKey
        let scope: Scope
        let start: Instant
    }

    package var place: Place { Place(counter: counter, scope: scope, start: start) }
}
