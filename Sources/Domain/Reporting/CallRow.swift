package import Money

/// One row of `api_cost_tracking`, with every column that outside tools rely on.
package struct CallRow: Sendable {
    package enum Kind: Sendable { case text, number, money, flag, json }

    /// Names and kinds, in the order of the store's statement.
    private static let layout: [(String, Kind)] = [
        ("call_id", .text), ("attempt", .number), ("timestamp", .text), ("user_id", .text),
        ("project_id", .text), ("key_id", .text), ("session_id", .text),
        ("conversation_id", .text), ("tags", .json), ("provider", .text), ("upstream", .text),
        ("endpoint", .text), ("model", .text), ("model_requested", .text),
        ("input_tokens", .number), ("output_tokens", .number), ("total_tokens", .number),
        ("cache_read_tokens", .number), ("cache_write_tokens", .number),
        ("reasoning_tokens", .number), ("usage", .json), ("usage_status", .text),
        ("service_tier", .text), ("inference_geo", .text), ("cost_usd", .money),
        ("cost_reported_usd", .money), ("price_version", .text), ("held_usd", .money),
        ("status", .text), ("status_code", .number), ("error_message", .text),
        ("request_duration_ms", .number), ("time_to_first_token_ms", .number),
        ("streamed", .flag), ("task_type", .text), ("metadata", .json),
    ]

    package static var columns: [Kind] { layout.map(\.1) }

    package let cells: [ReportTable.Cell]

    package init(cells: [ReportTable.Cell]) {
        precondition(cells.count == Self.layout.count, "a row has every column")
        self.cells = cells
    }

    package subscript(_ name: String) -> ReportTable.Cell {
        guard let index = Self.layout.firstIndex(where: { $0.0 == name }) else {
            preconditionFailure("no column is called \(name)")
        }
        return cells[index]
    }

    package func text(_ name: String) -> String? {
        switch self[name] {
        case .text(let text): text
        case .json(let json): json
        default: nil
        }
    }

    package func money(_ name: String) -> Amount? {
        if case .money(let amount) = self[name] { return amount }
        return nil
    }

    package func number(_ name: String) -> Int64? {
        if case .number(let number) = self[name] { return number }
        return nil
    }

    /// The dearest first; of two that cost the same, the newer.
    package static func dearest(_ rows: [CallRow], _ limit: Int) -> [CallRow] {
        let ranked = rows.sorted { left, right in
            let costs = (left.money("cost_usd") ?? .zero, right.money("cost_usd") ?? .zero)
            if costs.0 != costs.1 { return costs.0 > costs.1 }
            return (left.text("timestamp") ?? "") > (right.text("timestamp") ?? "")
        }
        return Array(ranked.prefix(limit))
    }

    /// All columns, for JSON and CSV.
    package static func table(_ rows: [CallRow]) -> ReportTable {
        var table = ReportTable(
            columns: layout.map { name, kind in
                switch kind {
                case .number: .number(name)
                case .money: .money(name)
                default: .text(name)
                }
            })
        table.rows = rows.map(\.cells)
        return table
    }

    /// The columns that fit a terminal.
    package static func shortTable(_ rows: [CallRow]) -> ReportTable {
        let names = [
            "timestamp", "call_id", "user_id", "model", "input_tokens", "output_tokens",
            "cost_usd", "usage_status", "status",
        ]
        var table = ReportTable(
            columns: names.map { name in
                switch layout.first(where: { $0.0 == name })?.1 {
                case .number: .number(name)
                case .money: .money(name)
                default: .text(name)
                }
            })
        table.rows = rows.map { row in
            names.map { name in
                // A cost of nothing, as no price is known, is not an exact one.
                name == "usage_status" && row.isUnpriced ? .text("unpriced") : row[name]
            }
        }
        table.expendable = ["call_id", "usage_status", "status"]
        return table
    }

    private var isUnpriced: Bool {
        text("price_version") == nil && money("cost_usd") == .zero && text("status") == "success"
            && text("endpoint") != "adjustment" && (number("total_tokens") ?? 0) > 0
    }
}
