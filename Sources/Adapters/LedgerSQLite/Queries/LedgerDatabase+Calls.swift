package import Accounting
package import Chronology
internal import GRDB
internal import Money
package import Reporting
package import Stores

extension LedgerDatabase {
    private static let callColumns = """
        SELECT call_id, attempt, timestamp, user_id, project_id, key_id, session_id,
            conversation_id, tags, provider, upstream, endpoint, model, model_requested,
            input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens,
            reasoning_tokens, usage, usage_status, service_tier, inference_geo, cost_picodollars,
            cost_reported_picodollars, price_version, held_picodollars, status, status_code,
            error_message, request_duration_ms, time_to_first_token_ms, streamed, task_type,
            metadata
        FROM api_cost_tracking
        """
    private static let newestSQL =
        callColumns + " WHERE (:user IS NULL OR +user_id = :user)" + chosen
    /// By another index: of one user there may be few.
    private static let newestOfUserSQL = callColumns + " WHERE user_id = :user" + chosen

    static let chosen = """
         AND timestamp >= :since AND timestamp < :until
            AND (:cursor IS NULL OR timestamp <= :cursor)
            AND (:status IS NULL OR status = :status)

        """ + ReportStatements.sameValues + """
            ORDER BY timestamp DESC, id DESC LIMIT :limit OFFSET :offset
            """
    private static let oneCallSQL = callColumns + " WHERE call_id = ? ORDER BY attempt"

    /// Rows of calls, newest first, with every column.
    package func calls(_ query: CallQuery) throws(StoreError) -> [CallRow] {
        let arguments = Self.arguments(of: query)
        let sql = query.value(of: .user) == nil ? Self.newestSQL : Self.newestOfUserSQL
        return try read("reading calls") { db in
            try Self.rows(db, sql, StatementArguments(arguments))
        }
    }

    static func arguments(of query: CallQuery) -> [String: (any DatabaseValueConvertible)?] {
        var arguments: [String: (any DatabaseValueConvertible)?] = [
            "since": query.since.text, "until": query.until.text, "status": query.status,
            "limit": query.limit, "offset": query.offset, "kept_tag": query.tagFilter?.name,
            "tag": query.tagFilter?.value, "cursor": query.cursor,
        ]
        for dimension in SpendDimension.plain where !dimension.isTime {
            arguments[dimension.name] = .some(query.value(of: dimension))
        }
        return arguments
    }

    private static let dearestOfDaySQL =
        callColumns + """
             WHERE substr(timestamp, 1, 10) = ? AND timestamp >= ? AND timestamp < ?
                AND status <> 'blocked' AND endpoint IS NOT 'adjustment'
            ORDER BY cost_picodollars DESC LIMIT ?
            """

    /// Day by day, as an index has each day's calls by their cost.
    package func dearestCalls(
        since: Instant, until: Instant, limit: Int
    ) throws(StoreError) -> [CallRow] {
        try read("reading the dearest calls") { db in
            let span: [String?] = try [
                String.fetchOne(db, sql: "SELECT min(timestamp) FROM api_cost_tracking"),
                String.fetchOne(db, sql: "SELECT max(timestamp) FROM api_cost_tracking"),
            ]
            guard let oldest = span[0].flatMap({ Instant(text: $0) }),
                let newest = span[1].flatMap({ Instant(text: $0) })
            else { return [] }
            var day = CivilDate(max(since, oldest))
            let last = CivilDate(min(until, newest))
            var dearest: [CallRow] = []
            while day.start <= last.start {
                dearest += try Self.rows(
                    db, Self.dearestOfDaySQL,
                    [String(day.start.text.prefix(10)), since.text, until.text, limit])
                day = day.advanced(byDays: 1)
            }
            return CallRow.dearest(dearest, limit)
        }
    }

    package func rate(_ call: CallID, _ rating: CallRating) throws(StoreError) -> Bool {
        try write("rating a call") { db in
            try db.execute(
                sql: "UPDATE model_performance_metrics SET user_rating = ? WHERE call_id = ?",
                arguments: [rating.rawValue, call.description])
            return db.changesCount > 0
        }
    }

    /// The attempts of one call.
    package func attempts(of call: CallID) throws(StoreError) -> [CallRow] {
        try read("reading a call") { db in
            try Self.rows(db, Self.oneCallSQL, [call.description])
        }
    }

    private static func rows(
        _ db: Database, _ sql: String, _ arguments: StatementArguments
    ) throws -> [CallRow] {
        try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            CallRow(
                cells: CallRow.columns.enumerated().map { index, column in
                    switch column {
                    case .text: .text(row[index])
                    case .number: .number(row[index])
                    case .flag: .flag((row[index] as Int64?) == 1)
                    case .json: .json((row[index] as String?) ?? "null")
                    case .money:
                        .money((row[index] as Int64?).map { Amount(picodollars: Int128($0)) })
                    }
                })
        }
    }
}
