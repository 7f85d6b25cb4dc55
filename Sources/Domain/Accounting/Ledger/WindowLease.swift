package import Chronology
package import Money

/// Names what a lease is taken on: one window of a budget, for one value of its scope.
package struct LeaseKey: Hashable, Sendable {
    package let counter: CounterKey
    package let scope: Scope
    /// The start of the window. A rolling window has no start: it is leased under zero, as a total
    /// is.
    package let start: Instant

    package init(counter: CounterKey, scope: Scope, start: Instant) {
        self.counter = counter
        self.scope = scope
        self.start = start
    }
}

/// A slice of a window's limit that the shared store has set aside for this process.
///
/// The store lowers its figure by each settled row in the transaction that brings the row, so what
/// is left here is that figure without the rows that are still on their way.
struct WindowLease: Sendable {
    /// As the store has it.
    private(set) var amount = Amount.zero
    /// Spent while the store was away, by the budget's policy for that.
    private(set) var borrowed = Amount.zero
    /// All that was ever borrowed in the window, which its bound counts by.
    private(set) var lent = Amount.zero
    /// Settled calls whose rows have not reached the store.
    var unshipped = Amount.zero
    /// How the window stands in the store, by its last word; nil before the first.
    private(set) var figures: SharedFigures?
    /// What this process had of `figures.leased`.
    private var ownAtFigures = Amount.zero
    /// When something was last held here.
    var usedAt = Instant(microseconds: 0)

    /// What settled calls have left of the slice.
    var room: Amount { amount + borrowed - unshipped }

    /// Settled of everybody, as far as it is known here: what the store says, and the rows that
    /// are on their way to it.
    var settled: Amount { (figures?.settled ?? .zero) + unshipped }

    /// Slices of other processes.
    var leasedByOthers: Amount { (figures?.leased ?? .zero) - ownAtFigures }

    /// Whether the store may have `more` to give under `limit`; true where it was never asked.
    func canGrow(by more: Amount, under limit: Amount) -> Bool {
        guard let figures else { return true }
        return figures.settled + figures.leased + more <= limit
    }

    mutating func note(_ answer: LeaseAnswer) {
        amount = answer.amount
        unshipped = max(.zero, unshipped - answer.shipped)
        if answer.endsBorrowing { borrowed = .zero }
        figures = answer.figures
        ownAtFigures = amount
    }

    /// What may go back to the store, as nothing here holds it.
    func spare(held: Amount) -> Amount { max(.zero, min(amount - unshipped, room - held)) }

    /// Gives up a part before the store is told, so that it is never spent twice.
    mutating func giveUp(_ part: Amount) {
        amount -= part
        ownAtFigures -= part
        figures = figures.map {
            SharedFigures(settled: $0.settled, leased: $0.leased - part)
        }
    }

    mutating func borrow(_ part: Amount) {
        borrowed += part
        lent += part
    }

    var isIdle: Bool { amount == .zero && unshipped == .zero && borrowed == .zero }
}

/// How a window stands in the shared store.
package struct SharedFigures: Hashable, Sendable {
    package let settled: Amount
    /// Slices of all processes.
    package let leased: Amount

    package init(settled: Amount, leased: Amount) {
        self.settled = settled
        self.leased = leased
    }
}

/// The store's word on one lease.
package struct LeaseAnswer: Hashable, Sendable {
    package let key: LeaseKey
    /// The whole slice that this process has now.
    package let amount: Amount
    package let figures: SharedFigures
    /// What of this process's rows the store has taken up with it.
    package var shipped: Amount
    /// Whether what was borrowed meanwhile ends, as the store is back.
    package var endsBorrowing: Bool

    package init(
        key: LeaseKey, amount: Amount, figures: SharedFigures, shipped: Amount = .zero,
        endsBorrowing: Bool = false
    ) {
        self.key = key
        self.amount = amount
        self.figures = figures
        self.shipped = shipped
        self.endsBorrowing = endsBorrowing
    }
}

/// What a process asks the store for.
package struct LeaseNeed: Hashable, Sendable {
    package let key: LeaseKey
    /// From then on the window matters to nobody.
    package let expiry: Instant
    package let limit: Amount
    /// What is missing for the calls that wait; zero to hear how the window stands.
    package var amount: Amount

    package init(key: LeaseKey, expiry: Instant, limit: Amount, amount: Amount) {
        self.key = key
        self.expiry = expiry
        self.limit = limit
        self.amount = amount
    }
}
