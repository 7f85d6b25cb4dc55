internal import Accounting
internal import Chronology
internal import Config
internal import Gateway
internal import LedgerSQLite
internal import Logging
internal import ServiceLifecycle
internal import StorePostgres
internal import Stores
internal import ZoneDatabase

/// Makes the shared store ready, and what speaks with it.
struct SharedStoreStart {
    let settings: Settings
    let clock: SharedClock
    let logger: Logger

    /// Nil where no shared store is configured.
    ///
    /// A store that cannot be reached is gone without where this gateway has shared it before: it
    /// has its limits and keys in the local ledger then.
    func worker(_ ledger: LedgerDatabase) throws -> SharedStoreWorker? {
        guard let url = settings.databaseURL else { return nil }
        let store = PostgresStore(
            url: url.revealed, zones: SystemZones(), applicationName: "spendfuse serve")
        do {
            clock.begin(try store.clockOffset { clock.elapsedMicroseconds })
            try prepare(url)
            if !KeyVault.hasShared(in: settings.state) { try bring(ledger, to: store) }
            try SharedPrices(store: store, state: settings.state).pull()
            try KeyVault.keep(try store.sharedPepper(), in: settings.state)
        } catch let error as StoreError where error.isPassing {
            guard KeyVault.hasShared(in: settings.state) else { throw error }
            logger.error("store.away", metadata: ["reason": "\(error)"])
        }
        let outbox = try LedgerOutbox(
            ledger, newID: "replica_\(KeyVault.letters(16))", at: clock.now())
        return SharedStoreWorker(
            store: store, outbox: outbox, ledger: ledger, clock: clock, settings: settings,
            logger: logger)
    }

    /// On the first contact the store gets what this installation has set up, so that nothing that
    /// held before holds no more: limits and prices that the store lacks, and keys where it has
    /// none.
    private func bring(_ ledger: LedgerDatabase, to store: PostgresStore) throws {
        let known = Set(try store.budgets().map { BudgetName($0.scope, $0.name) })
        let budgets = try ledger.budgets()
        let missing = budgets.filter { !known.contains(BudgetName($0.scope, $0.name)) }
        let byName = Dictionary(missing.map { (BudgetName($0.scope, $0.name), $0) }) { $1 }
        _ = try store.change(Array(byName.keys), by: "first contact", at: clock.now()) { name, _ in
            byName[name]
        }
        if try store.priceOverrides().isEmpty {
            try SharedPrices(store: store, state: settings.state).push()
        }
        let keys = try ledger.keys()
        if !keys.isEmpty, try store.keyListings().isEmpty {
            try store.take(
                keys, pepper: try KeyVault.bytes(in: settings.state), by: "first contact",
                at: clock.now())
        }
        logger.notice(
            "store.first_contact",
            metadata: ["limits": "\(missing.count)", "keys": "\(keys.count)"])
    }

    /// Brings an empty database, or one that was ours before, to the schema of this program. What
    /// an app has built is changed only when somebody asks for it.
    private func prepare(_ url: Secret) throws {
        let migrator = try Migrator(url: url.revealed, clock: clock)
        let missing = try migrator.status().filter { $0.appliedAt == nil }.map(\.name)
        guard !missing.isEmpty else { return }
        guard try !migrator.holdsTablesOfOthers() else {
            throw StartFailure(
                "the database \(PostgresStore.masked(url.revealed)) has tables of an app that"
                    + " Spendfuse can take over; look at what it would change with 'spendfuse"
                    + " migrate plan', then run 'spendfuse migrate up'")
        }
        let applied = try migrator.up()
        logger.notice("store.migrated", metadata: ["applied": "\(applied)"])
    }
}

/// Stops after the journal: what the local ledger has is brought to the shared store first.
struct SharedStoreService: Service {
    /// Longer than a store that works takes; what is left then goes with the next start.
    private static let stopSeconds = 10

    let worker: SharedStoreWorker
    let logger: Logger

    func run() async throws {
        try await gracefulShutdown()
        guard await worker.stop(seconds: Self.stopSeconds) else {
            logger.warning("store.not_told_all", metadata: ["remedy": "start this gateway again"])
            return
        }
    }
}
