package import Accounting
package import Chronology
package import Gateway
package import Money

/// A store in memory: what the tables of a real one hold, with the same rules for what is written
/// once.
package struct MemoryStore: LedgerSource {
    package struct Row: Sendable {
        package let id: Int64
        /// Nil for a row that another program wrote.
        package let attempt: AttemptID?
        package let attributes: CallAttributes
        package let admittedAt: Instant
        package var cost: Amount
        package var isExact: Bool
    }

    package struct AlertKey: Hashable, Sendable {
        package let kind: String
        package let name: String
        package let window: String
        package let start: Instant
        package let threshold: Int
    }

    package var budgets: [Budget] = []
    package private(set) var rows: [Row] = []
    package private(set) var held: [AttemptID: HeldCall] = [:]
    package private(set) var alerts: [AlertKey: Int] = [:]
    private var spend: [SpendEntry.Place: SpendEntry] = [:]
    private var coverage: Set<CounterKey> = []
    private var watermark: Int64 = 0
    private var trips: [BreakerTrip] = []
    package var mistake: Mistake?

    package init() {}

    // MARK: Writing

    package mutating func write(_ entry: JournalEntry) {
        switch entry {
        case .hold(let record):
            held[record.attempt] = HeldCall(
                claim: CallClaim(
                    attempt: record.attempt, attributes: record.attributes, bound: record.held),
                admittedAt: record.admittedAt)
        case .conclude(let record, let entries):
            held[record.attempt] = nil
            let isKnown = rows.contains { $0.attempt == record.attempt }
            guard !isKnown || mistake == .writesRowTwice else { return }
            insert(record)
            if mistake == .writesRowTwice, rows.count % 5 == 0 { insert(record) }
            add(entries)
        case .drop(let attempt): held[attempt] = nil
        case .alert(let alert): note(alert)
        case .trip(let trip): trips.append(trip)
        case .uncount(let keys):
            coverage.subtract(keys)
            spend = spend.filter { !keys.contains($0.value.counter) }
        case .counted(let keys, let entries):
            add(entries)
            coverage.formUnion(keys)
        case .foreign(let entries, let row):
            add(entries)
            if mistake != .forgetsWatermark { watermark = max(watermark, row) }
        case .refuse, .view, .defer, .rename, .correct: break
        }
    }

    private mutating func insert(_ record: RequestRecord) {
        rows.append(
            Row(
                id: Int64(rows.count + 1), attempt: record.attempt,
                attributes: record.attributes, admittedAt: record.admittedAt, cost: record.cost,
                isExact: record.usageStatus == "exact"))
    }

    package mutating func insertForeign(_ spend: Spend) {
        rows.append(
            Row(
                id: Int64(rows.count + 1), attempt: nil, attributes: spend.attributes,
                admittedAt: spend.spentAt, cost: spend.amount, isExact: true))
    }

    private mutating func add(_ entries: [SpendEntry]) {
        for entry in entries {
            if spend[entry.place] == nil {
                spend[entry.place] = entry
            } else {
                spend[entry.place]?.amount += entry.amount
            }
        }
    }

    private mutating func note(_ alert: BudgetAlert) {
        let key = AlertKey(
            kind: alert.kindName, name: alert.standing.label, window: alert.standing.window.name,
            start: alert.span.start, threshold: alert.threshold)
        if alerts[key] == nil || mistake == .alertsAgain { alerts[key, default: 0] += 1 }
    }

    // MARK: Reading

    package func counted() -> Set<CounterKey> { coverage }
    package func entries(at now: Instant) -> [SpendEntry] {
        spend.values.filter { $0.expiry > now }
    }
    package func openTrips(at now: Instant) -> [BreakerTrip] { trips.filter { $0.until > now } }
    package func lastForeign() -> Int64 { watermark }
    package func newestMoment() -> Instant? {
        (rows.filter { $0.attempt != nil }.map(\.admittedAt) + held.values.map(\.admittedAt)).max()
    }

    package func newestRow() -> Int64 { Int64(rows.count) }

    package func foreign(after row: Int64, at now: Instant) -> [Spend] {
        rows.filter { $0.attempt == nil && $0.id > row }.map(Self.spend)
    }

    package func history(
        since: Instant, lastForeign: Int64, user: String?, at now: Instant,
        _ body: ([Spend]) throws -> Void
    ) rethrows {
        let counting = rows.filter { row in
            let isSeen = mistake == .countsTwice || row.attempt != nil || row.id <= lastForeign
            return row.admittedAt >= since && isSeen
                && (user == nil || row.attributes.user == user)
        }
        // Some at a time, as a long history comes.
        let half = counting.count / 2
        try body(counting.prefix(half).map(Self.spend))
        try body(counting.dropFirst(half).map(Self.spend))
    }

    package func holds(at now: Instant) -> [HeldCall] {
        held.values.sorted { $0.claim.attempt.call.description < $1.claim.attempt.call.description }
    }

    private static func spend(_ row: Row) -> Spend {
        Spend(row.cost, by: row.attributes, spentAt: row.admittedAt)
    }

    /// Takes up where a process ended, as `LedgerDatabase.start` does.
    package mutating func start(at now: Instant) throws -> Ledger {
        var loading = try LedgerLoading(self, budgets: budgets, at: now)
        // What is over stays for a day, as the clock may have been set back.
        spend = spend.filter { $0.value.expiry > now.advanced(bySeconds: -86_400) }
        coverage.formIntersection(loading.live)
        spend = spend.filter { coverage.contains($0.value.counter) }
        try loading.countHistory()
        let newest = try loading.addForeign()
        if mistake != .voidsAtCrash {
            _ = try loading.expireHolds()
            for hold in holds(at: now) {
                rows.append(
                    Row(
                        id: Int64(rows.count + 1), attempt: hold.claim.attempt,
                        attributes: hold.claim.attributes, admittedAt: hold.admittedAt,
                        cost: hold.claim.bound, isExact: false))
            }
        }
        held = [:]
        add(loading.booked)
        coverage.formUnion(loading.wanted)
        watermark = max(watermark, newest)
        for alert in loading.alerts { note(alert) }
        return loading.ledger
    }
}
