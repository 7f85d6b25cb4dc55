import Money
import Reporting
import Testing

@Suite("A table on a terminal")
struct TableFittingTests {
    private func table(_ name: String, rows: Int) throws -> ReportTable {
        var table = ReportTable(columns: [
            .text("scope"), .text("nothing"), .text("remark"), .number("calls"), .money("cost_usd"),
        ])
        let cost = try Amount(dollars: "12.5")
        table.rows = (0..<rows).map { row in
            [
                .text(name), .text(nil), .text(String(repeating: "r", count: 20)),
                .number(Int64(row)), .money(cost),
            ]
        }
        table.expendable = ["remark"]
        return table
    }

    private func lines(_ table: ReportTable, _ width: Int) -> [String] {
        table.text(terminalWidth: width).split(separator: "\n").map(String.init)
    }

    @Test("is as wide as it is where there is room, and no wider than the terminal where not")
    func widths() throws {
        for name in ["short", String(repeating: "n", count: 200)] {
            for rows in [0, 1, 3] {
                let table = try table(name, rows: rows)
                for width in [10, 20, 40, 60, 80, 300] {
                    let shown = lines(table, width).filter { !$0.hasPrefix("(") }
                    #expect(shown.allSatisfy { $0.count <= max(width, 8) }, "\(width): \(shown)")
                }
                #expect(table.text(terminalWidth: 300) == table.text())
            }
        }
    }

    @Test("loses empty columns first, then expendable ones, then what stands at its end")
    func order() throws {
        let table = try table("short", rows: 2)
        func heading(_ width: Int) -> [Substring] { lines(table, width)[0].split(separator: " ") }
        #expect(heading(48) == ["scope", "remark", "calls", "cost_usd"])
        #expect(heading(24) == ["scope", "calls", "cost_usd"])
        #expect(heading(14) == ["scope", "calls"])
        #expect(lines(table, 14).last?.hasPrefix("(3 columns left out") == true)
    }

    @Test("says by an ellipsis that a text is longer")
    func ellipsis() throws {
        let table = try table(String(repeating: "n", count: 200), rows: 1)
        #expect(lines(table, 60)[2].contains("n…"))
        #expect(!table.text().contains("…"))
    }
}
