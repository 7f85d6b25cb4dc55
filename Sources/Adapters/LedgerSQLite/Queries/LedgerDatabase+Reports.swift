internal import Chronology
internal import GRDB
internal import Money
package import Reporting
package import Stores

extension LedgerDatabase {
    package func report(_ query: SpendQuery) throws(StoreError) -> SpendReport {
        // One snapshot for all parts, as a row moves from what is not yet rolled up to what is.
        let lines = try read("the report") { db in
            try query.parts.flatMap { part in try ReportStatements(db: db).lines(query, part) }
        }
        return SpendReport(query: query, lines: lines)
    }
}

/// Sums a report is made of. One statement for every choice of dimensions: the choice is bound like
/// any other value.
private struct ReportStatements {
    let db: Database

    func lines(_ query: SpendQuery, _ part: SpendPart) throws -> [SpendReport.Line] {
        switch part.source {
        case .rows: try lines(query, part, Self.rowsSQL)
        case .hours: try rolledUp(query, part, grain: "hour", facet: .whole, bucketLength: 13)
        case .days(let facet):
            try rolledUp(query, part, grain: "day", facet: facet, bucketLength: 10)
        case .months(let facet):
            try rolledUp(query, part, grain: "month", facet: facet, bucketLength: 7)
        }
    }

    private func rolledUp(
        _ query: SpendQuery, _ part: SpendPart, grain: String, facet: SpendFacet, bucketLength: Int
    ) throws -> [SpendReport.Line] {
        let mark = try Int64.fetchOne(
            db, sql: "SELECT up_to FROM rollup_marks WHERE grain = ? AND facet = ?",
            arguments: [grain, facet.rawValue])
        let sums = try lines(
            query, part, query.userID == nil ? Self.rollupSQL : Self.valueSQL,
            [
                "grain": grain, "facet": facet.rawValue, "length": bucketLength,
                "value": query.userID,
            ])
        return try sums + lines(query, part, Self.newestSQL, ["mark": mark ?? 0])
    }

    private func lines(
        _ query: SpendQuery, _ part: SpendPart, _ sql: String,
        _ more: [String: (any DatabaseValueConvertible)?] = [:]
    ) throws -> [SpendReport.Line] {
        let second = query.dimensions.count > 1 ? query.dimensions[1].rawValue : nil
        var arguments: [String: (any DatabaseValueConvertible)?] = [
            "first": query.dimensions.first?.rawValue, "second": second,
            "since": part.since.text, "until": part.until.text, "user": query.userID,
        ]
        arguments.merge(more) { $1 }
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        var lines: [SpendReport.Line] = []
        while let row = try rows.next() { lines.append(Self.line(row, query)) }
        return lines
    }

    private static func line(_ row: Row, _ query: SpendQuery) -> SpendReport.Line {
        let keys: [String?] = [row[0], row[1]]
        var line = SpendReport.Line(keys: query.dimensions.indices.map { keys[$0] ?? "" })
        line.calls = row[2]
        line.errors = row[3]
        line.blocked = row[4]
        line.inputTokens = row[5]
        line.outputTokens = row[6]
        line.cost = Amount(picodollars: Int128(row[7] as Int64))
        line.inexactCost = Amount(picodollars: Int128(row[8] as Int64))
        return line
    }

    private static let rowKeys = """
        SELECT
            CASE :first
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(timestamp, 1, 10) WHEN 'hour' THEN substr(timestamp, 1, 13)
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type END AS first_key,
            CASE :second
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(timestamp, 1, 10) WHEN 'hour' THEN substr(timestamp, 1, 13)
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type END AS second_key,
            sum(status <> 'blocked' AND endpoint IS NOT 'adjustment'),
            sum(status = 'error'), sum(status = 'blocked'),
            sum(input_tokens), sum(output_tokens), sum(cost_picodollars),
            sum((usage_status <> 'exact') * cost_picodollars)
        FROM api_cost_tracking

        """

    private static let rowsSQL =
        rowKeys + """
            WHERE timestamp >= :since AND timestamp < :until AND (:user IS NULL OR user_id = :user)
            GROUP BY first_key, second_key
            """

    /// Rows that are not rolled up yet. There are few, so that an index by time is worse.
    private static let newestSQL =
        rowKeys + """
            WHERE id > :mark AND +timestamp >= :since AND +timestamp < :until
                AND (:user IS NULL OR +user_id = :user)
            GROUP BY first_key, second_key
            """

    private static let rollupKeys = """
        SELECT
            CASE :first
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(bucket, 1, 10) WHEN 'hour' THEN bucket
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type WHEN facet THEN value END AS first_key,
            CASE :second
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(bucket, 1, 10) WHEN 'hour' THEN bucket
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type WHEN facet THEN value END AS second_key,
            sum(calls), sum(errors), sum(blocked), sum(input_tokens), sum(output_tokens),
            sum(cost_picodollars), sum(inexact_cost_picodollars)

        """

    private static let rollupSQL =
        rollupKeys + """
            FROM cost_rollups
            WHERE grain = :grain AND facet = :facet AND bucket >= substr(:since, 1, :length)
                AND bucket < substr(:until, 1, :length)
            GROUP BY first_key, second_key
            """

    private static let valueSQL =
        rollupKeys + """
            FROM cost_rollups INDEXED BY cost_rollups_value
            WHERE grain = :grain AND facet = :facet AND facet IN ('user', 'project', 'key')
                AND value = :value AND bucket >= substr(:since, 1, :length)
                AND bucket < substr(:until, 1, :length)
            GROUP BY first_key, second_key
            """
}
