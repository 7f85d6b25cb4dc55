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
    private let histories = Mutex(CostHistories())
    let journal: any LedgerJournal
    let clock: any WallClock
    /// Changed only under the lock of `ledger` too. Empty where the limits are this process's own.
    let leaseParts = Mutex<[AttemptID: [LeasePart]]>([:])
    /// Nil where the limits are this process's own.
    private let desk: LeaseDesk?

    package init(
        ledger: consuming Ledger, journal: any LedgerJournal, clock: any WallClock,
        desk: LeaseDesk? = nil
    ) {
        self.ledger = Mutex(ledger)
        self.desk = desk
        self.journal = journal
        self.clock = clock
    }

    package enum HoldResult: Sendable {
        /// The receipt's exchange is told when the hold is durable.
        case held(Admittance)
        case refused(Refusal)
        /// Nothing can be made durable now, so nothing is admitted.
        case storeUnavailable
        /// The receipt's exchange is told when the shared store has answered; nothing is held.
        case waiting
        /// The shared store is away, and the limit of the named scope refuses meanwhile.
        case away(String)
    }

    package func isBlocking(_ attributes: CallAttributes) -> Bool {
        ledger.withLock { $0.isBlocking(attributes) }
    }

    /// Whether a limit may cut the output of such a call.
    package func clamps(_ attributes: CallAttributes) -> Bool {
        ledger.withLock { $0.clamps(attributes) }
    }

    /// Holds the call's bound for the attempt of `record` on every budget that binds it, or on
    /// none. `floor`: the least that it can be clamped to; `usual`: what such calls cost;
    /// `answers`: how often the shared store was asked for what the call lacked.
    package func hold(
        _ bound: Amount, floor: Amount? = nil, usual: Amount? = nil, tokens: Int64 = 0,
        answers: Int = 0, for record: RequestRecord, receipt: JournalReceipt
    ) -> HoldResult {
        guard journal.isWritable, bound.stored != nil else { return .storeUnavailable }
        var claim = CallClaim(
            attempt: record.attempt, attributes: record.attributes, bound: bound, floor: floor,
            usual: usual, tokens: tokens)
        claim.answers = answers
        return ledger.withLock { ledger in
            let actions = ledger.step(.reserve(claim), at: clock.now())
            _ = tell(actions)
            switch actions.first {
            case .refuse(let refusal): return .refused(refusal)
            case .admit(let admittance):
                var held = record
                held.admittedAt = admittance.admittedAt
                held.held = admittance.granted
                journal.append(.hold(held), receipt: receipt)
                return .held(admittance)
            case .lack:
                return desk?.wait(claim, receipt) == true ? .waiting : .storeUnavailable
            case .away(let scope): return .away(scope)
            default: return .storeUnavailable
            }
        }
    }

    /// Hands what the ledger wants told to the journal, and returns what it wants booked.
    func tell(_ actions: [LedgerAction]) -> [SpendEntry] {
        var booked: [SpendEntry] = []
        for action in actions {
            switch action {
            case .book(let entries): booked += entries
            case .alert(let alert): journal.append(.alert(alert), receipt: nil)
            case .trip(let trip): journal.append(.trip(trip), receipt: nil)
            case .drop(let keys): journal.append(.uncount(keys), receipt: nil)
            case .admit, .refuse, .ignore, .want, .lack, .away, .giveUp: break
            }
        }
        return booked
    }

    /// Books the row of an attempt in place of its hold: its cost, or nothing where it is voided.
    /// An attempt that was concluded before is left as it is.
    /// `deferredAs`: the name that a later statement of the cost will be asked for by.
    package func conclude(
        _ record: RequestRecord, deferredAs key: String? = nil, receipt: JournalReceipt?
    ) {
        ledger.withLock { ledger in
            let actions = ledger.step(
                .settle(record.attempt, cost: record.cost, tokens: record.totalTokens),
                at: clock.now())
            if case .ignore? = actions.first { return }
            let booked = tell(actions)
            if desk != nil { noteLeaseParts(booked, of: record.attempt) }
            if let key {
                deferred.withLock { $0.add(record, as: key) }
                journal.append(.conclude(record, booked), receipt: nil)
                journal.append(.defer(record.attempt, as: key), receipt: receipt)
            } else {
                journal.append(.conclude(record, booked), receipt: receipt)
            }
        }
        if record.usageStatus == "exact", let key = record.historyKey {
            histories.withLock { $0.note(record.cost, key) }
        }
    }

    private func noteLeaseParts(_ booked: [SpendEntry], of attempt: AttemptID) {
        let parts = booked.compactMap { entry in
            entry.lease.map { LeasePart(key: $0, amount: entry.amount) }
        }
        if !parts.isEmpty { leaseParts.withLock { $0[attempt] = parts } }
    }

    /// Forgets a hold that the journal could not write: it was never in force.
    package func forget(_ attempt: AttemptID) {
        ledger.withLock { ledger in
            _ = tell(ledger.step(.void(attempt), at: clock.now()))
        }
    }

    package func note(refused record: RequestRecord) {
        guard journal.isWritable else { return }
        journal.append(.refuse(record), receipt: nil)
    }

    /// What calls like this one cost, nearly all; nil where too few were seen.
    package func usualCost(of record: RequestRecord) -> Amount? {
        record.historyKey.flatMap { key in histories.withLock { $0.usual(key) } }
    }

    /// Learns from calls of earlier runs.
    package func learn(_ cost: Amount, _ key: CostHistories.Key) {
        histories.withLock { $0.note(cost, key) }
    }

    package func remainder(_ attributes: CallAttributes) -> Amount? {
        ledger.withLock { $0.remainder(of: attributes, at: clock.now()) }
    }

    package var standings: [BudgetStanding] {
        // Added up outside the lock, which calls wait for.
        ledger.withLock { $0 }.standings(at: clock.now())
    }

    package var trips: [BreakerTrip] { ledger.withLock { $0.trips(at: clock.now()) } }

    package var openHolds: Int { ledger.withLock { $0.openHolds } }

    package var isAdmitting: Bool { journal.isWritable }
}

extension RequestRecord {
    /// What calls like this one are remembered by.
    fileprivate var historyKey: CostHistories.Key? {
        (modelPriced ?? modelRequested).map { model in
            CostHistories.Key(provider: provider, model: model, endpoint: endpoint)
        }
    }
}
