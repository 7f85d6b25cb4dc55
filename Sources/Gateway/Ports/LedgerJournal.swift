package import Accounting
internal import Money

/// What the ledger decided, to be made durable in the order of the decisions. Indirect, so that a
/// queue of entries moves pointers.
package indirect enum JournalEntry: Sendable {
    /// A hold: what a restart needs to book it in full.
    case hold(RequestRecord)
    /// The row of an attempt, with what it adds to budgets' windows; its hold is gone in the same
    /// transaction.
    case conclude(RequestRecord, [SpendEntry])
    /// The row of a call that was refused; it never had a hold.
    case refuse(RequestRecord)
    case alert(BudgetAlert)
    case trip(BreakerTrip)
    /// Windows whose spend is about to be counted anew.
    case uncount([CounterKey])
    /// Spend from before a limit was set; from now on its windows are counted.
    case counted([CounterKey], [SpendEntry])
    /// Spend of rows that others wrote, up to a row of the store.
    case foreign([SpendEntry], lastRow: Int64)
    /// Asks for a view of the store as all entries before leave it.
    case view(StoreViewRequest)
    /// A row whose cost is stated later, by the name that it is then asked for by.
    case `defer`(AttemptID, as: String)
    /// The later statement will be asked for by another name.
    case rename(String, to: String)
    /// What a row came to in the end; it waits no more under the name.
    case correct(RequestRecord, waitingAs: String, [SpendEntry])
    /// A hold that was reported as not written; should it be on disk after all, it goes.
    case drop(AttemptID)
}

/// Who waits for an entry to be durable: an exchange on one of the event loops.
package struct JournalReceipt: Sendable {
    package let loop: Int
    package let address: ExchangeAddress

    package init(loop: Int, address: ExchangeAddress) {
        self.loop = loop
        self.address = address
    }
}

/// Makes entries durable in groups, in order, on a thread of its own.
package protocol LedgerJournal: Sendable {
    /// Never waits. The receipt's exchange is told once the entry is on disk; a hold that cannot
    /// be written is told so at once, while a row is kept and tried again until it is written.
    func append(_ entry: JournalEntry, receipt: JournalReceipt?)
    /// Whether the last writing succeeded and there is room for more.
    var isWritable: Bool { get }
}
