internal import Accounting
package import Chronology
internal import Foundation
internal import GRDB
internal import Money
package import Stores

/// Reads what the shared store is to be told, on a connection of its own, so that the journal does
/// not wait for it.
package final class LedgerOutbox: Sendable {
    private let reader: DatabaseQueue
    private let database: LedgerDatabase

    /// Has every row that is written from now on noted for the shared store, and those from before
    /// too when it is the first time. Returns this ledger's name among all that share the store.
    package init(_ database: LedgerDatabase, newID: String, at now: Instant) throws(StoreError) {
        self.database = database
        replicaID = try database.write("noting what the shared store is to hear") { db in
            let known = try String.fetchOne(db, sql: "SELECT replica_id FROM shared_store")
            if known == nil {
                try db.execute(
                    sql: "INSERT INTO shared_store (id, replica_id, began_at) VALUES (1, ?, ?)",
                    arguments: [newID, now.text])
            }
            try db.execute(sql: Self.missedRows)
            // By which a row finds its metrics.
            try db.execute(
                sql: """
                    CREATE INDEX IF NOT EXISTS model_performance_metrics_attempt
                        ON model_performance_metrics (call_id, attempt)
                    """)
            for statement in Self.triggers { try db.execute(sql: statement) }
            return known ?? newID
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.label = "ledger outbox"
            reader = try DatabaseQueue(path: database.path, configuration: configuration)
        } catch {
            throw StoreError(error, doing: "opening the outbox", path: database.path)
        }
    }

    package let replicaID: String

    /// Rows that were written while the ledger shared no store.
    private static let missedRows = """
        INSERT INTO outbox (kind, row_id)
            SELECT 'row', id FROM api_cost_tracking WHERE call_id IS NOT NULL
                AND id > max((SELECT told_row FROM shared_store),
                    (SELECT ifnull(max(row_id), 0) FROM outbox))
            ORDER BY id
        """

    /// Of this connection alone: a ledger that shares nothing has none. Alerts come from the
    /// shared store itself, but for refusals, which it does not see.
    private static let triggers = [
        """
        CREATE TEMP TRIGGER IF NOT EXISTS tell_rows AFTER INSERT ON main.api_cost_tracking
        WHEN NEW.call_id IS NOT NULL
        BEGIN INSERT INTO outbox (kind, row_id) VALUES ('row', NEW.id); END
        """,
        """
        CREATE TEMP TRIGGER IF NOT EXISTS tell_corrections AFTER UPDATE ON main.api_cost_tracking
        BEGIN INSERT INTO outbox (kind, row_id) VALUES ('correction', NEW.id); END
        """,
        """
        CREATE TEMP TRIGGER IF NOT EXISTS tell_alerts AFTER INSERT ON main.budget_alerts
        BEGIN INSERT INTO outbox (kind, row_id) VALUES ('alert', NEW.id); END
        """,
        """
        CREATE TEMP TRIGGER IF NOT EXISTS tell_trips AFTER INSERT ON main.breaker_trips
        BEGIN INSERT INTO outbox (kind, row_id) VALUES ('trip', NEW.id); END
        """,
    ]

    /// What comes after `number`, the oldest first.
    package func items(after number: Int64, limit: Int) throws(StoreError) -> [OutboxItem] {
        do {
            return try reader.read { db in
                let rows = try Row.fetchAll(
                    db,
                    sql: """
                        SELECT id, kind, row_id FROM outbox WHERE id > ? ORDER BY id LIMIT ?
                        """, arguments: [number, limit])
                guard !rows.isEmpty else { return [] }
                let spendRows = try SpendRows(db)
                return try rows.compactMap { row in
                    try Self.content(db, row[1], row[2], spendRows).map {
                        OutboxItem(number: row[0], content: $0)
                    }
                }
            }
        } catch {
            throw StoreError(error, doing: "reading the outbox", path: database.path)
        }
    }

    /// The newest entry.
    package func lastNumber() throws(StoreError) -> Int64 {
        do {
            return try reader.read { db in
                try Int64.fetchOne(db, sql: "SELECT ifnull(max(id), 0) FROM outbox") ?? 0
            }
        } catch {
            throw StoreError(error, doing: "reading the outbox", path: database.path)
        }
    }

    /// Forgets what the shared store has.
    package func forget(upTo number: Int64) throws(StoreError) {
        try database.write("tidying the outbox") { db in
            try db.execute(
                sql: """
                    UPDATE shared_store SET told_row = max(told_row, (SELECT ifnull(max(row_id), 0)
                        FROM outbox WHERE id <= ? AND kind = 'row'))
                    """, arguments: [number])
            try db.execute(sql: "DELETE FROM outbox WHERE id <= ?", arguments: [number])
        }
    }

    private static func list(_ json: String?) -> [String] {
        json.flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? []
    }

    /// A call of json_object takes no more than 50 members, so that a row comes in two.
    private static func joined(_ first: String, _ second: String) -> String {
        "\(first.dropLast()),\(second.dropFirst())"
    }

    private static func content(
        _ db: Database, _ kind: String, _ rowID: Int64, _ spendRows: SpendRows
    ) throws -> OutboxItem.Content? {
        switch kind {
        case "alert":
            return try String.fetchOne(db, sql: OutboxJSON.alert, arguments: [rowID])
                .map { .alert($0) }
        case "trip":
            return try String.fetchOne(db, sql: OutboxJSON.trip, arguments: [rowID])
                .map { .trip($0) }
        default:
            guard
                let row = try Row.fetchOne(
                    try db.cachedStatement(sql: OutboxJSON.row), arguments: [rowID]),
                let call = CallID(text: row["call_id"])
            else { return nil }
            let cost: Int64 = row["cost_picodollars"]
            return .row(
                OutboxRow(
                    attempt: AttemptID(call: call, attempt: row["attempt"]),
                    spend: Spend(
                        Amount(picodollars: Int128(cost)), by: spendRows.attributes(row),
                        spentAt: Instant(text: row["timestamp"]) ?? Instant(microseconds: 0)),
                    shadowRefusals: Self.list(row["shadows"]),
                    json: Self.joined(row["first_json"], row["second_json"])),
                isCorrection: kind == "correction")
        }
    }
}
