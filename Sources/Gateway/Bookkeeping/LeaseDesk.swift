package import Accounting
internal import Synchronization

/// Where calls wait until the shared store has answered what their limits still hold.
///
/// Filled by event loops; emptied by the thread that speaks with the store.
package final class LeaseDesk: Sendable {
    /// A call that lacks a part of its bound.
    package struct Waiter: Sendable {
        package let claim: CallClaim
        package let receipt: JournalReceipt
    }

    /// Calls that may wait; more are told that the store is not to be had.
    private static let maximumWaiters = 50_000

    private struct State {
        var waiters: [Waiter] = []
        var mailboxes: [any EventMailbox] = []
    }

    private let state = Mutex(State())
    private let ring: @Sendable () -> Void

    /// `ring` wakes the thread that speaks with the store.
    package init(ring: @escaping @Sendable () -> Void) { self.ring = ring }

    /// Where exchanges are told, by the index of their event loop; set before the first call.
    package func deliver(to mailboxes: [any EventMailbox]) {
        state.withLock { $0.mailboxes = mailboxes }
    }

    /// False where too many wait already.
    func wait(_ claim: CallClaim, _ receipt: JournalReceipt) -> Bool {
        let waiter = Waiter(claim: claim, receipt: receipt)
        let (isTaken, isFirst) = state.withLock { state in
            guard state.waiters.count < Self.maximumWaiters else { return (false, false) }
            state.waiters.append(waiter)
            return (true, state.waiters.count == 1)
        }
        if isFirst { ring() }
        return isTaken
    }

    package func takeWaiters() -> [Waiter] {
        state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
    }

    /// Puts waiters back whom the next answer may help.
    package func putBack(_ waiters: [Waiter]) {
        state.withLock { $0.waiters.insert(contentsOf: waiters, at: 0) }
    }

    /// Has the calls of the waiters look at their limits again, in the order in which they came.
    package func answer(_ waiters: [Waiter]) {
        let mailboxes = state.withLock { $0.mailboxes }
        var events = [[AddressedEvent]](repeating: [], count: mailboxes.count)
        for waiter in waiters {
            events[waiter.receipt.loop].append(AddressedEvent(waiter.receipt.address, .leased))
        }
        for (index, batch) in events.enumerated() where !batch.isEmpty {
            mailboxes[index].post(batch)
        }
    }
}
