internal import Accounting
package import Chronology
internal import GRDB
internal import Metering
package import Money
package import Reporting
package import Stores

extension LedgerDatabase {
    package func unpriced(since: Instant) throws(StoreError) -> [UnpricedUse] {
        try read("reading calls without a price") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT provider, ifnull(model, '(no model)') AS what, count(*)
                    FROM api_cost_tracking AS call
                    WHERE timestamp >= ? AND json_extract(metadata, '$.unpriced') = 1
                        AND NOT EXISTS (SELECT 1 FROM api_cost_tracking AS later
                            WHERE later.timestamp = call.timestamp
                                AND later.endpoint = 'adjustment'
                                AND json_extract(later.metadata, '$.adjusts') = call.call_id
                                AND json_extract(later.metadata, '$.attempt') = call.attempt)
                    GROUP BY provider, what
                    UNION ALL
                    SELECT provider, model || ' ' || piece.value, count(*)
                    FROM api_cost_tracking AS call,
                        json_each(call.metadata, '$.unpriced_pieces') AS piece
                    WHERE timestamp >= ?
                        AND NOT EXISTS (SELECT 1 FROM api_cost_tracking AS later
                            WHERE later.timestamp = call.timestamp
                                AND later.endpoint = 'adjustment'
                                AND json_extract(later.metadata, '$.adjusts') = call.call_id
                                AND json_extract(later.metadata, '$.attempt') = call.attempt)
                    GROUP BY provider, model, piece.value
                    ORDER BY 1, 2
                    """, arguments: [since.text, since.text]
            ).map { UnpricedUse(provider: $0[0], what: $0[1], calls: $0[2]) }
        }
    }

    /// Tells a running gateway that prices have changed.
    package func notePriceChange(at now: Instant) throws(StoreError) {
        try write("noting the change of prices") { db in
            try db.execute(
                sql: """
                    INSERT INTO price_changes (id, changed_at) VALUES (1, ?)
                    ON CONFLICT (id) DO UPDATE SET changed_at = excluded.changed_at
                    """, arguments: [now.text])
        }
    }

    /// When prices were last changed by a command; nil: never.
    package func lastPriceChange() throws(StoreError) -> String? {
        try read("reading the change of prices") { db in
            try String.fetchOne(db, sql: "SELECT changed_at FROM price_changes")
        }
    }

    /// Books what a call should have cost beside what it was booked at: a row of its own, so that
    /// nothing that was booked is ever changed. A call that another run has adjusted in the
    /// meantime is left as it is.
    package func adjust(
        _ adjustments: [PriceAdjustment], at now: Instant
    ) throws(StoreError) -> Int {
        try write("writing adjustments") { db in
            var written = 0
            for adjustment in adjustments {
                var metadata = JSONObjectText()
                metadata.add("adjusts", adjustment.callID)
                metadata.add("attempt", adjustment.attempt)
                metadata.add("adjusted_at", now.text)
                metadata.add("price_version_before", adjustment.versionBefore)
                try db.execute(
                    sql: Self.adjustmentSQL,
                    arguments: [
                        metadata.closed, adjustment.difference.stored, adjustment.version,
                        adjustment.callID, adjustment.attempt, adjustment.earlier.stored,
                    ])
                written += db.changesCount
            }
            return written
        }
    }

    private static let adjustmentSQL = """
        INSERT INTO api_cost_tracking (call_id, attempt, timestamp, user_id, project_id, key_id,
            session_id, conversation_id, tags, provider, upstream, endpoint, model,
            model_requested, usage_status, service_tier, task_type, metadata, cost_picodollars,
            price_version, model_priced, uncounted)
        SELECT NULL, attempt, timestamp, user_id, project_id, key_id, session_id, conversation_id,
            tags, provider, upstream, 'adjustment', model, model_requested, 'exact',
            service_tier, task_type, ?1, ?2, ?3, model_priced, uncounted
        FROM api_cost_tracking AS call WHERE call_id = ?4 AND attempt = ?5
            AND ?6 = (SELECT ifnull(sum(cost_picodollars), 0) FROM api_cost_tracking AS earlier
                WHERE earlier.endpoint = 'adjustment' AND earlier.timestamp = call.timestamp
                    AND json_extract(earlier.metadata, '$.adjusts') = ?4
                    AND json_extract(earlier.metadata, '$.attempt') = ?5)
        """

    /// What was booked for each call by adjustments, by call and attempt.
    package func adjustments(
        since: Instant, until: Instant
    ) throws(StoreError) -> [String: Amount] {
        try read("reading adjustments") { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT json_extract(metadata, '$.adjusts') || '/'
                        || json_extract(metadata, '$.attempt') AS adjusted, sum(cost_picodollars)
                    FROM api_cost_tracking
                    WHERE endpoint = 'adjustment' AND timestamp >= ? AND timestamp < ?
                    GROUP BY adjusted
                    """, arguments: [since.text, until.text])
            var sums: [String: Amount] = [:]
            while let row = try rows.next() {
                sums[row[0]] = Amount(picodollars: Int128(row[1] as Int64))
            }
            return sums
        }
    }
}
