internal import Accounting
internal import AlertDelivery
package import Config
internal import Crypto
internal import Foundation
internal import Gateway
internal import Inbound
internal import LedgerSQLite
internal import Linux
package import Logging
internal import Money
internal import NIOCore
internal import NIOPosix
internal import Pricing
internal import ServiceLifecycle
internal import StorePostgres
internal import Stores
internal import UnixSignals
internal import UpstreamCurl
internal import ZoneDatabase

/// Puts the parts together: the only place that knows every adapter.
package struct GatewayProcess {
    private let settings: Settings
    private let logger: Logger
    private let clock = SharedClock()

    package init(settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT, then stops gracefully; a second signal ends it at once.
    package func run() async throws {
        prepareProcess()
        let readAt = clock.now()
        let prices = try PriceSheetFolder.read(settings.pricing, state: settings.state)
        try LedgerDatabase.prepare(directory: settings.state)
        guard let lock = try FileLock(path: "\(settings.state)/lock") else {
            throw StartFailure(
                "another spendfuse serves from \(settings.state); stop it, or set 'state' to"
                    + " another folder")
        }
        defer { withExtendedLifetime(lock) {} }
        let database = try LedgerDatabase(
            directory: settings.state, isServer: true, clock: clock, zones: SystemZones())
        let sharing = try SharedStoreStart(settings: settings, clock: clock, logger: logger)
            .worker(database)
        let watch = LedgerWatch(database: database, settings: settings, logger: logger)
        try watch.notePrices(readAt: readAt)
        try database.store(prices, at: clock.now())
        let journal = SQLiteJournal(
            database, rollsUp: settings.databaseURL == nil, logger: logger)
        let eager = Self.skipsDurableWaits ? EagerReceipts(journal) : nil
        if eager != nil { logger.warning("ledger.waits_skipped", metadata: ["for": "benchmarks"]) }
        let services = try restore(database, eager ?? journal, watch, prices, sharing?.desk)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Self.loopCount)
        let plane = try await DataPlane.start(
            settings: settings, group: group, services: services, logger: logger
        ) { mailboxes in
            journal.deliver(to: mailboxes)
            eager?.deliver(to: mailboxes)
            sharing?.desk.deliver(to: mailboxes)
        }
        try sharing?.start(services)
        let admin = AdminPlane(
            settings: settings, services: services, plane: plane, sharing: sharing,
            store: try dashboardStore(), logger: logger)
        SecondSignal.watch()
        announce(plane)
        let sender = AlertSender(certificateFile: settings.certificateFile)
        let keeper: any Service =
            sharing.map { SharedStoreService(worker: $0, logger: logger) }
            ?? watch.service(services)
        try await serve([
            keeper, JournalService(journal: journal, services: services, logger: logger),
            AlertDispatcher(
                database: sharing?.store ?? database, channels: settings.channels, sender: sender,
                clock: clock, ids: SystemCallIDs(clock: clock), logger: logger),
            admin, plane,
        ])
        try await group.shutdownGracefully()
    }

    /// Connections of the dashboard: one that waits keeps nothing else waiting.
    private static let dashboardConnections = 2

    /// Opened anew, so that what the dashboard reads and writes is as from the command line.
    private func dashboardStore() throws -> any SpendStore {
        if let url = settings.databaseURL {
            return PostgresStore(
                url: url.revealed, zones: SystemZones(), applicationName: "spendfuse dashboard",
                connections: Self.dashboardConnections)
        }
        return try LedgerDatabase(
            directory: settings.state, isServer: false, clock: clock, zones: SystemZones())
    }

    /// Runs services until a signal; the last of them stops first.
    private func serve(_ services: [any Service]) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = nil
        try await ServiceGroup(configuration: configuration).run()
    }

    /// See `EagerReceipts`.
    private static var skipsDurableWaits: Bool {
        ProcessInfo.processInfo.environment["SPENDFUSE_BENCH_SKIP_DURABLE_WAITS"] == "1"
    }

    private func prepareProcess() {
        ProcessSettings.makeFilesPrivate()
        ProcessSettings.ignoreBrokenPipes()
        ProcessSettings.hideMemory()
        ProcessSettings.forgetKeyLog()
        ProcessSettings.raiseOpenFileLimit()
    }

    /// One event loop with one libcurl thread for two cores: the two share the work evenly.
    private static var loopCount: Int { max(1, System.coreCount / 2) }

    /// Newest calls that a start learns what calls usually cost from.
    private static let learnedCalls = 20_000

    /// Takes up where the last process ended: books its open holds, counts what was spent, and
    /// puts limits and keys in force.
    private func restore(
        _ database: LedgerDatabase, _ journal: any LedgerJournal, _ watch: LedgerWatch,
        _ prices: PriceBook, _ desk: LeaseDesk?
    ) throws -> GatewayServices {
        try watch.noteMark()
        let start = try database.start(isShared: desk != nil, at: clock.now())
        if start.expiredHolds > 0 {
            logger.warning(
                "ledger.recovered", metadata: ["holds booked in full": "\(start.expiredHolds)"])
        }
        let bookkeeper = Bookkeeper(
            ledger: start.ledger, journal: journal, clock: clock, desk: desk)
        try database.recentCosts(limit: Self.learnedCalls) { provider, model, endpoint, cost in
            bookkeeper.learn(
                Amount(picodollars: Int128(cost)),
                CostHistories.Key(provider: provider, model: model, endpoint: endpoint))
        }
        bookkeeper.restore(try database.deferredBills(at: clock.now()))
        let services = GatewayServices(
            bookkeeper: bookkeeper, clock: clock, ids: SystemCallIDs(clock: clock),
            books: GatewayBooks(
                routes: RouteTable(upstreams: settings.upstreams), prices: prices,
                keyRing: try watch.keyRing()))
        watch.begin(lastRow: start.lastForeign)
        return services
    }

    private func announce(_ plane: DataPlane) {
        let mode = settings.authMode == .keys ? "gateway keys" : "pass-through"
        logger.info(
            "gateway.started",
            metadata: ["state": "\(settings.state)", "auth": "\(mode)"])
        StandardError.print("listening on http://\(plane.address)")
    }
}
