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

    /// The longest text of a cell; what a terminal shows of a longer one ends in an ellipsis.
    private static let maximumCellWidth = 48

    /// Aligned columns; long cells are cut only for a terminal, never for another program.
    package func text(forTerminal isTerminal: Bool = false) -> String {
        let width = isTerminal ? Self.maximumCellWidth : .max
        var grid = [columns.map { $0.name }] + rows.map { $0.map { $0.shown(width: width) } }
        if let totalRow { grid.append(totalRow.map { $0.shown(width: width) }) }
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

    package func rendered(as format: ReportFormat, forTerminal isTerminal: Bool) -> String {
        switch format {
        case .table: text(forTerminal: isTerminal)
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
