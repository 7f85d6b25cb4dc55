package import Chronology
internal import GRDB
package import Stores

/// Sums of open windows are kept apart from rows, so that deleting rows changes none of them.
extension LedgerDatabase: StoreUpkeep {
    private static let countSQL: [RetentionRule.Subject: String] = [
        .calls: "SELECT count(*) FROM api_cost_tracking WHERE timestamp < ?",
        .performance: "SELECT count(*) FROM model_performance_metrics WHERE timestamp < ?",
        .alerts: "SELECT count(*) FROM budget_alerts WHERE acknowledged = 1 AND timestamp < ?",
        .audit: "SELECT count(*) FROM audit_log WHERE timestamp < ?",
    ]

    /// Rows whose bill is still to come stay, as do those that no other store has heard of.
    private static let deleteSQL: [RetentionRule.Subject: String] = [
        .calls: """
        DELETE FROM api_cost_tracking WHERE id IN (SELECT id FROM api_cost_tracking r
            WHERE timestamp < ? AND NOT EXISTS (SELECT 1 FROM deferred_bills d
                    WHERE d.call_id = r.call_id AND d.attempt = r.attempt)
                AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.row_id = r.id)
            ORDER BY timestamp LIMIT ?)
        """,
        .performance: """
        DELETE FROM model_performance_metrics WHERE id IN (SELECT id
            FROM model_performance_metrics WHERE timestamp < ? LIMIT ?)
        """,
        .alerts: """
        DELETE FROM budget_alerts WHERE id IN (SELECT id FROM budget_alerts
            WHERE acknowledged = 1 AND timestamp < ? LIMIT ?)
        """,
        .audit: """
        DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log
            WHERE timestamp < ? LIMIT ?)
        """,
    ]

    package func countExpired(_ rule: RetentionRule) throws(StoreError) -> Int {
        try read("counting old rows") { db in
            try Int.fetchOne(
                db, sql: Self.countSQL[rule.subject] ?? "SELECT 0",
                arguments: [rule.cutoff.text]) ?? 0
        }
    }

    package func deleteExpired(_ rule: RetentionRule, limit: Int) throws(StoreError) -> Int {
        guard let sql = Self.deleteSQL[rule.subject] else { return 0 }
        return try write("deleting old rows") { db in
            try db.execute(sql: sql, arguments: [rule.cutoff.text, limit])
            return db.changesCount
        }
    }

    package func note(
        retention rule: RetentionRule, deleted: Int, began: Instant, at now: Instant
    ) throws(StoreError) {
        try write("writing retention_runs") { db in
            try db.execute(
                sql: """
                    INSERT INTO retention_runs (started_at, finished_at, table_name, cutoff,
                        rows_deleted)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    began.text, now.text, rule.subject.rawValue, rule.cutoff.text, deleted,
                ])
        }
    }

    package func note(backup: BackupListing) throws(StoreError) {
        try write("writing backups") { db in
            try db.execute(
                sql: "INSERT INTO backups (created_at, path, bytes, sha256) VALUES (?, ?, ?, ?)",
                arguments: [backup.createdAt, backup.path, backup.bytes, backup.sha256])
        }
    }

    package func backups() throws(StoreError) -> [BackupListing] {
        try read("reading backups") { db in
            try Row.fetchAll(
                db, sql: "SELECT created_at, path, bytes, sha256 FROM backups ORDER BY id DESC"
            ).map { row in
                BackupListing(createdAt: row[0], path: row[1], bytes: row[2], sha256: row[3])
            }
        }
    }

    /// Copies the store to a new file while calls go on. See https://sqlite.org/backup.html.
    package func copy(to path: String) throws(StoreError) {
        do {
            let target = try DatabaseQueue(path: path)
            try queue.backup(to: target)
            // One file, which reading leaves as it is.
            try target.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            try target.close()
        } catch {
            throw StoreError(error, doing: "copying the ledger", path: path)
        }
    }

    /// Whether a file is a whole ledger of ours.
    package static func check(copy path: String) throws(StoreError) {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let copy = try DatabaseQueue(path: path, configuration: configuration)
            try copy.read { db in
                let identity = try Int64.fetchOne(db, sql: "PRAGMA application_id")
                guard identity == LedgerSchema.applicationID else {
                    throw StoreError("\(path) is not a ledger of this program")
                }
                let verdict = try String.fetchOne(db, sql: "PRAGMA integrity_check")
                guard verdict == "ok" else {
                    throw StoreError("\(path) is damaged: \(verdict ?? "no answer")")
                }
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(error, doing: "reading the copy", path: path)
        }
    }
}
