internal import Accounting
internal import Chronology
internal import Metering
package import Money
package import Pricing

/// Why a call cost what it did: each class × price = cost, computed anew from the row's usage and
/// the price version that it keeps.
package struct CallExplanation {
    private let row: CallRow
    private let breakdown: CostBreakdown?
    /// What other models made in the same call, or the same one in requests of another size.
    private var extras: [(model: String, cost: Amount)] = []
    /// What was booked for the call later, at corrected prices.
    private let adjusted: Amount
    /// Why there is no breakdown, or why it does not add up to the row.
    private let note: String?

    package init(_ row: CallRow, prices: PriceBook, adjusted: Amount = .zero) {
        self.row = row
        self.adjusted = adjusted
        guard row.text("status") != "blocked" else {
            breakdown = nil
            note = "refused: \(row.text("error_message") ?? "no reason is kept"); nothing was sent"
            return
        }
        guard let version = row.text("price_version") else {
            breakdown = nil
            note =
                adjusted == .zero
                ? "no price was known for this call, so it was booked at 0 and marked unpriced"
                : "no price was known when the call was made; what it cost was booked later"
            return
        }
        guard let entry = Self.entry(version, row, prices) else {
            breakdown = nil
            note = "the price version \(version) is not in the price sheets any more"
            return
        }
        let usage = Usage(json: row.text("usage") ?? "{}")
        breakdown = try? CostBreakdown(of: usage, at: entry, context: row.priceContext)
        extras = Self.extras(row, entry, prices)
        let total = extras.reduce(breakdown?.total) { sum, extra in sum.map { $0 + extra.cost } }
        note = Self.note(row, total)
    }

    private static func extras(
        _ row: CallRow, _ entry: PriceBook.Entry, _ prices: PriceBook
    ) -> [(model: String, cost: Amount)] {
        let moment = row.text("timestamp").flatMap { Instant(text: $0) }
        return ExtraUsage.list(json: row.text("usage") ?? "{}").compactMap { extra in
            var price: PriceBook.Entry? = entry
            if let model = extra.model, let moment {
                price = prices.entry(provider: entry.provider, model: model, at: moment)
            }
            var context = row.priceContext
            context.contextInput = extra.largestInput
            guard let price,
                let cost = try? CostModel.cost(of: extra.usage, at: price, context: context)
            else { return nil }
            return (price.model.model, cost)
        }
    }

    private static func entry(
        _ version: String, _ row: CallRow, _ prices: PriceBook
    ) -> PriceBook.Entry? {
        guard let provider = row.text("provider"),
            let moment = row.text("timestamp").flatMap({ Instant(text: $0) })
        else { return nil }
        return [row.text("model"), row.text("model_requested")].compactMap { $0 }
            .compactMap { prices.entry(provider: provider, model: $0, at: moment) }
            .first { Self.withoutSheet($0.version) == Self.withoutSheet(version) }
    }

    /// A version without the day of its sheet: other models of the sheet have changed since.
    private static func withoutSheet(_ version: String) -> Substring {
        version.prefix { $0 != "#" }
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
        table.rows += extras.map { extra in
            [
                .text("beside: \(extra.model)"), .number(nil), .money(nil), .number(nil),
                .money(extra.cost),
            ]
        }
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
        if adjusted != .zero { table.facts.append(("adjusted_usd", adjusted.dollars)) }
        table.facts.append(("budgets", budgets))
        if let note { table.facts.append(("note", note)) }
        return table
    }

    /// The scopes whose limits the call counts for, but for those of its tags.
    private var budgets: String {
        guard row.text("status") != "blocked" else { return "none, as it was refused" }
        let attributes = [
            ("user", "user_id"), ("project", "project_id"), ("key", "key_id"),
            ("provider", "provider"), ("model", "model_requested"), ("endpoint", "endpoint"),
            ("session", "session_id"),
        ]
        let scopes = attributes.compactMap { kind, column in
            row.text(column).map { "\(kind):\($0)" }
        }
        let moment = row.text("timestamp").flatMap { Instant(text: $0)?.shortText } ?? ""
        return (["system"] + scopes).joined(separator: ", ") + "; in the windows of \(moment)"
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
