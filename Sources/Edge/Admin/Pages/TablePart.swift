internal import Money
internal import Reporting

/// A table of a report, on a page.
struct TablePart: Sendable {
    struct Column: Sendable {
        let name: String
        let isNumber: Bool
    }

    struct Cell: Sendable {
        let text: String
        let money: MoneyText?
        let isNumber: Bool
        let href: String?
    }

    struct Row: Sendable { let cells: [Cell] }

    let caption: String
    let columns: [Column]
    let rows: [Row]
    let total: Row?
    let isEmpty: Bool

    /// `link`: where a cell leads, by its row and column.
    init(
        _ table: ReportTable, caption: String,
        link: (_ row: Int, _ column: String) -> String? = { _, _ in nil }
    ) {
        self.caption = caption
        columns = table.columns.map { column in
            Column(
                name: Self.heading(column.name), isNumber: column.isRightAligned)
        }
        rows = table.rows.enumerated().map { index, row in
            Row(
                cells: zip(row, table.columns).map {
                    Self.cell($0, isNumber: $1.isRightAligned, href: link(index, $1.name))
                })
        }
        total = table.totalRow.map { row in
            Row(
                cells: zip(row, table.columns).map {
                    Self.cell($0, isNumber: $1.isRightAligned, href: nil)
                })
        }
        isEmpty = table.rows.isEmpty
    }

    private static func heading(_ name: String) -> String {
        name.replacing("_usd", with: " USD").replacing("_", with: " ")
    }

    private static func cell(
        _ cell: ReportTable.Cell, isNumber: Bool, href: String?
    ) -> Cell {
        switch cell {
        case .money(let amount):
            Cell(text: "", money: MoneyText.of(amount), isNumber: isNumber, href: nil)
        case .number(let number):
            Cell(
                text: number.map { Number.text($0) } ?? "", money: nil, isNumber: true, href: href)
        default: Cell(text: cell.pageText, money: nil, isNumber: isNumber, href: href)
        }
    }
}

/// Whole numbers on pages.
enum Number {
    static func text(_ number: Int64) -> String {
        (number < 0 ? "-" : "") + Amount.grouped(String(number.magnitude))
    }
}
