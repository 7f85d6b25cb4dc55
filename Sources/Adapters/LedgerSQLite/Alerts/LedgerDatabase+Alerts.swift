package import Chronology
internal import GRDB
package import Stores

extension LedgerDatabase {
    private static let alertColumns = """
        SELECT a.id, a.kind, a.scope, a.budget_name, a.budget_id, a.user_id, a.alert_type,
            a.threshold_pct, a.severity, a.percent_used, a.message, a.status, a.timestamp,
            a.acknowledged_at, a.acknowledged_by,
            (SELECT group_concat(d.channel || ': ' || d.state
                || CASE WHEN d.state <> 'delivered' AND d.last_error IS NOT NULL
                    THEN ' (' || d.last_error || ')' ELSE '' END, ', ')
                FROM alert_deliveries d WHERE d.alert_id = a.id)
        """
    private static let listSQL =
        alertColumns + """
             FROM budget_alerts a WHERE (? OR a.acknowledged = 0) AND a.timestamp >= ?
                ORDER BY a.id DESC LIMIT ?
            """
    private static let newSQL =
        alertColumns + " FROM budget_alerts a WHERE a.dispatched_at IS NULL ORDER BY a.id LIMIT ?"
    private static let dueSQL =
        alertColumns + """
            , d.id, d.channel, d.message_id, d.attempts, b.alert_email, b.alert_webhook
                FROM alert_deliveries d JOIN budget_alerts a ON a.id = d.alert_id
                LEFT JOIN budget_config b ON b.id = a.budget_id
                WHERE d.state = 'waiting' AND d.next_attempt_at <= ?
            ORDER BY d.next_attempt_at LIMIT ?
            """

    private static func record(_ row: Row) -> AlertRecord {
        AlertRecord(
            id: row[0], kind: row[1], scope: row[2], budgetName: row[3], budgetID: row[4],
            userID: row[5], window: row[6], threshold: row[7], severity: row[8], percent: row[9],
            message: row[10], status: row[11], timestamp: row[12], acknowledgedAt: row[13],
            acknowledgedBy: row[14], deliveries: row[15])
    }

    /// Alerts, newest first. `all`: those that are acknowledged too.
    package func alerts(
        all: Bool, since: Instant, limit: Int
    ) throws(StoreError) -> [AlertRecord] {
        try read("reading budget_alerts") { db in
            try Row.fetchAll(db, sql: Self.listSQL, arguments: [all, since.text, limit])
                .map(Self.record)
        }
    }

    /// Acknowledges alerts by id, or all that are open; returns how many were.
    package func acknowledge(
        _ ids: [Int64]?, by actor: String, at now: Instant
    ) throws(StoreError) -> Int {
        try write("acknowledging alerts") { db in
            let open =
                try ids
                ?? Int64.fetchAll(
                    db, sql: "SELECT id FROM budget_alerts WHERE acknowledged = 0")
            var count = 0
            for id in open {
                try db.execute(
                    sql: """
                        UPDATE budget_alerts SET acknowledged = 1, acknowledged_at = ?,
                            acknowledged_by = ?
                        WHERE id = ? AND acknowledged = 0
                        """, arguments: [now.text, actor, id])
                guard db.changesCount > 0 else { continue }
                count += 1
                try Self.audit(
                    db,
                    AuditEntry.Change(
                        actor: actor, action: "alert.acknowledge", subject: "alert \(id)",
                        before: nil, after: nil), at: now)
            }
            return count
        }
    }

    // MARK: Deliveries

    /// Takes new alerts up for delivery: a row for each channel that is to have it, and one for
    /// the user that it concerns. Whatever is taken up is never taken up again.
    package func dispatchAlerts(
        limit: Int, at now: Instant, channels: (AlertRecord) -> [String],
        messageID: () -> String
    ) throws(StoreError) {
        let hasNew = try read("looking for alerts") { db in
            try Bool.fetchOne(
                db,
                sql: "SELECT EXISTS (SELECT 1 FROM budget_alerts WHERE dispatched_at IS NULL)")
        }
        guard hasNew == true else { return }
        try write("taking up alerts") { db in
            for row in try Row.fetchAll(db, sql: Self.newSQL, arguments: [limit]) {
                let alert = Self.record(row)
                for channel in channels(alert) {
                    try db.execute(
                        sql: """
                            INSERT INTO alert_deliveries (alert_id, channel, message_id, state,
                                next_attempt_at)
                            VALUES (?, ?, ?, 'waiting', ?) ON CONFLICT DO NOTHING
                            """, arguments: [alert.id, channel, messageID(), now.text])
                }
                if alert.kind != "test" { try Self.notify(db, alert, at: now) }
                try db.execute(
                    sql: "UPDATE budget_alerts SET dispatched_at = ? WHERE id = ?",
                    arguments: [now.text, alert.id])
            }
        }
    }

