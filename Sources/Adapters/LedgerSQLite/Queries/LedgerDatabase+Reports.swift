internal import Chronology
internal import GRDB
internal import Money
package import Reporting
package import Stores

extension LedgerDatabase {
    /// One statement for every choice of dimensions: the choice is bound like any other value.
    private static let reportSQL = """
        SELECT
            CASE :first
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(timestamp, 1, 10) WHEN 'hour' THEN substr(timestamp, 1, 13)
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type END AS first_key,
            CASE :second
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(timestamp, 1, 10) WHEN 'hour' THEN substr(timestamp, 1, 13)
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type END AS second_key,
            sum(status <> 'blocked' AND endpoint IS NOT 'adjustment'),
            sum(status = 'error'), sum(status = 'blocked'),
            sum(input_tokens), sum(output_tokens), sum(cost_picodollars),
            sum(CASE WHEN usage_status <> 'exact' THEN cost_picodollars ELSE 0 END)
        FROM api_cost_tracking
        WHERE timestamp >= :since AND timestamp < :until AND (:user IS NULL OR user_id = :user)
        GROUP BY first_key, second_key
        """

    package func report(_ query: SpendQuery) throws(StoreError) -> SpendReport {
        let second = query.dimensions.count > 1 ? query.dimensions[1].rawValue : nil
        let lines = try read("the report") { db in
            let rows = try Row.fetchCursor(
                db, sql: Self.reportSQL,
                arguments: [
                    "first": query.dimensions.first?.rawValue, "second": second,
                    "since": query.since.text, "until": query.until.text, "user": query.userID,
                ])
            var lines: [SpendReport.Line] = []
            while let row = try rows.next() {
                let keys: [String?] = [row[0], row[1]]
                var line = SpendReport.Line(
                    keys: query.dimensions.indices.map { keys[$0] ?? "" })
                line.calls = row[2]
                line.errors = row[3]
                line.blocked = row[4]
                line.inputTokens = row[5]
                line.outputTokens = row[6]
                line.cost = Amount(picodollars: Int128(row[7] as Int64))
                line.inexactCost = Amount(picodollars: Int128(row[8] as Int64))
                lines.append(line)
            }
            return lines
        }
        return SpendReport(query: query, lines: lines)
    }
}
