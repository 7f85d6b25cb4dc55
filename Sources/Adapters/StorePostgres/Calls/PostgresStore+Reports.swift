internal import Chronology
internal import Money
internal import Postgres
package import Reporting
package import Stores

extension PostgresStore {
    package func report(_ query: SpendQuery) throws(StoreError) -> SpendReport {
        typealias Part = (part: SpendPart, statements: [PostgresStatement])
        // One snapshot for all parts, which a correction must not come between.
        let (parts, results) = try lend("the report") {
            connection throws(PostgresFailure) -> ([Part], [PostgresResult]) in
            let next = try connection.pipeline([
                PostgresStatement("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
                // Sums of many values would be sorted on disk.
                PostgresStatement("SET LOCAL work_mem = '64MB'"),
                PostgresStatement(Self.nextSQL, [query.until.text, query.furthestEnd.text]),
            ])[2]
            let parts = query.parts(
                nextRow: next.number(0, 0).map { Instant(microseconds: $0) }
            ).map { (part: $0, statements: Self.statements(query, $0)) }
            let results = try connection.pipeline(
                parts.flatMap(\.statements) + [PostgresStatement("COMMIT")])
            return (parts, results)
        }
        var rest = results.dropLast().map { Self.lines($0, query) }[...]
        var lines: [SpendReport.Line] = []
        for part in parts {
            let own = rest.prefix(part.statements.count)
            rest = rest.dropFirst(part.statements.count)
            if let tagged = own.first, let all = own.dropFirst().first {
                lines += query.lines(tagged: tagged, of: all)
            } else {
                lines += own.joined()
            }
        }
        return SpendReport(query: query, lines: lines)
    }

    private static let nextSQL = """
        SELECT (extract(epoch FROM min("timestamp")) * 1000000)::bigint FROM api_cost_tracking
        WHERE "timestamp" >= $1::timestamptz AND "timestamp" < $2::timestamptz
        """

    /// Two where calls with a tag are told apart from all.
    private static func statements(
        _ query: SpendQuery, _ part: SpendPart
    ) -> [PostgresStatement] {
        let names = query.dimensions.map(query.statementName(of:))
        let common = [
            names.first, names.count > 1 ? names[1] : nil, part.since.text, part.until.text,
            query.value(of: .model), query.value(of: .provider), query.value(of: .endpoint),
            query.value(of: .upstream), query.value(of: .taskType),
        ]
        switch part.source {
        case .rows:
            return [
                PostgresStatement(
                    rowsSQL,
                    common + [
                        query.value(of: .user), query.value(of: .project), query.value(of: .key),
                        query.value(of: .session), query.value(of: .conversation), query.tag,
                        query.tagFilter?.name, query.tagFilter?.value,
                    ])
            ]
        case .hours:
            return [
                rolledUp(
                    common, "hour", .whole, query, named: query.tellsModelsOnly ? "model" : nil)
            ]
        case .days(.tag) where query.tag != nil:
            return [
                rolledUp(common, "day", .tag, query), rolledUp(common, "day", .whole, query),
            ]
        case .days(.user) where query.tellsUsersOnly:
            return [
                PostgresStatement(
                    payersSQL,
                    [
                        names.first, names.count > 1 ? names[1] : nil, part.since.text,
                        part.until.text, query.value(of: .user),
                    ])
            ]
        case .days(let facet) where facet.isOfSessions, .months(let facet) where facet.isOfSessions:
            return [
                PostgresStatement(
                    sessionsSQL,
                    common.prefix(6) + [facet.rawValue, query.facetValue(facet)])
            ]
        // Tags are by day alone.
        case .months(.tag): return [rolledUp(common, "day", .tag, query)]
        case .days(let facet): return [rolledUp(common, "day", facet, query)]
        case .months(let facet): return [rolledUp(common, "month", facet, query)]
        }
    }

    private static func rolledUp(
        _ common: [String?], _ grain: String, _ facet: SpendFacet, _ query: SpendQuery,
        named name: String? = nil
    ) -> PostgresStatement {
        PostgresStatement(
            rollupSQL,
            common + [
                grain, name ?? facet.rawValue, query.facetValue(facet),
                facet == .tag ? query.tag.map { "\($0)=" } : nil,
            ])
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
            line.cacheReadTokens = result.number(row, 7) ?? 0
            line.cacheWriteTokens = result.number(row, 8) ?? 0
            line.reasoningTokens = result.number(row, 9) ?? 0
            line.cost = result.amount(row, 10) ?? .zero
            line.inexactCost = result.amount(row, 11) ?? .zero
            return line
        }
    }

