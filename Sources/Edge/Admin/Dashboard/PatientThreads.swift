internal import Linux
internal import NIOPosix

/// Threads that may wait for the store. Calls go first: who looks at a page on a busy machine waits
/// for it, rather than calls for the page.
enum PatientThreads {
    private static let threadCount = 2

    private static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: threadCount)
        pool.start()
        return pool
    }()

    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await pool.runIfActive {
            SystemThread.letOthersGoFirst()
            return try body()
        }
    }
}
