extension ReportTable {
    /// A table as GitHub's Markdown has it: https://github.github.com/gfm/#tables-extension-
    package var markdown: String {
        var lines = [
            Self.line(columns.map { Self.escaped($0.name) }),
            Self.line(columns.map { $0.isRightAligned ? "---:" : "---" }),
        ]
        lines += rows.map { row in Self.line(row.map { Self.escaped($0.shown(width: .max)) }) }
        if let totalRow {
            lines.append(
                Self.line(
                    totalRow.map { cell in
                        let text = Self.escaped(cell.shown(width: .max))
                        return text.isEmpty ? "" : "**\(text)**"
                    }))
        }
        let notes = facts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return lines.joined() + (notes.isEmpty ? "" : "\n\(Self.escaped(notes))\n")
    }

    private static func line(_ cells: [String]) -> String {
        "| " + cells.joined(separator: " | ") + " |\n"
    }

    /// Nothing that Markdown or HTML would take for its own.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "|", "\\", "*", "_", "`", "[", "]", "#", "~": escaped += "\\\(character)"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
