package import Chronology
internal import Metering
package import Money
internal import Postgres
package import Reporting
package import Stores

extension PostgresStore {
    package func unpriced(since: Instant) throws(StoreError) -> [UnpricedUse] {
        let result = try run(
            "reading calls without a price",
            """
            SELECT provider, coalesce(model, '(no model)') AS what, count(*)
            FROM spend_rows AS call
            WHERE "timestamp" >= $1::timestamptz AND metadata ->> 'unpriced' = 'true'
                AND NOT EXISTS (SELECT 1 FROM spend_rows AS later
                    WHERE later."timestamp" = call."timestamp" AND later.endpoint = 'adjustment'
                        AND later.metadata ->> 'adjusts' = call.call_id::text
                        AND later.metadata ->> 'attempt' = call.attempt::text)
            GROUP BY provider, what
            UNION ALL
            SELECT provider, model || ' ' || piece.value, count(*)
            FROM spend_rows AS call,
                jsonb_array_elements_text(metadata -> 'unpriced_pieces') AS piece
            WHERE "timestamp" >= $1::timestamptz
                AND NOT EXISTS (SELECT 1 FROM spend_rows AS later
                    WHERE later."timestamp" = call."timestamp" AND later.endpoint = 'adjustment'
                        AND later.metadata ->> 'adjusts' = call.call_id::text
                        AND later.metadata ->> 'attempt' = call.attempt::text)
            GROUP BY provider, model, piece.value
            ORDER BY 1, 2
            """, [since.text])
        return result.rows.map { row in
            UnpricedUse(
                provider: result.text(row, 0) ?? "", what: result.text(row, 1) ?? "",
                calls: result.number(row, 2) ?? 0)
        }
    }

    package func adjust(
        _ adjustments: [PriceAdjustment], at now: Instant
    ) throws(StoreError) -> Int {
        try transaction("writing adjustments") { connection in
            var written = 0
            for adjustment in adjustments {
                var metadata = JSONObjectText()
                metadata.add("adjusts", adjustment.callID)
                metadata.add("attempt", adjustment.attempt)
                metadata.add("adjusted_at", now.text)
                metadata.add("price_version_before", adjustment.versionBefore)
                written += try connection.run(
                    Self.adjustmentSQL,
                    [
                        metadata.closed, adjustment.difference.wireText, adjustment.version,
                        adjustment.callID, String(adjustment.attempt), adjustment.earlier.wireText,
                    ]
                ).affectedRows
            }
            return written
        }
    }

    private static let adjustmentSQL = """
        INSERT INTO api_cost_tracking (attempt, "timestamp", created_at, user_id, payer_id,
            project_id, key_id, session_id, conversation_id, tags, provider, upstream, endpoint,
            model, model_requested, usage_status, service_tier, task_type, metadata, cost_usd,
            price_version, model_priced, uncounted)
        SELECT attempt, "timestamp", created_at, user_id, payer_id, project_id, key_id, session_id,
            conversation_id, tags, provider, upstream, 'adjustment', model, model_requested,
            'exact', service_tier, task_type, $1::jsonb, $2::numeric * 0.000000000001, $3,
            model_priced, uncounted
        FROM api_cost_tracking AS call WHERE call_id = $4::text::uuid AND attempt = $5::text::int
            AND $6::numeric * 0.000000000001 = (SELECT coalesce(sum(cost_usd), 0)
                FROM api_cost_tracking AS earlier
                WHERE earlier.endpoint = 'adjustment' AND earlier."timestamp" = call."timestamp"
                    AND earlier.metadata ->> 'adjusts' = $4::text
                    AND earlier.metadata ->> 'attempt' = $5::text)
        """

    package func adjustments(
        since: Instant, until: Instant
    ) throws(StoreError) -> [String: Amount] {
        let result = try run(
            "reading adjustments",
            """
            SELECT (metadata ->> 'adjusts') || '/' || (metadata ->> 'attempt') AS adjusted,
                (sum(cost_usd) * 1000000000000)::numeric(38,0)
            FROM api_cost_tracking
            WHERE endpoint = 'adjustment' AND "timestamp" >= $1::timestamptz
                AND "timestamp" < $2::timestamptz
            GROUP BY adjusted
            """, [since.text, until.text])
        var sums: [String: Amount] = [:]
        for row in result.rows { sums[result.text(row, 0) ?? ""] = result.amount(row, 1) }
        return sums
    }
}
