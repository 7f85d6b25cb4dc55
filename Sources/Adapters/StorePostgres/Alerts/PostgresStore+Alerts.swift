package import Chronology
internal import Foundation
internal import Postgres
package import Stores

extension PostgresStore: AlertOutbox {
    private static let alertColumns = """
        SELECT a.number, a.kind, coalesce(a.scope, ''), a.budget_name, a.budget_number, a.user_id,
            a.alert_type, a.threshold_pct, coalesce(a.severity, 'warning'), a.percent_used::text,
            coalesce(a.message, ''), coalesce(a.status::text, '{}'),
            to_char(a."timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            to_char(a.acknowledged_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            a.acknowledged_by,
            (SELECT string_agg(d.channel || ': ' || d.state
                || CASE WHEN d.state <> 'delivered' AND d.last_error IS NOT NULL
                    THEN ' (' || d.last_error || ')' ELSE '' END, ', ' ORDER BY d.id)
                FROM alert_deliveries d WHERE d.alert_id = a.number::text)
        """
    private static let listSQL =
        alertColumns + """
             FROM budget_alerts a
            WHERE ($1::boolean OR NOT coalesce(a.acknowledged, false))
                AND a."timestamp" >= $2::timestamptz
            ORDER BY a.number DESC LIMIT $3::int
            """
    private static let newSQL =
        alertColumns + """
             FROM budget_alerts a WHERE a.dispatched_at IS NULL AND a.scope IS NOT NULL
            ORDER BY a.number LIMIT $1::int FOR UPDATE OF a
            """
    private static let dueSQL =
        alertColumns + """
            , d.id, d.channel, d.message_id, d.attempts, b.alert_email, b.alert_webhook
                FROM alert_deliveries d JOIN budget_alerts a ON a.number::text = d.alert_id
                LEFT JOIN budget_config b ON b.number = a.budget_number
                WHERE d.state = 'waiting' AND d.next_attempt_at <= $1::timestamptz
            ORDER BY d.next_attempt_at LIMIT $2::int
            """
    private static let firstDeliveryColumn = 16

    private static func record(_ result: PostgresResult, _ row: Int) -> AlertRecord {
        AlertRecord(
            id: result.number(row, 0) ?? 0, kind: result.text(row, 1) ?? "",
            scope: result.text(row, 2) ?? "", budgetName: result.text(row, 3) ?? "",
            budgetID: result.number(row, 4), userID: result.text(row, 5),
            window: result.text(row, 6) ?? "", threshold: result.number(row, 7) ?? 0,
            severity: result.text(row, 8) ?? "", percent: result.text(row, 9) ?? "",
            message: result.text(row, 10) ?? "", status: result.text(row, 11) ?? "{}",
            timestamp: result.text(row, 12) ?? "", acknowledgedAt: result.text(row, 13),
            acknowledgedBy: result.text(row, 14), deliveries: result.text(row, 15))
    }

    package func alerts(
        all: Bool, since: Instant, limit: Int
    ) throws(StoreError) -> [AlertRecord] {
        let result = try run(
            "reading budget_alerts", Self.listSQL, [all.sqlText, since.text, String(limit)])
        return result.rows.map { Self.record(result, $0) }
    }

    package func acknowledge(
        _ ids: [Int64]?, by actor: String, at now: Instant
    ) throws(StoreError) -> Int {
        try transaction("acknowledging alerts") { connection in
            let chosen = ids.map { "{\($0.map(String.init).joined(separator: ","))}" }
            let result = try connection.run(
                """
                UPDATE budget_alerts SET acknowledged = true, acknowledged_at = $1::timestamptz,
                    acknowledged_by = $2
                WHERE NOT coalesce(acknowledged, false)
                    AND ($3::bigint[] IS NULL OR number = ANY ($3::bigint[]))
                RETURNING number
                """, [now.text, actor, chosen])
            for row in result.rows {
                try Self.audit(
                    AuditEntry.Change(
                        actor: actor, action: "alert.acknowledge",
                        subject: "alert \(result.text(row, 0) ?? "")", before: nil, after: nil),
                    connection, at: now)
            }
            return result.rowCount
        }
    }

