package import Chronology
internal import GRDB
package import Stores

extension LedgerDatabase {
    static func audit(_ db: Database, _ change: AuditEntry.Change, at now: Instant) throws {
        try db.execute(
            sql: """
                INSERT INTO audit_log (timestamp, actor, action, subject, before, after)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                now.text, change.actor, change.action, change.subject, change.before, change.after,
            ])
    }

    /// Notes a change that is not kept in the ledger itself, such as of a price sheet.
    package func audit(
        _ change: AuditEntry.Change, at now: Instant
    ) throws(StoreError) {
        try write("writing audit_log") { db in try Self.audit(db, change, at: now) }
    }

    /// Changes, newest first.
    package func auditEntries(
        since: Instant, until: Instant, limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        try read("reading audit_log") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, timestamp, actor, action, subject, before, after FROM audit_log
                    WHERE timestamp >= ? AND timestamp < ? ORDER BY id DESC LIMIT ?
                    """, arguments: [since.text, until.text, limit]
            ).map { row in
                AuditEntry(
                    id: row[0], timestamp: row[1],
                    change: AuditEntry.Change(
                        actor: row[2], action: row[3], subject: row[4], before: row[5],
                        after: row[6]))
            }
        }
    }
}
