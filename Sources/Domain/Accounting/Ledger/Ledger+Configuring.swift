internal import Chronology
internal import Money

extension Ledger {
    /// Puts budgets in force. Windows that were there before go on counting; a new one begins to
    /// count now, and binds once the spend from before has been added.
    mutating func configure(_ budgets: [Budget], at now: Instant) -> [LedgerAction] {
        let old = index
        index = BudgetIndex(budgets)
        dropRemovedBuckets()
        var wanted: [CounterKey] = []
        for (place, budget) in budgets.enumerated() {
            let known = old[budget.id]
            if known != budget {
                rebuild(place, budget, from: known, at: now)
            }
            let signatures = budget.windows.filter { $0 != .perCall }
                .map { budget.signature(of: $0) }
            wanted += signatures.map { CounterKey(budget: budget.id, signature: $0) }
                .filter { !counted.contains($0) }
        }
        let live = Set(
            budgets.flatMap { budget in
                budget.windows.map {
                    CounterKey(budget: budget.id, signature: budget.signature(of: $0))
                }
            })
        let dropped = counted.subtracting(live)
        counted.formIntersection(live)
        return (wanted.isEmpty ? [] : [.want(wanted)])
            + (dropped.isEmpty ? [] : [.drop(Array(dropped))]) + alertsOfAll(at: now)
    }

    private mutating func dropRemovedBuckets() {
        buckets = buckets.filter { index[$0.key.budget] != nil }
        for attempt in reservations.keys {
            reservations[attempt]?.places.removeAll { index[$0.bucket.budget] == nil }
        }
    }

    /// Makes the buckets of a budget anew after a change, with what they had counted.
    private mutating func rebuild(
        _ place: Int, _ budget: Budget, from known: Budget?, at now: Instant
    ) {
        let renewal = BudgetRenewal(from: known, to: budget)
        for (id, bucket) in buckets where id.budget == budget.id {
            var renewed = newBucket(budget, id, at: now)
            renewed.takeOver(bucket, renewal)
            buckets[id] = renewed
        }
        for (attempt, reservation) in reservations {
            let old = reservation.places.first { $0.bucket.budget == budget.id }
            // A shadow that would have refused the call goes on without it.
            if old == nil, !renewal.countsAnew { continue }
            guard let scope = reservation.claim.attributes.bucket(of: budget.scope) else {
                continue
            }
            let match = BudgetIndex.Match(
                budget: place, bucket: BucketID(budget: budget.id, scope: scope))
            let renewed = withBucket(match, at: now) { bucket, _ in
                bucket.resume(reservation, from: old, renewal, at: now)
            }
            reservations[attempt]?.places.removeAll { $0.bucket.budget == budget.id }
            reservations[attempt]?.places.append(renewed)
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
                            let record = bucket.windows[place].record(of: spentAt)
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
