internal import Money
package import Pricing

extension CostBreakdown {
    static let emptyTable: ReportTable = {
        var table = ReportTable(columns: [
            .text("class"), .number("count"), .money("price_usd"), .number("per"),
            .money("cost_usd"),
        ])
        table.totalRow = [.text("total"), .number(nil), .money(nil), .number(nil), .money(nil)]
        return table
    }()

    /// A line for each class or piece, and the sum.
    package var table: ReportTable {
        var table = Self.emptyTable
        table.rows = lines.map { line in
            [
                .text(line.name), .number(line.count), .money(line.price), .number(line.per),
                .money(line.subtotal),
            ]
        }
        if let multiplier {
            table.rows.append([
                .text("× \(multiplier.text) on tokens"), .number(nil), .money(nil),
                .number(nil), .money(nil),
            ])
        }
        table.totalRow?[4] = .money(total)
        return table
    }
}
