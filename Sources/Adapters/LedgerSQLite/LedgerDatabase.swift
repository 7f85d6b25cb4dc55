package import Chronology
internal import Foundation
internal import GRDB
package import Stores

/// The file of the embedded store: opens it, checks that it is ours, and brings its tables up to
/// date. Holds the only connection of this process that writes.
package final class LedgerDatabase: Sendable {
    /// Seconds to wait for another program's lock.
    private static let busySeconds = 10.0
    package static let fileName = "ledger.sqlite"

    package let path: String
    let queue: DatabaseQueue
    let zones: any ZoneSource

    /// Opens the store in `directory`, which is made where it is missing.
    ///
    /// `isServer`: this process is the one that serves. Others leave checkpoints to it, as SQLite
    /// before 3.51.3 can damage a file that two connections checkpoint at once.
    package init(
        directory: String, isServer: Bool, clock: any WallClock, zones: any ZoneSource
    ) throws(StoreError) {
        self.zones = zones
        path = directory + "/" + Self.fileName
        try Self.prepare(directory: directory)
        do {
            queue = try DatabaseQueue(path: path, configuration: Self.configuration)
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // Pages of 4 KiB; a checkpoint of the server writes at most so much at once.
                try db.execute(
                    sql: isServer
                        ? "PRAGMA wal_autocheckpoint = 4000" : "PRAGMA wal_autocheckpoint = 0")
            }
            try Self.recognise(queue, path: path)
            try Self.migrate(queue, clock: clock)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(error, doing: "opening the ledger", path: path)
        }
    }

    /// Makes the state directory, for its user alone, where it is missing.
    package static func prepare(directory: String) throws(StoreError) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(
                "the state directory \(directory) cannot be made:"
                    + " \(error.localizedDescription); set 'state' to a folder that can be written")
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(busySeconds)
        configuration.foreignKeysEnabled = false
        configuration.label = "ledger"
        return configuration
    }

    private static func recognise(_ queue: DatabaseQueue, path: String) throws {
        try queue.writeWithoutTransaction { db in
            let identity = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            if identity == LedgerSchema.applicationID { return }
            let tables =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table'") ?? 0
            guard identity == 0, tables == 0 else {
                throw StoreError(
                    "\(path) is a database of another program; move it away or choose another"
                        + " 'state'")
            }
        }
    }

    private static func migrate(_ queue: DatabaseQueue, clock: any WallClock) throws {
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try db.execute(sql: LedgerSchema.history)
                // A pragma takes no bound parameter; the value is the constant of the schema.
                let identity = try Int64.fetchOne(db, sql: "PRAGMA application_id")
                if identity != LedgerSchema.applicationID {
                    try db.execute(sql: "PRAGMA application_id = 1397115975")
                }
                let applied = try Set(
                    String.fetchAll(db, sql: "SELECT migration_name FROM migration_history"))
                let known = Set(LedgerSchema.steps.map(\.name))
                if let newer = applied.subtracting(known).sorted().first {
                    throw StoreError(
                        "the ledger was written by a newer version of this program (it has"
                            + " \(newer)); update the program")
                }
                for step in LedgerSchema.steps where !applied.contains(step.name) {
                    let began = clock.now()
                    try db.execute(sql: step.sql)
                    try db.execute(
                        sql: """
                            INSERT INTO migration_history
                                (migration_name, applied_at, success, execution_time_ms)
                            VALUES (?, ?, 1, ?)
                            """,
                        arguments: [
                            step.name, began.text, clock.now().milliseconds(since: began),
                        ])
                }
                return .commit
            }
        }
    }

    func read<Value>(
        _ what: String, _ body: (Database) throws -> Value
    ) throws(StoreError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw StoreError(error, doing: what, path: path)
        }
    }

    func write<Value>(
        _ what: String, _ body: (Database) throws -> Value
    ) throws(StoreError) -> Value {
        do {
            return try queue.write(body)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(error, doing: what, path: path)
        }
    }
}
