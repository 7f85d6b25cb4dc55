internal import Accounting
internal import Reporting

/// Budgets as tables.
enum BudgetTable {
    /// Windows that get a column of their own where people read.
    private static let shownWindows: [BudgetWindow] = [
        .hourly, .daily, .weekly, .monthly, .total, .perCall,
    ]

    static func list(_ budgets: [Budget], isWide: Bool) -> ReportTable {
        // Columns that nobody uses are left out where people read.
        let windows = shownWindows.filter { window in
            isWide || [.hourly, .daily, .monthly].contains(window)
                || budgets.contains { $0.limits[window] != nil }
        }
        var columns: [ReportTable.Column] = [.text("scope")]
        let hasNames = isWide || budgets.contains { !$0.name.isEmpty }
        if hasNames { columns.append(.text("name")) }
        columns += windows.map { .money("\($0.name)_usd") } + [.text("mode")]
        let others = BudgetField.allCases.filter { isOther($0) }
        let shown = others.filter { field in
            isWide || budgets.contains { $0.text(of: field) != nil }
        }
        columns += shown.map { .text($0.rawValue) }
        var table = ReportTable(columns: columns)
        table.rows = budgets.map { budget in
            var cells: [ReportTable.Cell] = [.text(budget.scope.description)]
            if hasNames { cells.append(.text(budget.name)) }
            cells += windows.map { .money(budget.limits[$0]) }
            cells.append(.text(modeText(budget.mode)))
            return cells + shown.map { .text(budget.text(of: $0)) }
        }
        return table
    }

    private static func isOther(_ field: BudgetField) -> Bool {
        switch field {
        case .hourly, .daily, .weekly, .monthly, .total, .perCall, .mode: false
        default: true
        }
    }

    static func modeText(_ mode: Budget.Mode) -> String {
        mode == .enforce ? "hard-stop" : mode.rawValue
    }
}
