package import Accounting
package import Gateway
internal import Synchronization

/// A journal whose disk a test commands: entries wait until the test writes or fails them.
package final class ScriptedJournal: LedgerJournal {
    private struct State {
        var waiting: [(JournalEntry, JournalReceipt?)] = []
        var written: [JournalEntry] = []
        var isWritable = true
    }

    private let state = Mutex(State())

    package init() {}

    package var isWritable: Bool { state.withLock { $0.isWritable } }

    package func set(isWritable: Bool) { state.withLock { $0.isWritable = isWritable } }

    package func append(_ entry: JournalEntry, receipt: JournalReceipt?) {
        state.withLock { $0.waiting.append((entry, receipt)) }
    }

    /// Writes all that waits, and returns whom to tell.
    package func write() -> [JournalReceipt] {
        state.withLock { state in
            let receipts = state.waiting.compactMap(\.1)
            state.written += state.waiting.map(\.0)
            state.waiting = []
            return receipts
        }
    }

    /// Loses all that waits, and returns whom to tell that it was not written.
    package func fail() -> [JournalReceipt] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting.compactMap(\.1)
        }
    }

    package var written: [JournalEntry] { state.withLock { $0.written } }

    package var rows: [RequestRecord] {
        written.compactMap { entry in
            if case .conclude(let record, _) = entry { return record }
            return nil
        }
    }

    package var refusals: [RequestRecord] {
        written.compactMap { entry in
            if case .refuse(let record) = entry { return record }
            return nil
        }
    }
}
