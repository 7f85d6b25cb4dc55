internal import Gateway
internal import LedgerSQLite
internal import Logging
internal import ServiceLifecycle

/// Stops last: everything that was decided is on disk when the process ends.
struct JournalService: Service {
    /// Longer than any disk that works takes.
    private static let flushSeconds = 30

    let journal: SQLiteJournal
    let services: GatewayServices
    let logger: Logger

    func run() async throws {
        try await gracefulShutdown()
        let isFlushed = await journal.flush(seconds: Self.flushSeconds)
        let holds = services.bookkeeper.openHolds
        guard isFlushed else {
            throw StartFailure("the ledger could not be written to the end; see the log")
        }
        logger.notice("gateway.stopped", metadata: ["open holds": "\(holds)"])
    }
}