    package func openCounts() throws(StoreError) -> (holds: Int, alerts: Int) {
        let result = try run(
            "reading the store's state",
            """
            SELECT (SELECT count(*) FROM budget_leases WHERE amount_usd > 0),
                (SELECT count(*) FROM budget_alerts WHERE NOT coalesce(acknowledged, false))
            """)
        return (Int(result.number(0, 0) ?? 0), Int(result.number(0, 1) ?? 0))
    }

    // MARK: Deliveries

    package func dispatchAlerts(
        limit: Int, at now: Instant, channels: (AlertRecord) -> [String],
        messageID: () -> String
    ) throws(StoreError) {
        let waiting = try run(
            "looking for alerts",
            """
            SELECT count(*) FROM (SELECT 1 FROM budget_alerts WHERE dispatched_at IS NULL
                AND scope IS NOT NULL LIMIT 1) AS new
            """)
        guard waiting.number(0, 0) == 1 else { return }
        try transaction("taking up alerts") { connection in
            // The rows are locked, so that of several gateways one takes each up.
            let result = try connection.run(Self.newSQL, [String(limit)])
            for row in result.rows {
                let alert = Self.record(result, row)
                for channel in channels(alert) {
                    _ = try connection.run(
                        """
                        INSERT INTO alert_deliveries (alert_id, channel, message_id, state,
                            next_attempt_at)
                        VALUES ($1, $2, $3, 'waiting', $4::timestamptz)
                        ON CONFLICT DO NOTHING
                        """, [String(alert.id), channel, messageID(), now.text])
                }
                if alert.kind != "test" { try Self.notify(alert, connection, at: now) }
                _ = try connection.run(
                    """
                    UPDATE budget_alerts SET dispatched_at = $1::timestamptz
                    WHERE number = $2::bigint
                    """, [now.text, String(alert.id)])
            }
        }
    }

    /// A notification in the app, for the user whose limit it is, unless that user wants none.
    private static func notify(
        _ alert: AlertRecord, _ connection: PostgresConnection, at now: Instant
    ) throws {
        guard let user = alert.userID else { return }
        // Where the app knows users by uuid, one of another name has no notifications there.
        let isUUID =
            try connection.run(
                """
                SELECT count(*) FROM pg_catalog.pg_attribute
                WHERE attrelid = to_regclass('notifications') AND attname = 'user_id'
                    AND atttypid = 'uuid'::regtype
                """
            ).number(0, 0) == 1
        if isUUID, UUID(uuidString: user) == nil { return }
        let statement = isUUID ? Self.notifyUUIDSQL : Self.notifySQL
        _ = try connection.run(
            statement,
            [
                user, alert.severity == "warning" ? "warning" : "error", alert.message,
                String(alert.id), alert.severity, now.text,
            ])
    }

    private static let notifyColumns = """
        INSERT INTO notifications (user_id, type, title, message, metadata, created_at)
        """
    private static let notifyValues = """
        , $2, 'Budget alert', $3,
            jsonb_build_object('alert_id', $4::bigint, 'severity', $5::text), $6::timestamptz
        WHERE NOT EXISTS (SELECT 1 FROM notification_preferences
            WHERE user_id::text = $1::text AND NOT budget_alerts)
        """
    private static let notifySQL = notifyColumns + " SELECT $1::text" + notifyValues
    private static let notifyUUIDSQL = notifyColumns + " SELECT $1::text::uuid" + notifyValues

