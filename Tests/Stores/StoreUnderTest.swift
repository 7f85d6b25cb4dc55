import Accounting
import Chronology
import Foundation
import Gateway
import Logging
import Postgres
import StorePostgres
import Stores
import Synchronization
import TestSupport
import Testing
import ZoneDatabase

@testable import LedgerSQLite

/// One of the stores that the suite holds to the same contract.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case memory, sqlite, postgres, pooler

    var testDescription: String { rawValue }

    /// `scripts/test` says where a PostgreSQL and a pooler in transaction mode are.
    static let present: [StoreKind] = allCases.filter { kind in
        switch kind {
        case .memory, .sqlite: true
        case .postgres: TestServer.url != nil
        case .pooler: TestServer.poolerURL != nil
        }
    }
}

/// A store that is empty at first, and how rows and alerts come into it.
struct StoreUnderTest: Sendable {
    let kind: StoreKind
    let store: any SpendStore & AlertOutbox
    let clock = TestClock("2026-11-20T10:00:00")
    private let memory: MemoryStore?
    private let ledger: LedgerDatabase?
    private let shipping: ShippingBench?

    init(_ kind: StoreKind) throws {
        self.kind = kind
        switch kind {
        case .memory:
            let memory = MemoryStore()
            (store, self.memory, ledger, shipping) = (memory, memory, nil, nil)
        case .sqlite:
            let ledger = try Self.newLedger(clock)
            (store, memory, self.ledger, shipping) = (ledger, nil, ledger, nil)
        case .postgres, .pooler:
            let ledger = try Self.newLedger(clock)
            let url = try TestServer.newDatabase(throughPooler: kind == .pooler)
            let shared = PostgresStore(
                url: url, zones: SystemZones(), applicationName: "conformance", connections: 2)
            (store, memory, self.ledger) = (shared, nil, ledger)
            shipping = try ShippingBench(shared, ledger, clock)
        }
    }

    private static func newLedger(_ clock: TestClock) throws -> LedgerDatabase {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "spendfuse-\(UUID().uuidString)").path
        return try LedgerDatabase(
            directory: folder, isServer: true, clock: clock, zones: SystemZones())
    }

    /// Has rows written as the gateway does: through the journal, and from there to a shared store.
    func record(_ records: [RequestRecord]) async throws {
        memory?.record(records)
        try await write(
            records.map { $0.status == .blocked ? .refuse($0) : .conclude($0, []) })
    }

    func correct(_ record: RequestRecord) async throws {
        memory?.correct(record)
        try await write([.correct(record, waitingAs: "none", [])])
    }

    func raise(_ alert: BudgetAlert) async throws {
        memory?.raise(alert)
        if let shipping {
            try shipping.store.insertAlert(json: StoredAlert(alert).json)
        } else {
            try await write([.alert(alert)])
        }
    }

    /// Counts the spend from before a limit was set.
    func countLimits() throws { try shipping?.countLimits(clock.now()) }

    private func write(_ entries: [JournalEntry]) async throws {
        guard let ledger else { return }
        let journal = SQLiteJournal(ledger, logger: Logger(label: "test"))
        journal.deliver(to: [NoMailbox()])
        for entry in entries { journal.append(entry, receipt: nil) }
        guard await journal.flush(seconds: 30) else { throw StoreError("the journal hangs") }
        try shipping?.ship(clock.now())
    }

    /// Waits until the writer, which nobody keeps busy, has counted all rows in rollups.
    func rollUp() async throws {
        guard let ledger, shipping == nil else { return }
        let journal = SQLiteJournal(ledger, logger: Logger(label: "test"))
        journal.deliver(to: [NoMailbox()])
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        while try ledger.rollUpBacklog() > 0 {
            try #require(ContinuousClock.now < deadline, "rows are never rolled up")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Deletes calls of before a moment, in batches.
    func deleteCalls(before cutoff: Instant) throws {
        let rule = RetentionRule(subject: .calls, cutoff: cutoff)
        memory?.deleteCalls(before: cutoff)
        guard let upkeep = store as? any StoreUpkeep else { return }
        while try upkeep.deleteExpired(rule, limit: 7) > 0 {}
    }

    private final class NoMailbox: EventMailbox {
        func post(_ events: [AddressedEvent]) {}
    }
}

/// Brings rows of a local ledger to a shared store, as the gateway's thread does.
final class ShippingBench: Sendable {
    let store: PostgresStore
    private let outbox: LedgerOutbox
    private let replica: Replica
    private let shipped = Mutex<Int64>(0)

    init(_ store: PostgresStore, _ ledger: LedgerDatabase, _ clock: TestClock) throws {
        self.store = store
        outbox = try LedgerOutbox(ledger, newID: "replica_test", at: clock.now())
        replica = try store.register("replica_test", address: "test") { 0 }
    }

    func ship(_ now: Instant) throws {
        let split = SpendSplit(try store.budgets())
        let version = try store.changeMarks()["budgets"] ?? 0
        while true {
            let items = try outbox.items(after: shipped.withLock { $0 }, limit: 100)
            guard let last = items.last else { return }
            for item in items {
                guard case .row(let row, let isCorrection) = item.content else { continue }
                if isCorrection {
                    _ = try store.correct(row, split: split, version: version, of: replica, at: now)
                } else {
                    _ = try store.ship(
                        PostgresStore.Shipment(
                            rows: [row], leaseParts: [:], split: split, version: version,
                            hasUUIDUsers: try store.hasUUIDUsers()), of: replica, at: now)
                }
            }
            shipped.withLock { $0 = last.number }
        }
    }

    func countLimits(_ now: Instant) throws {
        try store.countMissing(
            SpendSplit(try store.budgets()), version: try store.changeMarks()["budgets"] ?? 0,
            at: now)
    }
}

/// The PostgreSQL that `scripts/test` starts for this run.
enum TestServer {
    static let url = ProcessInfo.processInfo.environment["SPENDFUSE_TEST_POSTGRES"]
    static let poolerURL = ProcessInfo.processInfo.environment["SPENDFUSE_TEST_POOLER"]

    private struct State {
        var template: String?
        var count = 0
    }
    private static let state = Mutex(State())

    /// A database of its own with all tables, copied from one that was migrated once.
    static func newDatabase(throughPooler: Bool) throws -> String {
        let server = try #require(url, "start the tests with scripts/test")
        return try state.withLock { state in
            let connection = try PostgresConnection(
                url: server, applicationName: "conformance", seconds: 10, statementSeconds: 60)
            let run = ProcessInfo.processInfo.processIdentifier
            if state.template == nil {
                let name = "template_\(run)"
                _ = try connection.run("CREATE DATABASE \(name)")
                _ = try Migrator(url: renamed(server, name), clock: TestClock("2026-11-20")).up()
                state.template = name
            }
            state.count += 1
            let name = "store_\(run)_\(state.count)"
            _ = try connection.run("CREATE DATABASE \(name) TEMPLATE \(state.template ?? "")")
            return renamed(throughPooler ? poolerURL ?? server : server, name)
        }
    }

    /// The URL of another database of the same server.
    private static func renamed(_ url: String, _ database: String) -> String {
        url.replacing("/postgres?", with: "/\(database)?")
    }
}
