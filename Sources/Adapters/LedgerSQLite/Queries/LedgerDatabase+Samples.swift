package import Chronology
internal import GRDB
internal import Money
package import Reporting
package import Stores

extension LedgerDatabase {
    package func samples(_ query: CallQuery) throws(StoreError) -> [CallSample] {
        let sql =
            query.value(of: .user) == nil
            ? Self.sampleColumns + " (:user IS NULL OR +user_id = :user)" + Self.sampleChoice
            : Self.sampleColumns + " user_id = :user" + Self.sampleChoice
        return try read("reading the newest calls") { db in
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: sql),
                arguments: StatementArguments(Self.arguments(of: query)))
            var samples: [CallSample] = []
            while let row = try rows.next() { samples.append(Self.sample(row)) }
            return samples
        }
    }

    private static let sampleColumns = """
        SELECT timestamp, user_id, ifnull(key_id, ''), ifnull(session_id, ''), provider,
            ifnull(model, ''), ifnull(endpoint, ''), ifnull(task_type, ''), status <> 'error',
            attempt, streamed, service_tier, request_duration_ms, time_to_first_token_ms,
            input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
            cost_picodollars, held_picodollars, price_version IS NOT NULL
                OR EXISTS (SELECT 1 FROM api_cost_tracking AS later
                    WHERE later.timestamp = api_cost_tracking.timestamp
                        AND later.endpoint = 'adjustment' AND json_extract(later.metadata,
                            '$.adjusts') = api_cost_tracking.call_id
                        AND json_extract(later.metadata, '$.attempt') = api_cost_tracking.attempt)
        FROM api_cost_tracking WHERE
        """

    private static let sampleChoice = """
         AND status <> 'blocked' AND endpoint IS NOT 'adjustment'
            AND upstream IS NOT 'import-sum'
        """ + chosen

    private static func sample(_ row: Row) -> CallSample {
        var sample = CallSample()
        sample.moment = Instant(text: row[0] as String) ?? Instant(seconds: 0)
        sample.user = row[1]
        sample.key = row[2]
        sample.session = row[3]
        sample.provider = row[4]
        sample.model = row[5]
        sample.endpoint = row[6]
        sample.task = row[7]
        sample.isSuccess = (row[8] as Int64) == 1
        sample.attempt = row[9]
        sample.isStreamed = (row[10] as Int64) == 1
        sample.serviceTier = row[11]
        sample.duration = row[12]
        sample.firstToken = row[13]
        sample.input = row[14]
        sample.output = row[15]
        sample.cacheRead = row[16]
        sample.cacheWrite = row[17]
        sample.reasoning = row[18]
        sample.cost = Amount(picodollars: Int128(row[19] as Int64))
        sample.held = Amount(picodollars: Int128(row[20] as Int64))
        sample.isPriced = (row[21] as Int64) == 1
        return sample
    }

    package func ratings(
        since first: CivilDate, through last: CivilDate
    ) throws(StoreError) -> [RatingCount] {
        try read("reading ratings") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT provider, ifnull(model, ''), task_type, sum(user_rating > 0),
                        sum(user_rating < 0)
                    FROM model_performance_metrics
                    WHERE timestamp >= ? AND timestamp < ? AND user_rating IS NOT NULL
                    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
                    """, arguments: [first.start.text, last.advanced(byDays: 1).start.text]
            ).map { row in
                RatingCount(
                    provider: row[0], model: row[1], task: row[2], up: row[3], down: row[4])
            }
        }
    }
}
