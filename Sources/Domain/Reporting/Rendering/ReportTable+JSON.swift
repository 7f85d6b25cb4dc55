internal import Metering
internal import Money

extension ReportTable {
    /// The version of the JSON documents that commands print; it rises when a field changes.
    package static let jsonSchemaVersion: Int64 = 1

    /// `{"schema":1, facts…, "rows":[{…}], "total":{…}}`, with money as decimal strings.
    package var json: String {
        var object = JSONObjectText()
        object.add("schema", Self.jsonSchemaVersion)
        for (name, value) in facts { object.add(name, value) }
        object.addRaw("rows", "[" + rows.map(jsonObject).joined(separator: ",") + "]")
        if let totalRow { object.addRaw("total", jsonObject(totalRow)) }
        return object.closed
    }

    /// One object a line for each row, without facts and total.
    package var jsonLines: String { rows.map { jsonObject($0) + "\n" }.joined() }

    private func jsonObject(_ row: [Cell]) -> String {
        var object = JSONObjectText()
        for (column, cell) in zip(columns, row) { object.addRaw(column.name, cell.json) }
        return object.closed
    }
}

extension ReportTable.Cell {
    var json: String {
        switch self {
        case .text(let text): text?.jsonQuoted ?? "null"
        case .number(let number): number.map(String.init) ?? "null"
        case .money(let amount): amount.map { "\"\($0.dollars)\"" } ?? "null"
        case .flag(let flag): flag ? "true" : "false"
        case .json(let json): json
        }
    }

    /// For CSV and tables.
    var plain: String {
        switch self {
        case .text(let text): text ?? ""
        case .number(let number): number.map(String.init) ?? ""
        case .money(let amount): amount?.dollars ?? ""
        case .flag(let flag): flag ? "true" : "false"
        case .json(let json): json
        }
    }
}
