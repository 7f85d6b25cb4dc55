internal import Money
internal import Reporting

/// A table of a report, on a page. It is written here and not by a template, which looks each cell
/// up by name: a chart's table has thousands.
struct TablePart: Sendable {
    let html: String

    /// `link`: where a cell leads, by its row and column.
    init(
        _ table: ReportTable, caption: String,
        link: (_ row: Int, _ column: String) -> String? = { _, _ in nil }
    ) {
        var text = MarkupText()
        text.open(
            "div",
            [
                ("class", "scroll"), ("tabindex", "0"), ("role", "region"),
                ("aria-label", caption),
            ])
        text.open("table", [])
        text.element("caption", [], words: caption)
        text.open("thead", [])
        text.open("tr", [])
        for column in table.columns {
            text.element(
                "th", [("scope", "col")] + Self.style(column.isRightAligned),
                words: Self.heading(column.name))
        }
        text.close("tr")
        text.close("thead")
        text.open("tbody", [])
        for (index, row) in table.rows.enumerated() {
            Self.add(row, table.columns, to: &text) { link(index, $0) }
        }
        if table.rows.isEmpty {
            text.open("tr", [])
            text.element("td", [], words: "nothing")
            text.close("tr")
        }
        text.close("tbody")
        if let total = table.totalRow {
            text.open("tfoot", [])
            Self.add(total, table.columns, to: &text) { _ in nil }
            text.close("tfoot")
        }
        text.close("table")
        text.close("div")
        html = text.text
    }

    private static func add(
        _ row: [ReportTable.Cell], _ columns: [ReportTable.Column], to text: inout MarkupText,
        link: (String) -> String?
    ) {
        text.open("tr", [])
        for (cell, column) in zip(row, columns) {
            text.open("td", style(column.isRightAligned))
            let href = link(column.name)
            if let href { text.open("a", [("href", href)]) }
            switch cell {
            case .money(let amount):
                if let amount {
                    text.element("data", [("value", amount.dollars)], words: amount.glance)
                }
            case .number(let number): text.add(number.map(Number.text) ?? "")
            default: text.add(cell.pageText)
            }
            if href != nil { text.close("a") }
            text.close("td")
        }
        text.close("tr")
    }

    private static func style(_ isNumber: Bool) -> [(String, String)] {
        isNumber ? [("class", "number")] : []
    }

    private static func heading(_ name: String) -> String {
        name.replacing("_usd", with: " USD").replacing("_", with: " ")
    }
}

/// Whole numbers on pages.
enum Number {
    static func text(_ number: Int64) -> String {
        (number < 0 ? "-" : "") + Amount.grouped(String(number.magnitude))
    }
}
