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
        var lastRow: Int64 = 0
        var priceChange: String?
    }

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
            pepper: try KeyVault.pepper(in: settings.state), keys: try database.keys())
    }

    /// Before the ledger is read for the first time: what others write from now on is new.
    func noteMark() throws {
        let mark = try database.changeMark()
        seen.withLock { $0.mark = mark }
    }

    /// The price sheets were read at `moment`: an earlier change is in them, a later one is new.
    func notePrices(readAt moment: Instant) throws {
        guard let change = try database.lastPriceChange(), change < moment.text else { return }
        seen.withLock { $0.priceChange = change }
    }

    func begin(_ services: GatewayServices, lastRow: Int64) throws {
        seen.withLock { $0.lastRow = lastRow }
        services.bookkeeper.setBudgets(try database.budgets())
    }

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

    fileprivate func look(_ services: GatewayServices) {
        do {
            let mark = try database.changeMark()
            let (known, lastRow) = seen.withLock { ($0.mark, $0.lastRow) }
            guard mark != known else { return }
            let foreign = try database.foreignSpend(
                after: lastRow, at: services.clock.now())
            for spend in foreign.spend {
                services.bookkeeper.add(
                    spend.amount, userID: spend.userID, spentAt: spend.spentAt)
            }
            // Noted before anything else can fail: spend is counted once.
            seen.withLock { $0.lastRow = foreign.lastRow }
            services.bookkeeper.setBudgets(try database.budgets())
            services.use(try keyRing())
            try takeUpPrices(services)
            seen.withLock { $0.mark = mark }
        } catch {
            logger.error("ledger.unreadable", metadata: ["reason": "\(error)"])
        }
    }

    private struct WatchService: Service {
        let watch: LedgerWatch
        let services: GatewayServices

        func run() async throws {
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    try? await Task.sleep(for: LedgerWatch.period)
                    watch.look(services)
                }
            }
        }
    }
}
