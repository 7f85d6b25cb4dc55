internal import Accounting
internal import Dispatch
internal import Foundation
internal import GRDB
package import Gateway
package import Logging
internal import Stores
internal import Synchronization

/// Makes ledger entries durable in groups: a group is whatever arrived while the last one was
/// being written. One group is one transaction and one fsync.
package final class SQLiteJournal: LedgerJournal {
    /// Entries that may wait; beyond it nothing is admitted. Some 100 MB of memory at most.
    static let maximumWaitingEntries = 100_000
    /// Entries of one transaction, which bounds how long a call can wait for others.
    static let maximumGroupEntries = 1_024
    /// Under load a group waits for others to join: one group costs some ten pages and an fsync,
    /// whatever is in it. Microseconds, by the entries of the group before.
    private static func gathering(after entries: Int) -> UInt32 {
        switch entries {
        case ..<4: 0
        case ..<24: 250
        default: 1_000
        }
    }
    /// Between tries to write while the disk refuses.
    private static let retryMilliseconds = 100

    struct Waiting: Sendable {
        let entry: JournalEntry
        let receipt: JournalReceipt?

        var isView: Bool {
            if case .view = entry { return true }
            return false
        }
    }

    struct State {
        var waiting: [Waiting] = []
        var isWriting = false
        var isHealthy = true
        let rollsUp: Bool
        var isRollUpScheduled = false
        /// Since rollups had all rows, or nearly.
        var entriesNotRolledUp: Int64 = 0
        var mailboxes: [any EventMailbox] = []
    }

    let state: Mutex<State>
    let database: LedgerDatabase
    let logger: Logger
    let thread = DispatchQueue(label: "spendfuse.journal", qos: .userInitiated)

    /// `rollsUp`: reports are made of this ledger, not of a store that several share.
    package init(_ database: LedgerDatabase, rollsUp: Bool = true, logger: Logger) {
        state = Mutex(State(rollsUp: rollsUp))
        self.database = database
        self.logger = logger
    }

    /// Where exchanges are told, by the index of their event loop; set before the first entry.
    package func deliver(to mailboxes: [any EventMailbox]) {
        state.withLock { $0.mailboxes = mailboxes }
        // Rows of before are there in any number after an upgrade.
        scheduleRollUp()
    }

    package var isWritable: Bool {
        state.withLock { $0.isHealthy && $0.waiting.count < Self.maximumWaitingEntries }
    }

    package func append(_ entry: JournalEntry, receipt: JournalReceipt?) {
        let mustStart = state.withLock { state in
            state.waiting.append(Waiting(entry: entry, receipt: receipt))
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { thread.async { self.writeGroups() } }
    }

    /// Returns once everything appended so far is durable, or false after `seconds`.
    package func flush(seconds: Int) async -> Bool {
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while state.withLock({ $0.isWriting || !$0.waiting.isEmpty }) {
            if ContinuousClock.now > deadline { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    private func takeGroup() -> [Waiting] {
        state.withLock { state in
            var group: [Waiting] = []
            // A view is of the store as a group leaves it.
            let end = state.waiting.firstIndex(where: \.isView).map { $0 + 1 } ?? .max
            let count = min(end, Self.maximumGroupEntries)
            if state.waiting.count <= count {
                swap(&group, &state.waiting)
            } else {
                group = Array(state.waiting.prefix(count))
                state.waiting.removeFirst(count)
            }
            if group.isEmpty { state.isWriting = false }
            return group
        }
    }

    private func writeGroups() {
        while true {
            let group = takeGroup()
            if group.isEmpty { return scheduleRollUp() }
            do {
                try write(group)
                noteHealth(true)
                if case .view(let request)? = group.last?.entry { request.fulfil() }
                tell(group.compactMap(\.receipt), isDurable: true)
                rollUpUnderLoad(after: group.count)
                usleep(Self.gathering(after: group.count))
            } catch {
                giveBack(group, error)
                thread.asyncAfter(deadline: .now() + .milliseconds(Self.retryMilliseconds)) {
                    self.writeGroups()
                }
                return
            }
        }
    }

    private func write(_ group: [Waiting]) throws {
        try database.queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try JournalStatements(db: db).write(group.lazy.map(\.entry))
                return .commit
            }
        }
    }

    /// Rows stay and are tried again; holds are refused, since nobody should wait for them.
    private func giveBack(_ group: [Waiting], _ error: any Error) {
        noteHealth(false, error)
        var kept: [Waiting] = []
        var refused: [JournalReceipt] = []
        for waiting in group {
            if case .hold(let record) = waiting.entry {
                kept.append(Waiting(entry: .drop(record.attempt), receipt: nil))
                if let receipt = waiting.receipt { refused.append(receipt) }
            } else {
                kept.append(waiting)
            }
        }
        state.withLock { $0.waiting.insert(contentsOf: kept, at: 0) }
        tell(refused, isDurable: false)
    }

    private func noteHealth(_ isHealthy: Bool, _ error: (any Error)? = nil) {
        let hasChanged = state.withLock { state in
            defer { state.isHealthy = isHealthy }
            return state.isHealthy != isHealthy
        }
        guard hasChanged else { return }
        if let error {
            let reason = StoreError(error, doing: "writing the ledger", path: database.path)
            logger.error("ledger.unwritable", metadata: ["reason": "\(reason)"])
        } else {
            logger.notice("ledger.writable")
        }
    }

    private func tell(_ receipts: [JournalReceipt], isDurable: Bool) {
        guard !receipts.isEmpty else { return }
        let mailboxes = state.withLock { $0.mailboxes }
        var events = [[AddressedEvent]](repeating: [], count: mailboxes.count)
        for receipt in receipts {
            events[receipt.loop].append(AddressedEvent(receipt.address, .journaled(isDurable)))
        }
        for (index, batch) in events.enumerated() where !batch.isEmpty {
            mailboxes[index].post(batch)
        }
    }
}
