internal import Chronology
internal import Money
internal import Postgres
package import Reporting
package import Stores

extension PostgresStore {
    /// One statement for every choice of dimensions: the choice is bound like any other value.
    private static let reportSQL = """
        SELECT
            CASE $1
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type END AS first_key,
            CASE $2
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type END AS second_key,
            count(*) FILTER (WHERE status <> 'blocked' AND endpoint IS DISTINCT FROM 'adjustment'),
            count(*) FILTER (WHERE status = 'error'), count(*) FILTER (WHERE status = 'blocked'),
            sum(input_tokens), sum(output_tokens), (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(CASE WHEN usage_status <> 'exact' THEN cost_usd ELSE 0 END)
                * 1000000000000)::numeric(38,0)
        FROM spend_rows
        WHERE "timestamp" >= $3::timestamptz AND "timestamp" < $4::timestamptz
            AND ($5::text IS NULL OR user_id = $5)
        GROUP BY first_key, second_key
        """

    package func report(_ query: SpendQuery) throws(StoreError) -> SpendReport {
        let second = query.dimensions.count > 1 ? query.dimensions[1].rawValue : nil
        let result = try run(
            "the report", Self.reportSQL,
            [
                query.dimensions.first?.rawValue, second, query.since.text, query.until.text,
                query.userID,
            ])
        let lines = result.rows.map { row in
            let keys = [result.text(row, 0), result.text(row, 1)]
            var line = SpendReport.Line(keys: query.dimensions.indices.map { keys[$0] ?? "" })
            line.calls = result.number(row, 2) ?? 0
            line.errors = result.number(row, 3) ?? 0
            line.blocked = result.number(row, 4) ?? 0
            line.inputTokens = result.number(row, 5) ?? 0
            line.outputTokens = result.number(row, 6) ?? 0
            line.cost = result.amount(row, 7) ?? .zero
            line.inexactCost = result.amount(row, 8) ?? .zero
            return line
        }
        return SpendReport(query: query, lines: lines)
    }
}
