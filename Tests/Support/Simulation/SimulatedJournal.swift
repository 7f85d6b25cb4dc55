internal import Accounting
internal import Gateway
internal import Synchronization

/// A journal whose disk the simulation commands: entries wait, and become durable in groups, or
/// are lost with the process.
final class SimulatedJournal: LedgerJournal {
    private struct State {
        var waiting: [(entry: JournalEntry, attempt: AttemptID?)] = []
        var isWritable = true
    }

    private let state = Mutex(State())

    var isWritable: Bool { state.withLock { $0.isWritable } }
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func set(isWritable: Bool) { state.withLock { $0.isWritable = isWritable } }

    /// The receipt only says that somebody waits; who, is known by the entry.
    func append(_ entry: JournalEntry, receipt: JournalReceipt?) {
        let attempt: AttemptID? =
            switch entry {
            case .hold(let record): record.attempt
            case .conclude(let record, _): record.attempt
            default: nil
            }
        state.withLock { $0.waiting.append((entry, receipt == nil ? nil : attempt)) }
    }

    /// Makes the first `count` entries durable, and says whose calls wait for that.
    func write(_ count: Int, to store: inout MemoryStore) -> [(JournalEntry, AttemptID)] {
        let group = take(count, untilView: true)
        for (entry, _) in group {
            store.write(entry)
            if case .view(let request) = entry { request.fulfil() }
        }
        return group.compactMap { entry, attempt in attempt.map { (entry, $0) } }
    }

    /// A group that the disk refuses: rows wait on, holds are told so and dropped.
    func fail(_ count: Int) -> [AttemptID] {
        let group = take(count)
        var refused: [AttemptID] = []
        let kept = group.map { entry, attempt -> (entry: JournalEntry, attempt: AttemptID?) in
            guard case .hold(let record) = entry else { return (entry, attempt) }
            refused.append(record.attempt)
            return (.drop(record.attempt), nil)
        }
        state.withLock { $0.waiting.insert(contentsOf: kept, at: 0) }
        return refused
    }

    /// A view is of the store as a group leaves it.
    private func take(
        _ count: Int, untilView: Bool = false
    ) -> [(entry: JournalEntry, attempt: AttemptID?)] {
        state.withLock { state in
            let view = state.waiting.firstIndex { waiting in
                if case .view = waiting.entry { true } else { false }
            }
            let count = untilView ? min(count, view.map { $0 + 1 } ?? count) : count
            let group = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(min(count, state.waiting.count))
            return group
        }
    }
}
