internal import Chronology
internal import GRDB
internal import Money
package import Reporting
package import Stores

extension LedgerDatabase {
    package func report(_ query: SpendQuery) throws(StoreError) -> SpendReport {
        // One snapshot for all parts, as a row moves from what is not yet rolled up to what is.
        let lines = try read("the report") { db in
            let next = try String.fetchOne(
                db,
                sql: """
                    SELECT min(timestamp) FROM api_cost_tracking
                    WHERE timestamp >= ? AND timestamp < ?
                    """, arguments: [query.until.text, query.furthestEnd.text])
            // A moment that another program wrote in its own way is taken for the nearest.
            let parts = query.parts(nextRow: next.map { Instant(text: $0) ?? query.until })
            return try parts.flatMap { part in try ReportStatements(db: db).lines(query, part) }
        }
        return SpendReport(query: query, lines: lines)
    }
}

/// Sums a report is made of.
struct ReportStatements {
    let db: Database

    func lines(_ query: SpendQuery, _ part: SpendPart) throws -> [SpendReport.Line] {
        switch part.source {
        case .rows: try lines(query, part, Self.rowsSQL)
        case .hours:
            try rolledUp(
                query, part, grain: "hour", facet: .whole, bucketLength: 13,
                named: query.tells(only: [.model, .provider]) ? "model" : nil)
        case .days(.tag) where query.tag != nil:
            try query.lines(
                tagged: rolledUp(query, part, grain: "day", facet: .tag, bucketLength: 10),
                of: rolledUp(query, part, grain: "day", facet: .whole, bucketLength: 10))
        case .days(let facet):
            try rolledUp(query, part, grain: "day", facet: facet, bucketLength: 10)
        case .months(let facet):
            try rolledUp(query, part, grain: "month", facet: facet, bucketLength: 7)
        }
    }

    private func rolledUp(
        _ query: SpendQuery, _ part: SpendPart, grain: String, facet: SpendFacet, bucketLength: Int,
        named name: String? = nil
    ) throws -> [SpendReport.Line] {
        let mark = try Int64.fetchOne(
            db, sql: "SELECT up_to FROM rollup_marks WHERE grain = ? AND facet = ?",
            arguments: [grain, name ?? facet.rawValue])
        let value = query.facetValue(facet)
        let isIndexed = value != nil && [.user, .project, .key].contains(facet)
        let sums = try lines(
            query, part, isIndexed ? Self.valueSQL : Self.rollupSQL,
            [
                "grain": grain, "facet": name ?? facet.rawValue, "length": bucketLength,
                "value": value,
                "prefix": facet == .tag ? query.tag.map { "\($0)=" } : nil,
            ])
        var more: [String: (any DatabaseValueConvertible)?] = ["mark": mark ?? 0]
        // Of whole days beside a tag's, all is one line.
        if facet == .whole { more["tag_name"] = .some(nil) }
        let newest = try lines(query, part, Self.newestSQL, more)
        return sums + newest
    }

    private func lines(
        _ query: SpendQuery, _ part: SpendPart, _ sql: String,
        _ more: [String: (any DatabaseValueConvertible)?] = [:]
    ) throws -> [SpendReport.Line] {
        let names = query.dimensions.map(query.statementName(of:))
        var arguments: [String: (any DatabaseValueConvertible)?] = [
            "first": names.first, "second": names.count > 1 ? names[1] : nil,
            "since": part.since.text, "until": part.until.text,
            "tag_name": query.tag,
            "kept_tag": query.tagFilter?.name, "tag": query.tagFilter?.value,
        ]
        for dimension in SpendDimension.plain {
            arguments[dimension.name] = .some(query.value(of: dimension))
        }
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
        line.cacheReadTokens = row[7]
        line.cacheWriteTokens = row[8]
        line.reasoningTokens = row[9]
        line.cost = Amount(picodollars: Int128(row[10] as Int64))
        line.inexactCost = Amount(picodollars: Int128(row[11] as Int64))
        return line
    }
}
