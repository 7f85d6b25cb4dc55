package import Chronology
internal import Money

/// Slices of limits that several processes share.
extension Ledger {
    /// What keeps a call from being held out of the slices: a lack that the store may fill, or the
    /// store's absence. Nil where it fits.
    mutating func secure(
        _ claim: CallClaim, _ granted: Amount, _ matches: [BudgetIndex.Match], at now: Instant
    ) -> LedgerAction? {
        let lacks = lacks(claim, granted, matches, at: now)
        guard !lacks.isEmpty else { return nil }
        guard isStoreAway else { return .lack(lacks.map(\.need)) }
        for lack in lacks {
            let budget = index.budgets[lack.match.budget]
            let lent = buckets[lack.match.bucket]?.windows[lack.window].lease?.lent
            guard budget.storeOutage.lends(lack.need.amount, beyond: lent ?? .zero) else {
                return .away(lack.need.key.scope.label)
            }
        }
        for lack in lacks {
            buckets[lack.match.bucket]?.windows[lack.window].lease?.borrow(lack.need.amount)
        }
        return nil
    }

    private struct Lack {
        let match: BudgetIndex.Match
        let window: Int
        let need: LeaseNeed
    }

    private func lacks(
        _ claim: CallClaim, _ granted: Amount, _ matches: [BudgetIndex.Match], at now: Instant
    ) -> [Lack] {
        var lacks: [Lack] = []
        for match in matches {
            let budget = index.budgets[match.budget]
            guard budget.mode == .enforce, let bucket = buckets[match.bucket] else { continue }
            let hold = hold(claim, granted, budget)
            for (place, counter) in bucket.windows.enumerated() {
                guard let limit = budget.limit(of: counter.window, at: now) else { continue }
                let lack = counter.lack(with: hold)
                // A limit that is lower now may leave a slice that passes it: the store is asked.
                let isDoubtful =
                    !isStoreAway && claim.answers == 0
                    && counter.settled + counter.held(with: hold) > limit
                guard lack != nil || isDoubtful else { continue }
                let need = Self.need(lack ?? .zero, counter, budget, bucket, limit)
                lacks.append(Lack(match: match, window: place, need: need))
            }
        }
        return lacks
    }

    private static func need(
        _ amount: Amount, _ counter: WindowCounter, _ budget: Budget, _ bucket: Bucket,
        _ limit: Amount
    ) -> LeaseNeed {
        LeaseNeed(
            key: leaseKey(counter, budget, bucket), expiry: counter.leaseSpan.end, limit: limit,
            amount: amount)
    }

    static func leaseKey(
        _ counter: WindowCounter, _ budget: Budget, _ bucket: Bucket
    ) -> LeaseKey {
        LeaseKey(
            counter: CounterKey(
                budget: budget.id, signature: budget.signature(of: counter.window)),
            scope: bucket.scope, start: counter.leaseSpan.start)
    }

    /// What all of some calls lack together, if none of them is held meanwhile.
    package mutating func needs(
        of claims: [CallClaim], at moment: Instant
    ) -> [LeaseNeed] {
        let now = max(latest, moment)
        var needs: [LeaseKey: LeaseNeed] = [:]
        for claim in claims {
            let matches = index.matches(claim.attributes)
            for match in matches { withBucket(match, at: now) { _, _ in } }
            for match in matches {
                let budget = index.budgets[match.budget]
                guard budget.mode == .enforce, let bucket = buckets[match.bucket] else { continue }
                let hold = hold(claim, claim.bound, budget)
                for counter in bucket.windows {
                    guard let limit = budget.limit(of: counter.window, at: now),
                        let lease = counter.lease
                    else { continue }
                    let base = Self.need(
                        counter.held - lease.room, counter, budget, bucket, limit)
                    needs[base.key, default: base].amount +=
                        counter.held(with: hold) - counter.held
                }
            }
        }
        // Where nothing is lacking the store is asked for how the window stands.
        return needs.values.map { need in
            var need = need
            need.amount = max(.zero, need.amount)
            return need
        }.sorted { $0.key < $1.key }
    }

    /// What calls in flight hold beyond their slices, as when a limit was set after them.
    package mutating func uncovered(at moment: Instant) -> [LeaseNeed] {
        everyLease(at: moment).filter { $0.amount > .zero }
    }

    /// Every window that a call has used since it began, with what it lacks.
    package mutating func everyLease(at moment: Instant) -> [LeaseNeed] {
        let now = max(latest, moment)
        var needs: [LeaseNeed] = []
        for id in Array(buckets.keys) {
            guard let match = match(id) else { continue }
            withBucket(match, at: now) { bucket, budget in
                for counter in bucket.windows {
                    guard let lease = counter.lease,
                        let limit = budget.limit(of: counter.window, at: now)
                    else { continue }
                    let lack = budget.mode == .enforce ? counter.held - lease.room : .zero
                    needs.append(
                        Self.need(max(.zero, lack), counter, budget, bucket, limit))
                }
            }
        }
        return needs.sorted { $0.key < $1.key }
    }

    mutating func take(_ answers: [LeaseAnswer], at now: Instant) -> [LedgerAction] {
        for answer in answers {
            change(answer.key, at: now) { counter in counter.lease?.note(answer) }
        }
        return []
    }

    /// Works on the window of a lease; nothing where that is over or gone.
    private mutating func change(
        _ key: LeaseKey, at now: Instant, _ body: (inout WindowCounter) -> Void
    ) {
        let id = BucketID(budget: key.counter.budget, scope: key.scope)
        // Of a budget for each value only those are kept that calls have used here.
        guard let match = match(id),
            buckets[id] != nil || !index.budgets[match.budget].scope.isEach
        else { return }
        withBucket(match, at: now) { bucket, budget in
            for place in bucket.windows.indices
            where Self.leaseKey(bucket.windows[place], budget, bucket) == key {
                body(&bucket.windows[place])
            }
        }
    }

    mutating func giveUp(_ choice: LeaseChoice, at now: Instant) -> [LedgerAction] {
        var parts: [LeaseKey: Amount] = [:]
        for id in Array(buckets.keys) {
            guard let match = match(id) else { continue }
            withBucket(match, at: now) { bucket, budget in
                for place in bucket.windows.indices {
                    let counter = bucket.windows[place]
                    let key = Self.leaseKey(counter, budget, bucket)
                    guard let lease = counter.lease, choice.takes(key, lease, at: now) else {
                        continue
                    }
                    let spare = lease.spare(held: counter.held)
                    guard spare > .zero else { continue }
                    bucket.windows[place].lease?.giveUp(spare)
                    parts[key] = spare
                }
            }
        }
        return parts.isEmpty ? [] : [.giveUp(parts)]
    }
}

extension LeaseChoice {
    fileprivate func takes(_ key: LeaseKey, _ lease: WindowLease, at now: Instant) -> Bool {
        switch self {
        case .all: true
        case .unused(let seconds): lease.usedAt.advanced(bySeconds: seconds) <= now
        case .wanted(let keys): keys.contains(key)
        }
    }
}

extension LeaseKey: Comparable {
    /// The order in which every process locks windows in the store.
    package static func < (left: LeaseKey, right: LeaseKey) -> Bool {
        let leftText = (left.counter.budget, left.counter.signature, left.scope.description)
        let rightText = (right.counter.budget, right.counter.signature, right.scope.description)
        return leftText == rightText ? left.start < right.start : leftText < rightText
    }
}
