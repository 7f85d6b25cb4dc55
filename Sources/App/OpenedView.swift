internal import LedgerSQLite
internal import Synchronization

/// A view of the store that the journal opens on its thread and the watch waits for.
final class OpenedView: Sendable {
    private static let pollMilliseconds = 2

    private let database: LedgerDatabase
    private let result = Mutex<Result<LedgerView, any Error>?>(nil)

    init(_ database: LedgerDatabase) { self.database = database }

    func open() {
        let opened = Result { try database.view() }
        result.withLock { $0 = opened }
    }

    /// The journal tries until it can write, and the task that waits here ends with the process.
    func wait() async throws -> LedgerView {
        while true {
            if let result = result.withLock({ $0 }) { return try result.get() }
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
    }
}
