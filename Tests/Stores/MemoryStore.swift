import Accounting
import Chronology
import Gateway
import Metering
import Money
import Pricing
import Reporting
import Stores
import Synchronization

/// A store as plain values in memory: what the others have to agree with. Nothing is optimised, and
/// each answer is added up from all rows.
final class MemoryStore: SpendStore {
    struct Row {
        var record: RequestRecord
        /// Call and attempt that it adjusts; nil for a call.
        var adjusts: String?
    }

    struct State {
        var budgets: [BudgetName: Budget] = [:]
        var starts: [BudgetID: Instant] = [:]
        var lastBudget: Int64 = 0
        var keys: [KeyListing] = []
        var digests: [String: [UInt8]] = [:]
        var rows: [Row] = []
        var imported: Set<String> = []
        var ratings: [CallID: CallRating] = [:]
        var alerts: [AlertRecord] = []
        var trips: [BreakerTrip] = []
        var audit: [AuditEntry] = []
        var dispatched: Set<Int64> = []
        var deliveries: [MemoryDelivery] = []
    }

    let state = Mutex(State())

    var place: String { "memory" }

    func record(_ records: [RequestRecord]) {
        state.withLock { state in
            for record in records
            where !state.rows.contains(where: {
                $0.adjusts == nil && $0.record.attempt == record.attempt
            }) {
                state.rows.append(Row(record: record))
            }
        }
    }

    func correct(_ record: RequestRecord) {
        state.withLock { state in
            for index in state.rows.indices
            where state.rows[index].adjusts == nil
                && state.rows[index].record.attempt == record.attempt
            {
                state.rows[index].record = record
            }
        }
    }

    func deleteCalls(before cutoff: Instant) {
        state.withLock { state in state.rows.removeAll { $0.record.admittedAt < cutoff } }
    }

    // MARK: Limits

    func budgets() throws(StoreError) -> [Budget] {
        state.withLock { state in
            state.budgets.values.sorted {
                ($0.scope.description, $0.name) < ($1.scope.description, $1.name)
            }
        }
    }

    func change(
        _ names: [BudgetName], by actor: String, at now: Instant,
        _ body: (BudgetName, Budget?) throws -> Budget?
    ) throws(StoreError) -> [BudgetChange] {
        try state.withLock { state throws(StoreError) in
            var changed = state
            var changes: [BudgetChange] = []
            for name in names {
                let before = changed.budgets[name]
                var after: Budget?
                do {
                    after = try body(name, before)
                } catch {
                    throw (error as? StoreError) ?? StoreError("\(error)")
                }
                if before == nil, after != nil {
                    changed.lastBudget += 1
                    changed.starts[BudgetID(changed.lastBudget)] = now
                }
                after?.id = before?.id ?? BudgetID(changed.lastBudget)
                changed.budgets[name] = after
                if before != after {
                    let action =
                        before == nil
                        ? "limit.create" : after == nil ? "limit.remove" : "limit.change"
                    changed.note(
                        AuditEntry.Change(
                            actor: actor, action: action, subject: "\(name)",
                            before: before?.json, after: after?.json), at: now)
                }
                changes.append(BudgetChange(before: before, after: after))
            }
            state = changed
            return changes
        }
    }

    func budgetStarts() throws(StoreError) -> [BudgetID: Instant] {
        state.withLock { $0.starts }
    }

    func standings(at now: Instant) throws(StoreError) -> [BudgetStanding] {
        let budgets = try budgets()
        return state.withLock { state in
            var ledger = Ledger()
            let wanted = ledger.step(.configure(budgets), at: now)
            let spend = state.rows.filter { $0.record.status != .blocked }.map {
                Spend(
                    $0.record.cost, by: $0.record.attributes, spentAt: $0.record.admittedAt)
            }
            for case .want(let keys) in wanted {
                _ = ledger.step(.count(spend, for: keys, isLast: true), at: now)
            }
            return ledger.standings(at: now)
        }
    }

    func openCounts() throws(StoreError) -> (holds: Int, alerts: Int) {
        state.withLock { (0, $0.alerts.count { $0.acknowledgedAt == nil }) }
    }

    func openTrips(at now: Instant) throws(StoreError) -> [BreakerTrip] {
        state.withLock { $0.trips.filter { $0.until > now } }
    }

    func resetBreakers(
        _ scope: Scope?, by actor: String, at now: Instant
    ) throws(StoreError) -> [BreakerTrip] {
        state.withLock { state in
            let reset = state.trips.filter { $0.until > now && (scope ?? $0.scope) == $0.scope }
            state.trips.removeAll { reset.contains($0) }
            for trip in reset {
                state.note(
                    AuditEntry.Change(
                        actor: actor, action: "breaker.reset", subject: "\(trip.scope)",
                        before: nil, after: nil), at: now)
            }
            return reset
        }
    }

    // MARK: Keys

    func keyListings() throws(StoreError) -> [KeyListing] { state.withLock { $0.keys } }

    func add(
        _ key: GatewayKey, digest: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard !state.keys.contains(where: { $0.key.name == key.name }) else {
                throw StoreError("a key called '\(key.name)' exists")
            }
            state.keys.append(KeyListing(key: key, createdAt: now.text, revokedAt: nil))
            state.digests[key.id] = digest
            state.note(
                AuditEntry.Change(
                    actor: actor, action: "key.create", subject: key.name, before: nil,
                    after: key.json), at: now)
        }
    }

    func revokeKey(
        _ nameOrID: String, by actor: String, at now: Instant
    ) throws(StoreError) -> Bool {
        changeKey(nameOrID, "key.revoke", by: actor, at: now) { state, index in
            let listing = state.keys[index]
            state.keys[index] = KeyListing(
                key: listing.key, createdAt: listing.createdAt, revokedAt: now.text)
        }
    }

    func rotateKey(
        _ nameOrID: String, digest: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError) -> Bool {
        changeKey(nameOrID, "key.rotate", by: actor, at: now) { state, index in
            state.digests[state.keys[index].key.id] = digest
        }
    }

    private func changeKey(
        _ nameOrID: String, _ action: String, by actor: String, at now: Instant,
        _ body: (inout State, Int) -> Void
    ) -> Bool {
        state.withLock { state in
            let found = state.keys.firstIndex {
                ($0.key.name == nameOrID || $0.key.id == nameOrID) && $0.revokedAt == nil
            }
            guard let found else { return false }
            body(&state, found)
            state.note(
                AuditEntry.Change(
                    actor: actor, action: action, subject: nameOrID, before: nil, after: nil),
                at: now)
            return true
        }
    }

    func sharedPepper() throws(StoreError) -> [UInt8]? { nil }

    // MARK: Prices, audit

    func store(_ book: PriceBook, at now: Instant) throws(StoreError) {}

    func notePriceChange(at now: Instant) throws(StoreError) {}

    func audit(_ change: AuditEntry.Change, at now: Instant) throws(StoreError) {
        state.withLock { $0.note(change, at: now) }
    }

    func auditEntries(
        since: Instant, until: Instant, limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        state.withLock { state in
            Array(
                state.audit.filter { (since.text..<until.text).contains($0.timestamp) }
                    .reversed().prefix(limit))
        }
    }
}

extension MemoryStore.State {
    mutating func note(_ change: AuditEntry.Change, at now: Instant) {
        audit.append(
            AuditEntry(id: Int64(audit.count + 1), timestamp: now.text, change: change))
    }
}
