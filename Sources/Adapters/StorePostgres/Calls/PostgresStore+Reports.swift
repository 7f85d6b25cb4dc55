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
        let span = [
            names.first, names.count > 1 ? names[1] : nil, part.since.text, part.until.text,
        ]
        let models = span + [query.value(of: .model), query.value(of: .provider)]
        let common =
            models + [
                query.value(of: .endpoint), query.value(of: .upstream), query.value(of: .taskType),
            ]
        func days(_ grain: String, _ facet: SpendFacet) -> PostgresStatement {
            PostgresStatement(
                ReportSQL.days,
                common + [
                    grain, facet.rawValue, query.facetValue(facet),
                    facet == .tag ? query.tag.map { "\($0)=" } : nil,
                ])
        }
        switch part.source {
        case .rows:
            let others: [SpendDimension] = [.user, .project, .key, .session, .conversation]
            return [
                PostgresStatement(
                    ReportSQL.rows,
                    common + others.map { query.value(of: $0) }
                        + [query.tag, query.tagFilter?.name, query.tagFilter?.value])
            ]
        case .hours:
            let facet = query.tells(only: [.model, .provider]) ? "model" : ""
            return [PostgresStatement(ReportSQL.hours, common + [facet])]
        case .days(.user) where query.tells(only: [.user]):
            return [PostgresStatement(ReportSQL.payers, span + [query.value(of: .user)])]
        case .days(.user):
            return [PostgresStatement(ReportSQL.users, models + ["day", query.value(of: .user)])]
        case .months(.user):
            return [PostgresStatement(ReportSQL.users, models + ["month", query.value(of: .user)])]
        case .days(let facet) where facet == .session || facet == .conversation:
            return [
                PostgresStatement(
                    ReportSQL.sessions, models + [facet.rawValue, query.facetValue(facet)])
            ]
        case .days(.tag) where query.tag != nil: return [days("day", .tag), days("day", .whole)]
        case .days(let facet): return [days("day", facet)]
        case .months(let facet): return [days("month", facet)]
        }
    }

    private static func lines(_ result: PostgresResult, _ query: SpendQuery) -> [SpendReport.Line] {
        let bucket = query.bucket
        return result.rows.map { row in
            let start = result.number(row, 2).map { bucket.text(Instant(microseconds: $0)) }
            let keys = query.dimensions.enumerated().map { place, dimension in
                (dimension.isTime ? start : result.text(row, place)) ?? ""
            }
            var line = SpendReport.Line(keys: keys)
            line.calls = result.number(row, 3) ?? 0
            line.errors = result.number(row, 4) ?? 0
            line.blocked = result.number(row, 5) ?? 0
            line.inputTokens = result.number(row, 6) ?? 0
            line.outputTokens = result.number(row, 7) ?? 0
            line.cacheReadTokens = result.number(row, 8) ?? 0
            line.cacheWriteTokens = result.number(row, 9) ?? 0
            line.reasoningTokens = result.number(row, 10) ?? 0
            line.cost = result.amount(row, 11) ?? .zero
            line.inexactCost = result.amount(row, 12) ?? .zero
            return line
        }
    }
}
