internal import Chronology
internal import Money
internal import Postgres
package import Reporting
package import Stores

extension PostgresStore {
    package func report(_ query: SpendQuery) throws(StoreError) -> SpendReport {
        let statements = query.parts.map { Self.statement(query, $0) }
        // One snapshot for all parts, which a correction must not come between.
        let results = try lend("the report") { connection throws(PostgresFailure) in
            try connection.pipeline(
                [PostgresStatement("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")]
                    + statements + [PostgresStatement("COMMIT")])
        }
        let lines = results.dropFirst().dropLast().flatMap { Self.lines($0, query) }
        return SpendReport(query: query, lines: lines)
    }

    private static func statement(_ query: SpendQuery, _ part: SpendPart) -> PostgresStatement {
        let second = query.dimensions.count > 1 ? query.dimensions[1].rawValue : nil
        let common = [
            query.dimensions.first?.rawValue, second, part.since.text, part.until.text,
            query.userID,
        ]
        return switch part.source {
        case .rows: PostgresStatement(rowsSQL, common)
        case .hours: PostgresStatement(rollupSQL, common + ["hour", SpendFacet.whole.rawValue])
        // Months are not kept apart here: their days are.
        case .days(let facet), .months(let facet):
            PostgresStatement(rollupSQL, common + ["day", facet.rawValue])
        }
    }

    private static func lines(_ result: PostgresResult, _ query: SpendQuery) -> [SpendReport.Line] {
        result.rows.map { row in
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
    }

    /// One statement for every choice of dimensions: the choice is bound like any other value.
    private static let rowsSQL = """
        SELECT
            CASE $1
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type END AS first_key,
            CASE $2
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type END AS second_key,
            count(*) FILTER (WHERE status IS DISTINCT FROM 'blocked'
                AND endpoint IS DISTINCT FROM 'adjustment'),
            count(*) FILTER (WHERE status = 'error'), count(*) FILTER (WHERE status = 'blocked'),
            sum(input_tokens), sum(output_tokens), (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(CASE WHEN usage_status <> 'exact' THEN cost_usd ELSE 0 END)
                * 1000000000000)::numeric(38,0)
        FROM spend_rows
        WHERE "timestamp" >= $3::timestamptz AND "timestamp" < $4::timestamptz
            AND ($5::text IS NULL OR user_id = $5)
        GROUP BY first_key, second_key
        """

    private static let rollupSQL = """
        SELECT
            CASE $1
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type WHEN facet THEN value END AS first_key,
            CASE $2
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type WHEN facet THEN value END AS second_key,
            sum(calls), sum(errors), sum(blocked), sum(input_tokens), sum(output_tokens),
            (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(inexact_cost_usd) * 1000000000000)::numeric(38,0)
        FROM cost_rollups
        WHERE grain = $6 AND facet = $7 AND bucket >= $3::timestamptz
            AND bucket < $4::timestamptz AND ($5::text IS NULL OR value = $5)
        GROUP BY first_key, second_key
        """
}
