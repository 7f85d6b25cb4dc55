package import Chronology
internal import Postgres
package import Stores

/// Sums of open windows are kept apart from rows, so that deleting rows changes none of them. Rows
/// of others that are not counted yet stay.
extension PostgresStore: StoreUpkeep {
    private static let countSQL: [RetentionRule.Subject: String] = [
        .calls: """
        SELECT count(*) FROM api_cost_tracking WHERE "timestamp" < $1::timestamptz AND counted
        """,
        .performance: """
        SELECT count(*) FROM model_performance_metrics WHERE "timestamp" < $1::timestamptz
        """,
        .alerts: """
        SELECT count(*) FROM budget_alerts
        WHERE acknowledged AND "timestamp" < $1::timestamptz
        """,
        .audit: """
        SELECT count(*) FROM audit_log WHERE "timestamp" < $1::timestamptz
        """,
    ]

    private static let deleteSQL: [RetentionRule.Subject: String] = [
        .calls: """
        DELETE FROM api_cost_tracking WHERE id IN (SELECT id FROM api_cost_tracking
            WHERE "timestamp" < $1::timestamptz AND counted
            ORDER BY "timestamp" LIMIT $2::int)
        """,
        .performance: """
        DELETE FROM model_performance_metrics WHERE id IN (SELECT id
            FROM model_performance_metrics WHERE "timestamp" < $1::timestamptz LIMIT $2::int)
        """,
        .alerts: """
        DELETE FROM budget_alerts WHERE id IN (SELECT id FROM budget_alerts
            WHERE acknowledged AND "timestamp" < $1::timestamptz LIMIT $2::int)
        """,
        .audit: """
        DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log
            WHERE "timestamp" < $1::timestamptz LIMIT $2::int)
        """,
    ]

    package func countExpired(_ rule: RetentionRule) throws(StoreError) -> Int {
        guard let sql = Self.countSQL[rule.subject] else { return 0 }
        return Int(try run("counting old rows", sql, [rule.cutoff.text]).number(0, 0) ?? 0)
    }

    package func deleteExpired(_ rule: RetentionRule, limit: Int) throws(StoreError) -> Int {
        guard let sql = Self.deleteSQL[rule.subject] else { return 0 }
        return try run("deleting old rows", sql, [rule.cutoff.text, String(limit)]).affectedRows
    }

    package func note(
        retention rule: RetentionRule, deleted: Int, began: Instant, at now: Instant
    ) throws(StoreError) {
        _ = try run(
            "writing retention_runs",
            """
            INSERT INTO retention_runs (started_at, finished_at, table_name, cutoff, rows_deleted)
            VALUES ($1::timestamptz, $2::timestamptz, $3, $4::timestamptz, $5::bigint)
            """,
            [began.text, now.text, rule.subject.rawValue, rule.cutoff.text, String(deleted)])
    }

    package func note(backup: BackupListing) throws(StoreError) {
        _ = try run(
            "writing backups",
            """
            INSERT INTO backups (created_at, path, bytes, sha256, success)
            VALUES ($1::timestamptz, $2, $3::bigint, $4, true)
            """,
            [backup.createdAt, backup.path, backup.bytes.map { String($0) }, backup.sha256])
    }

    package func backups() throws(StoreError) -> [BackupListing] {
        let result = try run(
            "reading backups",
            """
            SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), path,
                bytes, sha256
            FROM backups WHERE success ORDER BY id DESC
            """)
        return result.rows.map { row in
            BackupListing(
                createdAt: result.text(row, 0) ?? "", path: result.text(row, 1) ?? "",
                bytes: result.number(row, 2), sha256: result.text(row, 3))
        }
    }
}

extension PostgresStore {
    /// What a URL says, as lines of a service file for PostgreSQL's own programs.
    package static func serviceLines(_ url: String) throws(StoreError) -> String {
        do throws(PostgresFailure) {
            return try PostgresConnection.serviceLines(url)
        } catch {
            throw StoreError(error, doing: "reading database.url")
        }
    }
}