    /// A notification in the app, for the user whose limit it is, unless that user wants none.
    private static func notify(_ db: Database, _ alert: AlertRecord, at now: Instant) throws {
        guard let user = alert.userID else { return }
        try db.execute(
            sql: """
                INSERT INTO notifications (user_id, type, title, message, metadata, created_at)
                SELECT ?, ?, ?, ?, json_object('alert_id', ?, 'severity', ?), ?
                WHERE NOT EXISTS (SELECT 1 FROM notification_preferences
                    WHERE user_id = ? AND budget_alerts = 0)
                """,
            arguments: [
                user, alert.severity == "warning" ? "warning" : "error", "Budget alert",
                alert.message, alert.id, alert.severity, now.text, user,
            ])
    }

    package func dueDeliveries(
        limit: Int, at now: Instant
    ) throws(StoreError) -> [AlertDelivery] {
        try read("reading alert_deliveries") { db in
            try Row.fetchAll(db, sql: Self.dueSQL, arguments: [now.text, limit]).map { row in
                AlertDelivery(
                    id: row[16], channel: row[17], messageID: row[18], attempts: row[19],
                    alert: Self.record(row), budgetEmail: row[20], budgetWebhook: row[21])
            }
        }
    }

    /// A budget that names no address of its own is owed nothing.
    package func dropDelivery(_ id: Int64) throws(StoreError) {
        try write("dropping a delivery") { db in
            try db.execute(sql: "DELETE FROM alert_deliveries WHERE id = ?", arguments: [id])
        }
    }

    /// Sets the next try before this one is made.
    package func claim(
        _ delivery: AlertDelivery, until moment: Instant
    ) throws(StoreError) -> Bool {
        try write("taking up a delivery") { db in
            try db.execute(
                sql: """
                    UPDATE alert_deliveries SET attempts = attempts + 1, next_attempt_at = ?
                    WHERE id = ? AND attempts = ?
                    """, arguments: [moment.text, delivery.id, delivery.attempts])
            return db.changesCount > 0
        }
    }

    /// Logs how a try went.
    package func note(
        _ attempt: DeliveryAttempt, of delivery: AlertDelivery, isLast: Bool, at now: Instant
    ) throws(StoreError) {
        try write("logging a delivery") { db in
            try db.execute(
                sql: """
                    INSERT INTO alert_delivery_attempts (delivery_id, attempted_at, duration_ms,
                        success, status_code, error_message)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    delivery.id, now.text, attempt.milliseconds, attempt.isDelivered,
                    attempt.status, attempt.error,
                ])
            let state = attempt.isDelivered ? "delivered" : isLast ? "failed" : "waiting"
            try db.execute(
                sql: """
                    UPDATE alert_deliveries SET state = ?, last_error = ?, finished_at = ?
                    WHERE id = ?
                    """,
                arguments: [
                    state, attempt.error, state == "waiting" ? nil : now.text, delivery.id,
                ])
        }
    }

    /// One row of `zapier_webhook_logs` for each try.
    package func noteZapier(
        _ attempt: DeliveryAttempt, event: String, user: String?, priority: String,
        messageID: String, payload: String, at now: Instant
    ) throws(StoreError) {
        /// As the column says: the first 500 characters.
        let previewCharacters = 500
        try write("logging a webhook of Zapier") { db in
            try db.execute(
                sql: """
                    INSERT INTO zapier_webhook_logs (event_type, user_id, priority, success,
                        webhook_called, webhook_id, error, payload_preview, timestamp)
                    VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)
                    """,
                arguments: [
                    event, user, priority, attempt.isDelivered, messageID, attempt.error,
                    String(payload.prefix(previewCharacters)), now.text,
                ])
        }
    }
}
