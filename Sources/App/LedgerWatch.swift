internal import Chronology
internal import Config
internal import Crypto
internal import Gateway
internal import LedgerSQLite
internal import Logging
internal import Pricing
internal import ServiceLifecycle
internal import Synchronization

/// Puts in force what other programs write to the ledger: limits, keys and rows of their own.
final class LedgerWatch: Sendable {
    /// A change is in force within a second; this leaves room for the reading of it.
    private static let period = Duration.milliseconds(200)

    private struct Seen {
        var mark: Int64 = 0
        /// Versions of what the store configures, as they are in force.
        var versions: [String: Int64] = [:]
        var lastRow: Int64 = 0
        var priceChange: String?
        var tidied = Instant(microseconds: 0)
    }

    /// Between two times that spend of ended windows is dropped.
    private static let tidySeconds: Int64 = 3_600

    private let database: LedgerDatabase
    private let settings: Settings
    private let logger: Logger
    private let seen = Mutex(Seen())

    init(database: LedgerDatabase, settings: Settings, logger: Logger) {
        self.database = database
        self.settings = settings
        self.logger = logger
    }

    func keyRing() throws -> KeyRing {
        KeyRing(
            mode: settings.authMode, defaultUser: settings.defaultUser,
            pepper: settings.databaseURL == nil
                ? try KeyVault.pepper(in: settings.state)
                : try KeyVault.keptPepper(in: settings.state),
            keys: try database.keys())
    }

    /// Before the ledger is read for the first time: what others write from now on is new.
    func noteMark() throws {
        let mark = try database.changeMark()
        let versions = try database.changeMarks()
        seen.withLock { seen in
            seen.mark = mark
            seen.versions = versions
        }
    }

    /// The price sheets were read at `moment`: an earlier change is in them, a later one is new.
    func notePrices(readAt moment: Instant) throws {
        guard let change = try database.lastPriceChange(), change < moment.text else { return }
        seen.withLock { $0.priceChange = change }
    }

    /// Rows of others up to `lastRow` are counted.
    func begin(lastRow: Int64) { seen.withLock { $0.lastRow = lastRow } }

    /// Reads the price sheets again where a command has changed them; a bad one changes nothing.
    private func takeUpPrices(_ services: GatewayServices) throws {
        let change = try database.lastPriceChange()
        guard change != seen.withLock({ $0.priceChange }) else { return }
        do throws(PriceSheetError) {
            services.use(try PriceSheetFolder.read(settings.pricing, state: settings.state))
            logger.notice("prices.changed")
        } catch {
            logger.error("prices.refused", metadata: ["reason": "\(error)"])
        }
        seen.withLock { $0.priceChange = change }
    }

    func service(_ services: GatewayServices) -> some Service {
        WatchService(watch: self, services: services)
    }

    fileprivate func look(_ services: GatewayServices) async {
        do {
            try tidy(services.clock.now())
            let mark = try database.changeMark()
            guard mark != seen.withLock({ $0.mark }) else { return }
            // Each by itself, and what takes long last: a key that is revoked waits for nothing.
            try await takeUp("keys", services) { services.use(try keyRing()) }
            try await takeUp("breakers", services) {
                services.bookkeeper.clear(try database.resetTrips(at: services.clock.now()))
            }
            try takeUpPrices(services)
            try takeUpForeignRows(services)
            try await takeUp("budgets", services) { try await takeUpBudgets(services) }
            seen.withLock { $0.mark = mark }
        } catch {
            logger.error("ledger.unreadable", metadata: ["reason": "\(error)"])
        }
    }

    /// Takes up what the store configures under a subject, where it has changed.
    private func takeUp(
        _ subject: String, _ services: GatewayServices, _ body: () async throws -> Void
    ) async throws {
        let version = try database.changeMarks()[subject]
        guard version != seen.withLock({ $0.versions[subject] }) else { return }
        try await body()
        seen.withLock { $0.versions[subject] = version }
        services.noteChangeTakenUp()
    }

    private func takeUpForeignRows(_ services: GatewayServices) throws {
        let lastRow = seen.withLock { $0.lastRow }
        let foreign = try database.foreignSpend(after: lastRow, at: services.clock.now())
        if !foreign.spend.isEmpty {
            services.bookkeeper.add(foreign.spend, lastRow: foreign.lastRow)
        }
        // Noted before anything else can fail: spend is counted once.
        seen.withLock { $0.lastRow = foreign.lastRow }
    }

    /// Puts limits in force. One that is new counts the spend from before first, out of a view of
    /// the store between two entries of the journal, so that no call is left out or counted twice.
    private func takeUpBudgets(_ services: GatewayServices) async throws {
        let budgets = try database.budgets()
        let request = OpenedView(database)
        let wanted = services.bookkeeper.setBudgets(
            budgets, view: StoreViewRequest { request.open() })
        guard !wanted.isEmpty else { return }
        let view = try await request.wait()
        let lastRow = seen.withLock { $0.lastRow }
        try view.history(
            for: wanted, of: budgets, lastForeign: lastRow, at: services.clock.now()
        ) { services.bookkeeper.count($0, for: wanted, isLast: false) }
        services.bookkeeper.count([], for: wanted, isLast: true)
    }

    private func tidy(_ now: Instant) throws {
        let isDue = seen.withLock { seen in
            guard now >= seen.tidied.advanced(bySeconds: Self.tidySeconds) else { return false }
            seen.tidied = now
            return true
        }
        if isDue { try database.dropStaleSpend(at: now) }
    }

    private struct WatchService: Service {
        let watch: LedgerWatch
        let services: GatewayServices

        func run() async throws {
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    try? await Task.sleep(for: LedgerWatch.period)
                    await watch.look(services)
                }
            }
        }
    }
}