    /// One statement for every choice of dimensions and filters: the choice is bound like any other
    /// value.
    private static let rowsSQL = """
        SELECT
            CASE $1
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'quarter' THEN to_char(date_bin('15 minutes', "timestamp" AT TIME ZONE 'UTC',
                    '2000-01-01'), 'YYYY-MM-DD"T"HH24:MI')
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type
                WHEN 'tag' THEN tags ->> $15::text END AS first_key,
            CASE $2
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'quarter' THEN to_char(date_bin('15 minutes', "timestamp" AT TIME ZONE 'UTC',
                    '2000-01-01'), 'YYYY-MM-DD"T"HH24:MI')
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type
                WHEN 'tag' THEN tags ->> $15::text END AS second_key,
            count(*) FILTER (WHERE status IS DISTINCT FROM 'blocked'
                AND endpoint IS DISTINCT FROM 'adjustment'),
            count(*) FILTER (WHERE status = 'error'), count(*) FILTER (WHERE status = 'blocked'),
            sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
            sum(cache_write_tokens), sum(reasoning_tokens),
            (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(CASE WHEN usage_status <> 'exact' THEN cost_usd ELSE 0 END)
                * 1000000000000)::numeric(38,0)
        FROM spend_rows
        WHERE "timestamp" >= $3::timestamptz AND "timestamp" < $4::timestamptz
            AND ($5::text IS NULL OR coalesce(model, '') = $5)
            AND ($6::text IS NULL OR coalesce(provider, '') = $6)
            AND ($7::text IS NULL OR coalesce(endpoint, '') = $7)
            AND ($8::text IS NULL OR coalesce(upstream, '') = $8)
            AND ($9::text IS NULL OR coalesce(task_type, '') = $9)
            AND ($10::text IS NULL OR coalesce(user_id, '') = $10)
            AND ($11::text IS NULL OR coalesce(project_id, '') = $11)
            AND ($12::text IS NULL OR coalesce(key_id, '') = $12)
            AND ($13::text IS NULL OR coalesce(session_id, '') = $13)
            AND ($14::text IS NULL OR coalesce(conversation_id, '') = $14)
            AND ($17::text IS NULL OR coalesce(tags ->> $16::text, '') = $17)
        GROUP BY first_key, second_key
        """

    /// Of users alone there are sums without models, and so fewer of them.
    private static let payersSQL = """
        SELECT
            CASE $1 WHEN 'user' THEN user_id
                ELSE to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS first_key,
            CASE $2 WHEN 'user' THEN user_id
                WHEN 'day' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS second_key,
            sum(calls), sum(errors), sum(blocked), sum(input_tokens), sum(output_tokens),
            sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
            (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(inexact_cost_usd) * 1000000000000)::numeric(38,0)
        FROM payer_rollups
        WHERE bucket >= $3::timestamptz AND bucket < $4::timestamptz
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
                WHEN 'task_type' THEN task_type
                WHEN facet THEN substr(value, coalesce(length($13), 0) + 1) END AS first_key,
            CASE $2
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN 'hour' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type
                WHEN facet THEN substr(value, coalesce(length($13), 0) + 1) END AS second_key,
            sum(calls), sum(errors), sum(blocked), sum(input_tokens), sum(output_tokens),
            sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
            (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(inexact_cost_usd) * 1000000000000)::numeric(38,0)
        FROM cost_rollups
        WHERE grain = $10 AND facet = $11 AND bucket >= $3::timestamptz
            AND bucket < $4::timestamptz AND ($12::text IS NULL OR value = $12)
            AND ($13::text IS NULL OR starts_with(value, $13))
            AND ($5::text IS NULL OR model = $5) AND ($6::text IS NULL OR provider = $6)
            AND ($7::text IS NULL OR endpoint = $7) AND ($8::text IS NULL OR upstream = $8)
            AND ($9::text IS NULL OR task_type = $9)
        GROUP BY first_key, second_key
        """

    /// Of sessions and conversations, which are many and have a table of their own.
    private static let sessionsSQL = """
        SELECT
            CASE $1 WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN facet THEN value END AS first_key,
            CASE $2 WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                WHEN facet THEN value END AS second_key,
            sum(calls), sum(errors), sum(blocked), sum(input_tokens), sum(output_tokens),
            sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
            (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(inexact_cost_usd) * 1000000000000)::numeric(38,0)
        FROM session_rollups
        WHERE facet = $7 AND bucket >= $3::timestamptz AND bucket < $4::timestamptz
            AND ($5::text IS NULL OR model = $5) AND ($6::text IS NULL OR provider = $6)
            AND ($8::text IS NULL OR value = $8)
        GROUP BY first_key, second_key
        """
}

extension SpendFacet {
    fileprivate var isOfSessions: Bool { self == .session || self == .conversation }
}

extension SpendQuery {
    /// Whether nothing but users and days are told apart or asked for.
    fileprivate var tellsUsersOnly: Bool {
        let told = dimensions + filters.map(\.dimension)
        return dimensions.contains(.user) && told.allSatisfy { $0 == .user || $0.isTime }
    }

    /// Whether nothing but models, providers and times are told apart or asked for.
    fileprivate var tellsModelsOnly: Bool {
        (dimensions + filters.map(\.dimension)).allSatisfy {
            $0 == .model || $0 == .provider || $0.isTime
        }
    }
}
