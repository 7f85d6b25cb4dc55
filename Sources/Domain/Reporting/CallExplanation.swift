internal import Accounting
internal import Chronology
internal import Metering
internal import Money
package import Pricing

/// Why a call cost what it did: each class × price = cost, computed anew from the row's usage and
/// the price version that it keeps.
package struct CallExplanation {
    private let row: CallRow
    private let breakdown: CostBreakdown?
    /// Why there is no breakdown, or why it does not add up to the row.
    private let note: String?

    package init(_ row: CallRow, prices: PriceBook) {
        self.row = row
        guard let version = row.text("price_version") else {
            breakdown = nil
            note = "no price was known for this call, so it was booked at 0 and marked unpriced"
            return
        }
        guard let entry = Self.entry(version, row, prices) else {
            breakdown = nil
            note = "the price version \(version) is not in the price sheets any more"
            return
        }
        let usage = Usage(json: row.text("usage") ?? "{}")
        breakdown = try? CostBreakdown(of: usage, at: entry, context: row.priceContext)
        note = Self.note(row, breakdown?.total)
    }

    private static func entry(
        _ version: String, _ row: CallRow, _ prices: PriceBook
    ) -> PriceBook.Entry? {
        guard let provider = row.text("provider"),
            let moment = row.text("timestamp").flatMap({ Instant(text: $0) })
        else { return nil }
        return [row.text("model"), row.text("model_requested")].compactMap { $0 }
            .compactMap { prices.entry(provider: provider, model: $0, at: moment) }
            .first { $0.version == version }
    }

    private static func note(_ row: CallRow, _ computed: Amount?) -> String? {
        let cost = row.money("cost_usd")
        switch row.text("usage_status") {
        case "exact" where computed == cost: return nil
        case "exact": return "the price sheet has changed since; the row keeps what was booked"
        case "estimated":
            return "the provider's usage never came: booked at an upper bound"
        case "invalid":
            return "the provider stated usage that cannot be true: booked at the amount held"
        default:
            return "the reply states no usage: booked at the amount held, as absent is not free"
        }
    }

    package var table: ReportTable {
        var table = breakdown?.table ?? CostBreakdown.emptyTable
        table.totalRow?[4] = .money(row.money("cost_usd"))
        for name in [
            "call_id", "timestamp", "user_id", "model", "usage_status", "price_version", "status",
        ] {
            table.facts.append((name, row.text(name) ?? ""))
        }
        table.facts.append(("held_usd", row.money("held_usd")?.dollars ?? ""))
        if let multiplier = breakdown?.multiplier {
            table.facts.append(
                ("multiplier", "\(multiplier.digits)/1e\(multiplier.scale)"))
        }
        table.facts.append(("budgets", budgets))
        if let note { table.facts.append(("note", note)) }
        return table
    }

    /// The windows that the call counts in.
    private var budgets: String {
        guard let user = row.text("user_id"),
            let moment = row.text("timestamp").flatMap({ Instant(text: $0) })
        else { return "" }
        let month = BudgetWindow.monthly.start(at: moment).shortText
        return
            "system and user:\(user), in the hour, day and month (from \(month)) of"
            + " \(moment.shortText)"
    }

    package var text: String {
        var table = table
        let facts = table.facts
        table.facts = []
        let width = facts.map(\.0.count).max() ?? 0
        let lines = facts.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value
        }
        return lines.joined(separator: "\n") + "\n\n" + table.text()
    }
}
