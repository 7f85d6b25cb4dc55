internal import Money

extension ReportTable {
    /// RFC 4180. A text that a spreadsheet would take for a formula is given as a text.
    package var csv: String {
        var lines = [columns.map { Self.field($0.name) }.joined(separator: ",")]
        for row in rows {
            lines.append(row.map { Self.field($0.plain, isText: $0.isText) }.joined(separator: ","))
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private static func field(_ text: String, isText: Bool = false) -> String {
        var text = text
        if isText, let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first)
        {
            text = "'" + text
        }
        let needsQuotes = text.unicodeScalars.contains { ",\"\n\r".unicodeScalars.contains($0) }
        guard needsQuotes else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    /// Aligned columns. Long cells are cut, and columns left out, only to fit a terminal of so many
    /// characters, never for another program.
    package func text(terminalWidth: Int? = nil) -> String {
        if let terminalWidth { return fitted(to: terminalWidth) }
        return text(cut: columns.map { _ in .max })
    }

    /// The shortest that a text is cut to.
    private static let leastCut = 8
    private static let gap = 2

    private func fitted(to width: Int) -> String {
        var table = self
        let empty = columns.indices.filter { column in
            !rows.isEmpty && rows.allSatisfy { $0[column].isEmpty }
        }
        for name in empty.map({ columns[$0].name }) + expendable
        where table.columns.count > 1 && table.excess(over: width, table.widths()) > 0 {
            table.drop(name)
        }
        var cuts = table.cuts(for: width)
        while table.excess(over: width, cuts) > 0, table.columns.count > 1 {
            table.drop(table.columns[table.columns.count - 1].name)
            cuts = table.cuts(for: width)
        }
        let missing = columns.count - table.columns.count
        guard missing > 0 else { return table.text(cut: cuts) }
        return table.text(cut: cuts)
            + "(\(missing) columns left out; a wider terminal or --format csv has them)\n"
    }

    /// The widths of columns, in which texts are cut until all fit or none can be shorter.
    private func cuts(for width: Int) -> [Int] {
        var cuts = widths()
        let texts = columns.indices.filter { !columns[$0].isRightAligned }
        while case let excess = excess(over: width, cuts), excess > 0 {
            guard let widest = texts.max(by: { cuts[$0] < cuts[$1] }), cuts[widest] > Self.leastCut
            else { break }
            let next = texts.filter { $0 != widest }.map { cuts[$0] }.max() ?? 0
            // Down to the next one, so that columns share what is missing.
            cuts[widest] = max(
                Self.leastCut, cuts[widest] - excess, min(next, cuts[widest] - 1))
        }
        return cuts
    }

    private func excess(over width: Int, _ widths: [Int]) -> Int {
        widths.reduce(0, +) + Self.gap * max(0, widths.count - 1) - width
    }

    /// The widest cell of each column.
    private func widths() -> [Int] {
        columns.indices.map { column in
            let cells = rows.map { $0[column] } + (totalRow.map { [$0[column]] } ?? [])
            return max(
                columns[column].name.count, cells.map { $0.shown(width: .max).count }.max() ?? 0)
        }
    }

    private func text(cut: [Int]) -> String {
        func shown(_ row: [Cell]) -> [String] {
            row.enumerated().map { $1.shown(width: cut[$0]) }
        }
        var grid = [columns.enumerated().map { Self.shortened($1.name, width: cut[$0]) }]
        grid += rows.map(shown)
        if let totalRow { grid.append(shown(totalRow)) }
        let widths = columns.indices.map { column in
            grid.map { $0[column].count }.max() ?? 0
        }
        var lines = grid.map { line(of: $0, widths: widths) }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        lines.insert(rule, at: 1)
        if totalRow != nil { lines.insert(rule, at: lines.count - 1) }
        if rows.isEmpty { lines.insert("(nothing)", at: 2) }
        let notes = facts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        if !notes.isEmpty { lines.append(notes) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(of cells: [String], widths: [Int]) -> String {
        var parts: [String] = []
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
            parts.append(columns[index].isRightAligned ? padding + cell : cell + padding)
        }
        var line = parts.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }

    package func rendered(as format: ReportFormat, terminalWidth: Int?) -> String {
        switch format {
        case .table: text(terminalWidth: terminalWidth)
        case .json: json + "\n"
        case .jsonl: jsonLines
        case .csv: csv
        case .markdown: markdown
        }
    }

    fileprivate static func shortened(_ text: String, width: Int) -> String {
        let visible = text.printable
        guard visible.count > width else { return visible }
        return visible.prefix(width - 1) + "…"
    }
}

extension ReportTable.Cell {
    fileprivate var isEmpty: Bool { plain.isEmpty }

    var isText: Bool {
        if case .text = self { return true }
        return false
    }

    /// For a page, which escapes it.
    package var pageText: String { plain.printable }

    /// For a terminal: money short, no control characters.
    func shown(width: Int) -> String {
        switch self {
        case .money(let amount): amount?.shortDollars ?? ""
        default: ReportTable.shortened(plain, width: width)
        }
    }
}

extension String {
    /// Without anything that a terminal would take for a command: C0, DEL, C1, and marks that turn
    /// the direction of what follows.
    package var printable: String {
        String(
            UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.value {
                    case 0..<0x20, 0x7F...0x9F, 0x200E...0x200F, 0x202A...0x202E,
                        0x2066...0x2069:
                        "?"
                    default: scalar
                    }
                }))
    }
}
