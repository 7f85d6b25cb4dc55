internal import Chronology
internal import Metering
internal import Money

/// Spend as rows of FOCUS 1.2, the FinOps Open Cost and Usage Specification (focus.finops.org):
/// one for each day of UTC, provider, model and key.
///
/// No discounts are known here, so that billed, effective, contracted and list cost are one. What a
/// row is priced by is all of its tokens; columns that begin with `x_` tell them apart.
package struct FocusExport: Sendable {
    package static let version = "1.2"

    package struct Row: Sendable {
        package let provider: String
        package let key: String
        /// By model and day.
        package let line: SpendReport.Line

        package init(provider: String, key: String, line: SpendReport.Line) {
            self.provider = provider
            self.key = key
            self.line = line
        }
    }

    private let rows: [Row]
    /// Names of keys by id.
    private let keyNames: [String: String]

    package init(rows: [Row], keyNames: [String: String]) {
        self.rows = rows
        self.keyNames = keyNames
    }

    private static let columns: [ReportTable.Column] = [
        .money("BilledCost"), .text("BillingAccountId"), .text("BillingAccountName"),
        .text("BillingCurrency"), .text("BillingPeriodEnd"), .text("BillingPeriodStart"),
        .text("ChargeCategory"), .text("ChargeClass"), .text("ChargeDescription"),
        .text("ChargeFrequency"), .text("ChargePeriodEnd"), .text("ChargePeriodStart"),
        .number("ConsumedQuantity"), .text("ConsumedUnit"), .money("ContractedCost"),
        .money("EffectiveCost"), .text("InvoiceIssuerName"), .money("ListCost"),
        .text("PricingCategory"), .number("PricingQuantity"), .text("PricingUnit"),
        .text("ProviderName"), .text("PublisherName"), .text("ServiceCategory"),
        .text("ServiceName"), .text("SkuId"), .text("SubAccountId"), .text("SubAccountName"),
        .text("Tags"), .text("x_Model"), .number("x_Calls"), .number("x_InputTokens"),
        .number("x_OutputTokens"), .number("x_CacheReadTokens"), .number("x_CacheWriteTokens"),
        .number("x_ReasoningTokens"),
    ]

    package var table: ReportTable {
        var table = ReportTable(columns: Self.columns)
        table.rows = rows.sorted { left, right in
            [left.line.keys[1], left.provider, left.line.keys[0], left.key]
                .lexicographicallyPrecedes([
                    right.line.keys[1], right.provider, right.line.keys[0], right.key,
                ])
        }.map(cells)
        return table
    }

    private func cells(_ row: Row) -> [ReportTable.Cell] {
        let line = row.line
        let day = CivilDate(Instant(text: line.keys[1]) ?? Instant(seconds: 0))
        let month = day.startOfMonth
        let cost = ReportTable.Cell.money(line.cost)
        let tokens = ReportTable.Cell.number(line.inputTokens + line.outputTokens)
        let model = line.keys[0].isEmpty ? "(none)" : line.keys[0]
        let keyName = row.key.isEmpty ? nil : keyNames[row.key] ?? row.key
        return [
            cost, .text(row.provider), .text(row.provider), .text("USD"),
            .text(month.startOfNextMonth.start.shortText), .text(month.start.shortText),
            .text("Usage"), .text(nil), .text("\(model): \(line.calls) calls"),
            .text("Usage-Based"), .text(day.advanced(byDays: 1).start.shortText),
            .text(day.start.shortText), tokens, .text("Tokens"), cost, cost,
            .text(row.provider), cost, .text("Standard"), tokens, .text("Tokens"),
            .text(row.provider), .text(row.provider), .text("AI and Machine Learning"),
            .text("\(row.provider) API"), .text(model), .text(row.key.isEmpty ? nil : row.key),
            .text(keyName), .text("{}"), .text(model), .number(line.calls),
            .number(line.inputTokens), .number(line.outputTokens),
            .number(line.cacheReadTokens), .number(line.cacheWriteTokens),
            .number(line.reasoningTokens),
        ]
    }
}
