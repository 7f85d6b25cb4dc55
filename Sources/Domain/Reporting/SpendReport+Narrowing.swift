internal import Chronology
internal import Money

extension SpendReport {
    /// With what people call the values of a dimension beside the values themselves.
    package func naming(_ dimension: SpendDimension, _ names: [String: String]) -> SpendReport {
        guard let place = query.dimensions.firstIndex(of: dimension) else { return self }
        return SpendReport(
            query: query,
            told: lines.map { line in
                var line = line
                if let name = names[line.keys[place]] { line.keys[place] += " (\(name))" }
                return line
            })
    }

    /// What the lines beyond the dearest are called.
    package static let other = "(other)"

    /// Keeps the dearest `count` lines, and sums the rest in one. Beside a span of time, the
    /// dearest values of the other dimension.
    package func top(_ count: Int) -> SpendReport {
        let place = query.dimensions.firstIndex { !$0.isTime }
        guard let place, query.dimensions.contains(where: \.isTime) else {
            guard lines.count > count, place != nil else { return self }
            let kept = Set(lines.prefix(count).map(\.keys))
            return merging { keys in
                kept.contains(keys) ? keys : keys.map { _ in Self.other }
            }
        }
        var sums: [String: Amount] = [:]
        for line in lines { sums[line.keys[place], default: .zero] += line.cost }
        let ranked = sums.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        let kept = Set(ranked.prefix(count).map(\.key))
        return merging { keys in
            var keys = keys
            if !kept.contains(keys[place]) { keys[place] = Self.other }
            return keys
        }
    }

    fileprivate func merging(_ name: ([String]) -> [String]) -> SpendReport {
        SpendReport(
            query: query,
            labelled: lines.map { line in
                var line = line
                line.keys = name(line.keys)
                return line
            })
    }
}

/// A report beside that of the time just before.
package struct SpendComparison: Sendable {
    private let now: SpendReport
    private let before: SpendReport

    package init(_ now: SpendReport, before: SpendReport) {
        self.now = now
        // Where the rest is one line, it is the same rest as before.
        let kept = Set(now.lines.map(\.keys))
        let hasRest = kept.contains { $0.contains(SpendReport.other) }
        self.before =
            hasRest
            ? before.merging { kept.contains($0) ? $0 : $0.map { _ in SpendReport.other } } : before
    }

    package var table: ReportTable {
        var table = now.table
        let earlier = Dictionary(before.lines.map { ($0.keys, $0.cost) }) { $0 + $1 }
        let gone = before.lines.filter { line in !now.lines.contains { $0.keys == line.keys } }
        table.columns += [.money("previous_usd"), .money("change_usd"), .number("change_pct")]
        for (row, line) in now.lines.enumerated() {
            table.rows[row] += Self.cells(line.cost, earlier[line.keys] ?? .zero)
        }
        for line in gone {
            let empty = SpendReport.Line(keys: line.keys)
            table.rows.append(
                SpendReport.cells(empty, keys: line.keys)
                    + Self.cells(.zero, line.cost))
        }
        table.totalRow? += Self.cells(now.total.cost, before.total.cost)
        table.facts.append(("previous_since", before.query.since.shortText))
        return table
    }

    private static func cells(_ now: Amount, _ before: Amount) -> [ReportTable.Cell] {
        let change = now - before
        let magnitude = change < .zero ? before - now : change
        let percent = before > .zero ? magnitude.percentText(of: before) : nil
        let sign = change < .zero ? "-" : "+"
        return [.money(before), .money(change), .text(percent.map { sign + $0 })]
    }
}
