package import Accounting
package import Chronology
package import Gateway
package import Money
package import Pricing
package import Reporting

/// What the command line asks of a store, whichever it is.
package protocol SpendStore: Sendable {
    /// Where it is, without a password.
    var place: String { get }

    // Limits
    func budgets() throws(StoreError) -> [Budget]
    /// Changes budgets as a whole, or none where `body` or one of them fails. `body` gets each
    /// budget as it is, or nil, and returns what it is to be; nil removes it.
    func change(
        _ names: [BudgetName], by actor: String, at now: Instant,
        _ body: (BudgetName, Budget?) throws -> Budget?
    ) throws(StoreError) -> [BudgetChange]
    /// When each budget was set, for the rate of totals.
    func budgetStarts() throws(StoreError) -> [BudgetID: Instant]
    func standings(at now: Instant) throws(StoreError) -> [BudgetStanding]
    /// Open holds, and alerts that nobody has acknowledged.
    func openCounts() throws(StoreError) -> (holds: Int, alerts: Int)
    func openTrips(at now: Instant) throws(StoreError) -> [BreakerTrip]
    /// Resets the open trips of a scope, or of all, and returns them.
    func resetBreakers(
        _ scope: Scope?, by actor: String, at now: Instant
    ) throws(StoreError) -> [BreakerTrip]

    // Keys
    func keyListings() throws(StoreError) -> [KeyListing]
    func add(
        _ key: GatewayKey, digest: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError)
    func revokeKey(
        _ nameOrID: String, by actor: String, at now: Instant
    ) throws(StoreError) -> Bool
    /// Gives a key another secret. Its id, its limits and what it has spent stay.
    func rotateKey(
        _ nameOrID: String, digest: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError) -> Bool

    /// The pepper of key digests that several gateways share; nil where each has its own.
    func sharedPepper() throws(StoreError) -> [UInt8]?

    // Calls
    /// Rows of calls, newest first, with every column.
    func calls(_ query: CallQuery) throws(StoreError) -> [CallRow]
    /// Calls that were sent one by one, the newest first, with what advice and performance look
    /// at. Of a query its span, filters and limit count.
    func samples(_ query: CallQuery) throws(StoreError) -> [CallSample]
    /// Ratings of calls that were made on days of UTC, from the first to the last of a span.
    func ratings(since first: CivilDate, through last: CivilDate) throws(StoreError)
        -> [RatingCount]
    /// Calls that cost most, the dearest first. What adjustments correct is not taken into account.
    func dearestCalls(since: Instant, until: Instant, limit: Int) throws(StoreError) -> [CallRow]
    /// Notes how good an answer was; false where no call of that id was measured.
    func rate(_ call: CallID, _ rating: CallRating) throws(StoreError) -> Bool
    /// The attempts of one call.
    func attempts(of call: CallID) throws(StoreError) -> [CallRow]
    func report(_ query: SpendQuery) throws(StoreError) -> SpendReport
    /// Calls that were sent, in the order of time.
    func pastCalls(
        since: Instant, until: Instant, _ body: (PastCall) -> Void
    ) throws(StoreError)
    func unpriced(since: Instant) throws(StoreError) -> [UnpricedUse]
    /// Books what calls should have cost beside what they were booked at, as rows of their own;
    /// returns how many were not adjusted by another run meanwhile.
    func adjust(_ adjustments: [PriceAdjustment], at now: Instant) throws(StoreError) -> Int
    /// What was booked for each call by adjustments, by call and attempt.
    func adjustments(since: Instant, until: Instant) throws(StoreError) -> [String: Amount]

    /// Writes what other programs recorded, each once however often it is imported; returns how
    /// many were new. It counts for limits, as any spend of others does.
    func importCalls(_ calls: [ImportedCall]) throws(StoreError) -> Int

    // Prices
    /// Brings `cost_models` in line with the sheets.
    func store(_ book: PriceBook, at now: Instant) throws(StoreError)
    /// Tells running gateways that prices have changed.
    func notePriceChange(at now: Instant) throws(StoreError)

    // Alerts and audit
    /// Alerts, newest first. `all`: those that are acknowledged too.
    func alerts(all: Bool, since: Instant, limit: Int) throws(StoreError) -> [AlertRecord]
    /// Acknowledges alerts by id, or all that are open; returns how many were.
    func acknowledge(
        _ ids: [Int64]?, by actor: String, at now: Instant
    ) throws(StoreError) -> Int
    func audit(_ change: AuditEntry.Change, at now: Instant) throws(StoreError)
    /// Changes, newest first.
    func auditEntries(
        since: Instant, until: Instant, limit: Int
    ) throws(StoreError) -> [AuditEntry]
}

extension SpendStore {
    /// Rows of calls, newest first, with every column.
    package func calls(
        since: Instant, until: Instant, limit: Int
    ) throws(StoreError) -> [CallRow] {
        try calls(CallQuery(since: since, until: until, limit: limit))
    }
}

/// What sends alerts, out of whichever store.
package protocol AlertOutbox: Sendable {
    /// Takes new alerts up for delivery: a row for each channel that is to have it, and one for
    /// the user that it concerns. Whatever is taken up is never taken up again.
    func dispatchAlerts(
        limit: Int, at now: Instant, channels: (AlertRecord) -> [String], messageID: () -> String
    ) throws(StoreError)
    func dueDeliveries(limit: Int, at now: Instant) throws(StoreError) -> [AlertDelivery]
    /// A budget that names no address of its own is owed nothing.
    func dropDelivery(_ id: Int64) throws(StoreError)
    /// Sets the next try before this one is made; false where another process has it.
    func claim(_ delivery: AlertDelivery, until moment: Instant) throws(StoreError) -> Bool
    /// Logs how a try went.
    func note(
        _ attempt: DeliveryAttempt, of delivery: AlertDelivery, isLast: Bool, at now: Instant
    ) throws(StoreError)
    /// One row of `zapier_webhook_logs` for each try.
    func noteZapier(
        _ attempt: DeliveryAttempt, event: String, user: String?, priority: String,
        messageID: String, payload: String, at now: Instant
    ) throws(StoreError)
}
