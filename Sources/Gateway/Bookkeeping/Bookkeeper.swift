package import Accounting
package import Chronology
package import Money
internal import Synchronization

/// Serialises the ledger: decides under one lock, and hands each decision to the journal in the
/// order of the decisions. Called from every event loop.
package final class Bookkeeper: Sendable {
    let ledger: Mutex<Ledger>
    /// Changed only under the lock of `ledger` too, so that a bill is corrected once.
    let deferred = Mutex(DeferredBills())
    let files = Mutex<[String: QuotedFile]>([:])
    let journal: any LedgerJournal
    let clock: any WallClock

    package init(ledger: consuming Ledger, journal: any LedgerJournal, clock: any WallClock) {
        self.ledger = Mutex(ledger)
        self.journal = journal
        self.clock = clock
    }

    package enum HoldResult: Sendable {
        /// The receipt's exchange is told when the hold is durable.
        case held(admittedAt: Instant)
        case refused(Refusal)
        /// Nothing can be made durable now, so nothing is admitted.
        case storeUnavailable
    }

    package static func scopes(of userID: String) -> [Scope] { [.system, .user(userID)] }

    package func isBlocking(userID: String) -> Bool {
        ledger.withLock { $0.isBlocking(Self.scopes(of: userID)) }
    }

    /// Holds `amount` for the attempt of `record` on every budget that applies, or on none.
    package func hold(
        _ amount: Amount, for record: RequestRecord, receipt: JournalReceipt
    ) -> HoldResult {
        guard journal.isWritable, amount.stored != nil else { return .storeUnavailable }
        return ledger.withLock { ledger in
            let scopes = Self.scopes(of: record.userID)
            switch ledger.hold(record.attempt, amount, on: scopes, at: clock.now()) {
            case .refused(let refusal): return .refused(refusal)
            case .held(let admittedAt):
                var held = record
                held.admittedAt = admittedAt
                held.held = amount
                journal.append(.hold(held), receipt: receipt)
                return .held(admittedAt: admittedAt)
            }
        }
    }

    /// Books the row of an attempt in place of its hold: its cost, or nothing where it is voided.
    /// An attempt that was concluded before is left as it is.
    /// `deferredAs`: the name that a later statement of the cost will be asked for by.
    package func conclude(
        _ record: RequestRecord, deferredAs key: String? = nil, receipt: JournalReceipt?
    ) {
        ledger.withLock { ledger in
            let conclusion =
                record.cost == .zero
                ? ledger.void(record.attempt, at: clock.now())
                : ledger.settle(record.attempt, cost: record.cost, at: clock.now())
            guard case .concluded(let alerts) = conclusion else { return }
            if let key {
                deferred.withLock { $0.add(record, as: key) }
                journal.append(.conclude(record), receipt: nil)
                journal.append(.defer(record.attempt, as: key), receipt: receipt)
            } else {
                journal.append(.conclude(record), receipt: receipt)
            }
            for alert in alerts { journal.append(.alert(alert), receipt: nil) }
        }
    }

    /// Forgets a hold that the journal could not write: it was never in force.
    package func forget(_ attempt: AttemptID) {
        ledger.withLock { ledger in
            _ = ledger.void(attempt, at: clock.now())
        }
    }

    package func note(refused record: RequestRecord) {
        guard journal.isWritable else { return }
        journal.append(.refuse(record), receipt: nil)
    }

    package func setBudgets(_ budgets: [Budget]) {
        ledger.withLock { ledger in
            for alert in ledger.setBudgets(budgets, at: clock.now()) {
                journal.append(.alert(alert), receipt: nil)
            }
        }
    }

    /// Counts spend that others wrote to the store.
    package func add(_ spend: Amount, userID: String, spentAt: Instant) {
        ledger.withLock { ledger in
            for scope in Self.scopes(of: userID) {
                for alert in ledger.add(spend, to: scope, spentAt: spentAt, at: clock.now()) {
                    journal.append(.alert(alert), receipt: nil)
                }
            }
        }
    }

    package func remainder(userID: String) -> Amount? {
        ledger.withLock { $0.remainder(of: Self.scopes(of: userID), at: clock.now()) }
    }

    package var standings: [BudgetStanding] {
        ledger.withLock { $0.standings(at: clock.now()) }
    }

    package var openHolds: Int { ledger.withLock { $0.openHolds } }

    package var isAdmitting: Bool { journal.isWritable }
}
