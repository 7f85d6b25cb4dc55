package import Money

/// A table of a report, to be rendered in any format.
package struct ReportTable: Sendable {
    package enum Column: Sendable {
        case text(String)
        case number(String)
        case money(String)

        package var name: String {
            switch self {
            case .text(let name), .number(let name), .money(let name): name
            }
        }

        package var isRightAligned: Bool {
            if case .text = self { return false }
            return true
        }
    }

    package enum Cell: Sendable, Equatable {
        case text(String?)
        case number(Int64?)
        case money(Amount?)
        case flag(Bool)
        /// A JSON value, given as it is.
        case json(String)
    }

    package var columns: [Column]
    package var rows: [[Cell]] = []
    package var totalRow: [Cell]?
    /// Columns that a terminal which is too narrow can do without, the first one first.
    package var expendable: [String] = []
    /// Stated beside the rows in JSON, and under them for people.
    package var facts: [(String, String)] = []

    package init(columns: [Column]) { self.columns = columns }

    /// Leaves a column out.
    package mutating func drop(_ name: String) {
        guard let index = columns.firstIndex(where: { $0.name == name }) else { return }
        columns.remove(at: index)
        for row in rows.indices { rows[row].remove(at: index) }
        totalRow?.remove(at: index)
    }
}

/// The formats of `--format`.
package enum ReportFormat: String, CaseIterable, Sendable {
    case table, json, jsonl, csv, markdown
}
