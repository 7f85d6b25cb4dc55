internal import Chronology
internal import Metering
package import Money
package import Pricing

/// The difference between what a call was booked at and what it costs at corrected prices.
package struct PriceAdjustment: Sendable {
    package let callID: String
    package let attempt: Int64
    package let model: String
    /// By the row and by earlier adjustments of it.
    package let booked: Amount
    package let earlier: Amount
    package let cost: Amount
    package let version: String
    package let versionBefore: String?

    package init(
        callID: String, attempt: Int64, model: String, booked: Amount, earlier: Amount,
        cost: Amount, version: String, versionBefore: String?
    ) {
        self.callID = callID
        self.attempt = attempt
        self.model = model
        self.booked = booked
        self.earlier = earlier
        self.cost = cost
        self.version = version
        self.versionBefore = versionBefore
    }

    package var difference: Amount { cost - booked }
}

/// Prices past calls anew.
package enum Repricing {
    /// Nil where nothing changes, or where the figure is not ours to correct: a bill that the
    /// provider stated, usage that was never stated, or a model that still has no price.
    package static func adjustment(
        of row: CallRow, adjustedBy earlier: Amount, prices: PriceBook
    ) -> PriceAdjustment? {
        guard row.text("usage_status") == "exact", row.text("endpoint") != "adjustment",
            let callID = row.text("call_id"), let attempt = row.number("attempt"),
            let provider = row.text("provider"), let cost = row.money("cost_usd"),
            row.money("cost_reported_usd") == nil || !prices.reportsCost(provider: provider),
            let moment = row.text("timestamp").flatMap({ Instant(text: $0) })
        else { return nil }
        let names = [row.text("model"), row.text("model_requested")].compactMap { $0 }
        let entry = names.lazy.compactMap {
            prices.entry(provider: provider, model: $0, at: moment)
        }.first
        let usage = Usage(json: row.text("usage") ?? "{}")
        guard let entry,
            let priced = try? CostModel.cost(of: usage, at: entry, context: row.priceContext),
            let extras = extraCost(row, entry, prices, provider: provider, at: moment)
        else { return nil }
        let adjustment = PriceAdjustment(
            callID: callID, attempt: attempt, model: entry.model.model, booked: cost + earlier,
            earlier: earlier, cost: priced + extras, version: entry.version,
            versionBefore: row.text("price_version"))
        return adjustment.difference == .zero ? nil : adjustment
    }

    /// What other models made in the same call costs; nil where one of them has no price.
    private static func extraCost(
        _ row: CallRow, _ entry: PriceBook.Entry, _ prices: PriceBook, provider: String,
        at moment: Instant
    ) -> Amount? {
        var sum = Amount.zero
        for extra in ExtraUsage.list(json: row.text("usage") ?? "{}") {
            var price: PriceBook.Entry? = entry
            if let model = extra.model {
                price = prices.entry(provider: provider, model: model, at: moment)
            }
            var context = row.priceContext
            context.contextInput = extra.largestInput
            guard let price,
                let cost = try? CostModel.cost(of: extra.usage, at: price, context: context)
            else { return nil }
            sum += cost
        }
        return sum
    }
}
