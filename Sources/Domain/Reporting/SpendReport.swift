internal import Chronology
package import Money

/// Sums of the rows that a query covers.
package struct SpendReport: Sendable {
    package struct Line: Sendable {
        /// One text for each dimension; empty where the row has none.
        package var keys: [String]
        package var calls: Int64
        package var errors: Int64
        package var blocked: Int64
        package var inputTokens: Int64
        package var outputTokens: Int64
        /// Parts of the input that a cache gave, or took, and of the output that was thought.
        package var cacheReadTokens: Int64
        package var cacheWriteTokens: Int64
        package var reasoningTokens: Int64
        package var cost: Amount
        /// The part of `cost` that the provider did not state exactly.
        package var inexactCost: Amount

        package init(keys: [String]) {
            self.keys = keys
            calls = 0
            errors = 0
            blocked = 0
            inputTokens = 0
            outputTokens = 0
            cacheReadTokens = 0
            cacheWriteTokens = 0
            reasoningTokens = 0
            cost = .zero
            inexactCost = .zero
        }

        /// Takes a line out of another: see `SpendQuery.lines(tagged:of:)`.
        fileprivate var negated: Line {
            var line = self
            line.calls = -calls
            line.errors = -errors
            line.blocked = -blocked
            line.inputTokens = -inputTokens
            line.outputTokens = -outputTokens
            line.cacheReadTokens = -cacheReadTokens
            line.cacheWriteTokens = -cacheWriteTokens
            line.reasoningTokens = -reasoningTokens
            line.cost = .zero - cost
            line.inexactCost = .zero - inexactCost
            return line
        }

        fileprivate var isEmpty: Bool {
            calls == 0 && errors == 0 && blocked == 0 && inputTokens == 0 && outputTokens == 0
                && cacheReadTokens == 0 && cacheWriteTokens == 0 && reasoningTokens == 0
                && cost == .zero && inexactCost == .zero
        }

        /// Takes a part of it out.
        package mutating func subtract(_ other: Line) { add(other.negated) }

        fileprivate mutating func add(_ other: Line) {
            calls += other.calls
            errors += other.errors
            blocked += other.blocked
            inputTokens += other.inputTokens
            outputTokens += other.outputTokens
            cacheReadTokens += other.cacheReadTokens
            cacheWriteTokens += other.cacheWriteTokens
            reasoningTokens += other.reasoningTokens
            cost += other.cost
            inexactCost += other.inexactCost
        }
    }

    package let query: SpendQuery
    /// Dearest first, or in the order of time where that is a dimension.
    package let lines: [Line]
    package let total: Line

    /// Lines as a store tells them: several may be of the same keys, such as one of rollups and one
    /// of rows, and times are buckets of UTC.
    package init(query: SpendQuery, lines: [Line]) {
        self.init(
            query: query,
            labelled: lines.map { line in
                var line = line
                line.keys = zip(line.keys, query.dimensions).map {
                    query.label(of: $0, by: $1)
                }
                return line
            })
    }

    /// Lines whose times have the names that people know already.
    package init(query: SpendQuery, told lines: [Line]) {
        self.init(query: query, labelled: lines)
    }

    init(query: SpendQuery, labelled lines: [Line]) {
        self.query = query
        var sums: [[String]: Line] = [:]
        for line in lines { sums[line.keys, default: Line(keys: line.keys)].add(line) }
        // What was taken out of whole days may leave nothing.
        sums = sums.filter { !$0.value.isEmpty }
        let isTimeline = query.dimensions.contains(where: \.isTime)
        self.lines = sums.values.sorted { left, right in
            if isTimeline || left.cost == right.cost {
                return query.precedes(left.keys, right.keys)
            }
            return left.cost > right.cost
        }
        var total = Line(keys: [])
        for line in self.lines { total.add(line) }
        self.total = total
    }

    package var table: ReportTable {
        var table = ReportTable(columns: query.dimensions.map { .text($0.name) })
        table.columns += [
            .number("calls"), .number("errors"), .number("blocked"), .number("input_tokens"),
            .number("output_tokens"), .number("cache_read_tokens"),
            .number("cache_write_tokens"), .number("reasoning_tokens"), .money("cost_usd"),
            .money("inexact_usd"),
        ]
        table.rows = lines.map { Self.cells($0, keys: $0.keys) }
        table.totalRow = Self.cells(
            total, keys: query.dimensions.indices.map { $0 == 0 ? "total" : "" })
        table.facts = [
            ("since", query.since.shortText), ("until", query.until.shortText),
            ("zone", query.zone.name),
        ]
        return table
    }

    static func cells(_ line: Line, keys: [String]) -> [ReportTable.Cell] {
        keys.map { .text($0) } + [
            .number(line.calls), .number(line.errors), .number(line.blocked),
            .number(line.inputTokens), .number(line.outputTokens),
            .number(line.cacheReadTokens), .number(line.cacheWriteTokens),
            .number(line.reasoningTokens), .money(line.cost),
            .money(line.inexactCost),
        ]
    }
}

extension SpendQuery {
    /// By name, and by time where a dimension is one.
    fileprivate func precedes(_ left: [String], _ right: [String]) -> Bool {
        for (place, dimension) in dimensions.enumerated() where left[place] != right[place] {
            guard dimension == .hour else { return left[place] < right[place] }
            return Self.order(of: left[place]) < Self.order(of: right[place])
        }
        return false
    }

    /// Lines of all calls told apart by a tag, out of those that have it, `tagged`, and those of
    /// `all`, whose tag is empty. A tag without a value is none.
    package func lines(
        tagged: [SpendReport.Line], of all: [SpendReport.Line]
    ) -> [SpendReport.Line] {
        guard let place = dimensions.firstIndex(where: \.isTag) else { return all }
        let told = tagged.filter { !$0.keys[place].isEmpty }
        return told + all
            + told.map { line in
                var line = line.negated
                line.keys[place] = ""
                return line
            }
    }
}
