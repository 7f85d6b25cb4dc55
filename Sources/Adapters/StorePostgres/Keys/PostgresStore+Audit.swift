package import Chronology
internal import Postgres
package import Stores

extension PostgresStore {
    static func audit(
        _ change: AuditEntry.Change, _ connection: PostgresConnection, at now: Instant
    ) throws(PostgresFailure) {
        _ = try connection.run(
            """
            INSERT INTO audit_log (timestamp, actor, action, subject, before, after)
            VALUES ($1::timestamptz, $2, $3, $4, $5::jsonb, $6::jsonb)
            """,
            [
                now.text, change.actor, change.action, change.subject, change.before, change.after,
            ])
    }

    package func audit(
        _ change: AuditEntry.Change, at now: Instant
    ) throws(StoreError) {
        try lend("writing audit_log") { connection throws(PostgresFailure) in
            try Self.audit(change, connection, at: now)
        }
    }

    package func auditEntries(
        since: Instant, until: Instant, limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        let result = try run(
            "reading audit_log",
            """
            SELECT id, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                actor, action, subject, before::text, after::text
            FROM audit_log WHERE timestamp >= $1::timestamptz AND timestamp < $2::timestamptz
            ORDER BY id DESC LIMIT $3::int
            """, [since.text, until.text, String(limit)])
        return result.rows.map { row in
            AuditEntry(
                id: result.number(row, 0) ?? 0, timestamp: result.text(row, 1) ?? "",
                change: AuditEntry.Change(
                    actor: result.text(row, 2) ?? "", action: result.text(row, 3) ?? "",
                    subject: result.text(row, 4) ?? "", before: result.text(row, 5),
                    after: result.text(row, 6)))
        }
    }
}
