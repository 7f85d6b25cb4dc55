package import Chronology
internal import Money
internal import Postgres
package import Reporting
package import Stores

extension PostgresStore {
    private static let samplesSQL = """
        SELECT to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), user_id,
            key_id, session_id, provider, model, endpoint, task_type,
            status IS DISTINCT FROM 'error', attempt, streamed, service_tier,
            request_duration_ms, time_to_first_token_ms, input_tokens, output_tokens,
            cache_read_tokens, cache_write_tokens, reasoning_tokens,
            (cost_usd * 1000000000000)::numeric(38,0), (held_usd * 1000000000000)::numeric(38,0),
            price_version IS NOT NULL OR EXISTS (SELECT 1 FROM spend_rows AS later
                WHERE later."timestamp" = r."timestamp" AND later.endpoint = 'adjustment'
                    AND later.metadata ->> 'adjusts' = r.call_id::text
                    AND later.metadata ->> 'attempt' = r.attempt::text)
        FROM (SELECT * FROM spend_rows WHERE status IS DISTINCT FROM 'blocked'
            AND endpoint IS DISTINCT FROM 'adjustment'
            AND upstream IS DISTINCT FROM 'import-sum') AS r
        """ + chosen

    package func samples(_ query: CallQuery) throws(StoreError) -> [CallSample] {
        let result = try run(
            "reading the newest calls", Self.samplesSQL, Self.values(of: query))
        return result.rows.map { row in
            var sample = CallSample()
            sample.moment =
                result.text(row, 0).flatMap { Instant(text: $0) } ?? Instant(seconds: 0)
            sample.user = result.text(row, 1) ?? ""
            sample.key = result.text(row, 2) ?? ""
            sample.session = result.text(row, 3) ?? ""
            sample.provider = result.text(row, 4) ?? ""
            sample.model = result.text(row, 5) ?? ""
            sample.endpoint = result.text(row, 6) ?? ""
            sample.task = result.text(row, 7) ?? ""
            sample.isSuccess = result.flag(row, 8)
            sample.attempt = result.number(row, 9) ?? 1
            sample.isStreamed = result.flag(row, 10)
            sample.serviceTier = result.text(row, 11)
            sample.duration = result.number(row, 12)
            sample.firstToken = result.number(row, 13)
            sample.input = result.number(row, 14) ?? 0
            sample.output = result.number(row, 15) ?? 0
            sample.cacheRead = result.number(row, 16) ?? 0
            sample.cacheWrite = result.number(row, 17) ?? 0
            sample.reasoning = result.number(row, 18) ?? 0
            sample.cost = result.amount(row, 19) ?? .zero
            sample.held = result.amount(row, 20) ?? .zero
            sample.isPriced = result.flag(row, 21)
            return sample
        }
    }

    /// Out of the sums by day, which stand by calls that were rated later too.
    private static let ratingsSQL = """
        SELECT provider, model, task_type, sum(positive_ratings), sum(negative_ratings)
        FROM performance_rollups
        WHERE bucket >= $1::timestamptz AND bucket < $2::timestamptz
        GROUP BY 1, 2, 3 HAVING sum(ratings) <> 0 ORDER BY 1, 2, 3
        """

    package func ratings(
        since first: CivilDate, through last: CivilDate
    ) throws(StoreError) -> [RatingCount] {
        let result = try run(
            "reading ratings", Self.ratingsSQL,
            [first.start.text, last.advanced(byDays: 1).start.text])
        return result.rows.map { row in
            RatingCount(
                provider: result.text(row, 0) ?? "", model: result.text(row, 1) ?? "",
                task: result.text(row, 2) ?? "", up: result.number(row, 3) ?? 0,
                down: result.number(row, 4) ?? 0)
        }
    }
}