    package func dueDeliveries(
        limit: Int, at now: Instant
    ) throws(StoreError) -> [AlertDelivery] {
        let result = try run(
            "reading alert_deliveries", Self.dueSQL, [now.text, String(limit)])
        let first = Self.firstDeliveryColumn
        return result.rows.map { row in
            AlertDelivery(
                id: result.number(row, first) ?? 0, channel: result.text(row, first + 1) ?? "",
                messageID: result.text(row, first + 2) ?? "",
                attempts: result.number(row, first + 3) ?? 0, alert: Self.record(result, row),
                budgetEmail: result.text(row, first + 4),
                budgetWebhook: result.text(row, first + 5))
        }
    }

    package func dropDelivery(_ id: Int64) throws(StoreError) {
        _ = try run(
            "dropping a delivery", "DELETE FROM alert_deliveries WHERE id = $1::bigint",
            [String(id)])
    }

    package func claim(
        _ delivery: AlertDelivery, until moment: Instant
    ) throws(StoreError) -> Bool {
        try run(
            "taking up a delivery",
            """
            UPDATE alert_deliveries SET attempts = attempts + 1, next_attempt_at = $1::timestamptz
            WHERE id = $2::bigint AND attempts = $3::int AND state = 'waiting'
            """, [moment.text, String(delivery.id), String(delivery.attempts)]
        ).affectedRows == 1
    }

    package func note(
        _ attempt: DeliveryAttempt, of delivery: AlertDelivery, isLast: Bool, at now: Instant
    ) throws(StoreError) {
        let state = attempt.isDelivered ? "delivered" : isLast ? "failed" : "waiting"
        try lend("logging a delivery") { connection throws(PostgresFailure) in
            _ = try connection.transaction([
                PostgresStatement(
                    """
                    INSERT INTO alert_delivery_attempts (delivery_id, attempted_at, duration_ms,
                        success, status_code, error_message)
                    VALUES ($1::bigint, $2::timestamptz, $3::bigint, $4::boolean, $5::int, $6)
                    """,
                    [
                        String(delivery.id), now.text, String(attempt.milliseconds),
                        attempt.isDelivered.sqlText, attempt.status.map { String($0) },
                        attempt.error,
                    ]),
                PostgresStatement(
                    """
                    UPDATE alert_deliveries SET state = $1, last_error = $2,
                        finished_at = CASE WHEN $1 = 'waiting' THEN NULL ELSE $3::timestamptz END
                    WHERE id = $4::bigint
                    """, [state, attempt.error, now.text, String(delivery.id)]),
            ])
        }
    }

    package func noteZapier(
        _ attempt: DeliveryAttempt, event: String, user: String?, priority: String,
        messageID: String, payload: String, at now: Instant
    ) throws(StoreError) {
        /// As the column says: the first 500 characters.
        let previewCharacters = 500
        let isUUID =
            try run(
                "looking at zapier_webhook_logs",
                """
                SELECT count(*) FROM pg_catalog.pg_attribute
                WHERE attrelid = to_regclass('zapier_webhook_logs') AND attname = 'user_id'
                    AND atttypid = 'uuid'::regtype
                """
            ).number(0, 0) == 1
        let known = isUUID ? user.flatMap { UUID(uuidString: $0)?.uuidString } : user
        _ = try run(
            "logging a webhook of Zapier", isUUID ? Self.zapierUUIDSQL : Self.zapierSQL,
            [
                event, known, priority, attempt.isDelivered.sqlText, messageID, attempt.error,
                String(payload.prefix(previewCharacters)), now.text,
            ])
    }

    private static let zapierColumns = """
        INSERT INTO zapier_webhook_logs (event_type, user_id, priority, success, webhook_called,
            webhook_id, error, payload_preview, "timestamp")
        """
    private static let zapierValues = """
        , $3, $4::boolean, true, $5, $6, $7, $8::timestamptz)
        """
    private static let zapierSQL = zapierColumns + " VALUES ($1, $2::text" + zapierValues
    private static let zapierUUIDSQL = zapierColumns + " VALUES ($1, $2::text::uuid" + zapierValues
}
