internal import Linux
internal import NIOCore
internal import NIOPosix

/// Threads that may wait for the store.
enum StoreThreads {
    private static let readerCount = 4

    private static let readers: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: readerCount)
        pool.start()
        return pool
    }()

    /// For what only reads. Calls go first: who looks at a page on a busy machine waits for it,
    /// rather than calls for the page.
    static func read<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        // The answer comes by a loop: a thread that is made on behalf of one that steps back would
        // step back for life.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try await readers.runIfActive(eventLoop: loop) {
            SystemThread.letOthersGoFirst()
            return try body()
        }.get()
    }

    /// For what changes something, which calls may have to wait for.
    static func write<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
