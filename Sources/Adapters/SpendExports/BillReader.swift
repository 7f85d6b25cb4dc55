internal import Chronology
internal import Metering
internal import Money
package import Pricing
package import Reporting

/// Reads what a provider says it charges: an invoice, a report of costs, or one of usage, whose
/// tokens are priced here.
package enum BillReader {
    package enum Provider: String, CaseIterable, Sendable {
        case openai, anthropic, google

        /// Whose clock its days begin by.
        package var zoneName: String { self == .google ? BillReader.googleZone : "UTC" }
    }

    package static func bill(
        _ file: ExportFile, of provider: Provider, prices: PriceBook
    ) throws(ExportProblem) -> ProviderBill {
        let bill =
            switch provider {
            case .openai: try openAI(file, prices)
            case .anthropic: try anthropic(file, prices)
            case .google: try google(file)
            }
        guard !bill.isEmpty else {
            throw ExportProblem(
                "the file has no day with a cost of \(provider.rawValue); is it another"
                    + " provider's, or does it lack days?")
        }
        return bill
    }

    // MARK: OpenAI

    /// `GET /v1/organization/costs`, in dollars, whose value is a number or a text; or its CSV.
    private static func openAI(
        _ file: ExportFile, _ prices: PriceBook
    ) throws(ExportProblem) -> ProviderBill {
        var bill = ProviderBill(provider: "openai")
        switch file {
        case .table(let rows):
            guard rows.first?["amount_value"] != nil else { break }
            for row in rows {
                // Days without a cost have no amount.
                guard let text = row.text("amount_value"),
                    let moment = row.text("start_time").flatMap(ForeignMoment.instant)
                else { continue }
                try checkCurrency(row.text("amount_currency"))
                bill.add(try amount(text), on: CivilDate(moment))
            }
            return bill
        case .json(let json):
            let buckets = try UsageRow.buckets(json)
            let hasCosts = buckets.contains { $0["results"]?.list?.first?["amount"] != nil }
            guard hasCosts else { break }
            for bucket in buckets {
                guard let moment = bucket["start_time"]?.text.flatMap(ForeignMoment.instant) else {
                    continue
                }
                for result in bucket["results"]?.list ?? [] {
                    let amount = result["amount"]
                    try checkCurrency(amount?["currency"]?.text)
                    let value = amount?["value"]?.text
                    guard let value else { continue }
                    bill.add(try self.amount(value), on: CivilDate(moment))
                }
            }
            return bill
        }
        return try priced("openai", try UsageRow.openAI(file), prices)
    }

    /// An amount that is there and cannot be read is no amount of zero.
    private static func amount(_ text: String, cents: Bool = false) throws(ExportProblem) -> Amount
    {
        guard let amount = ForeignAmount.amount(text, cents: cents) else {
            throw ExportProblem("the amount '\(text)' cannot be read; amounts must be plain USD")
        }
        return amount
    }

    private static func checkCurrency(_ currency: String?) throws(ExportProblem) {
        guard let currency, currency.lowercased() != "usd" else { return }
        throw ExportProblem("the amounts are in \(currency); only USD can be compared")
    }

    // MARK: Anthropic

    /// `GET /v1/organizations/cost_report`, whose amounts are decimals in cents; or the console's
    /// CSV, in dollars with two places, so that each of its lines is off by half a cent at most.
    private static func anthropic(
        _ file: ExportFile, _ prices: PriceBook
    ) throws(ExportProblem) -> ProviderBill {
        var bill = ProviderBill(provider: "anthropic")
        switch file {
        case .table(let rows):
            guard rows.first?["cost_usd"] != nil else { break }
            for row in rows {
                guard let day = row.text("usage_date_utc").flatMap(ForeignMoment.day),
                    let text = row.text("cost_usd")
                else { continue }
                bill.add(try amount(text), on: day, rounding: halfCent)
            }
            return bill
        case .json(let json):
            let buckets = try UsageRow.buckets(json)
            let hasCosts = buckets.contains { $0["results"]?.list?.first?["amount"] != nil }
            guard hasCosts else { break }
            for bucket in buckets {
                guard let moment = bucket["starting_at"]?.text.flatMap(ForeignMoment.instant) else {
                    continue
                }
                for result in bucket["results"]?.list ?? [] {
                    try checkCurrency(result["currency"]?.text)
                    guard let cents = result["amount"]?.text else { continue }
                    bill.add(try amount(cents, cents: true), on: CivilDate(moment))
                }
            }
            return bill
        }
        return try priced("anthropic", try UsageRow.anthropic(file), prices)
    }

    private static let halfCent = Amount(picodollars: Amount.picodollarsPerDollar / 200)

    /// Of usage: each line's tokens at the prices of its day.
    private static func priced(
        _ provider: String, _ rows: [UsageRow], _ prices: PriceBook
    ) throws(ExportProblem) -> ProviderBill {
        var bill = ProviderBill(provider: provider, isPricedHere: true)
        for row in rows where !row.usage.isEmpty {
            guard let model = row.model,
                let entry = prices.entry(provider: provider, model: model, at: row.moment)
            else {
                bill.notes.append("\(row.model ?? "a sum without a model") has no price")
                continue
            }
            var context = row.priceContext
            context.moment = row.moment
            context.contextInput = context.contextInput ?? 0
            guard let cost = try? CostModel.cost(of: row.usage, at: entry, context: context) else {
                bill.notes.append("\(model) has no price for some of its tokens")
                continue
            }
            bill.add(cost, on: CivilDate(row.moment))
        }
        return bill
    }

    // MARK: Google

    /// Google's days begin by the clock of California.
    fileprivate static let googleZone = "America/Los_Angeles"
    /// Services that Gemini is billed by.
    private static let googleServices = ["gemini api", "generative language api", "vertex ai"]

    /// The CSV of Cloud Billing's reports by day, or rows of its export to BigQuery.
    private static func google(_ file: ExportFile) throws(ExportProblem) -> ProviderBill {
        var bill = ProviderBill(provider: "google", zoneName: googleZone)
        switch file {
        case .table(let rows):
            guard let names = rows.first, names["date"] != nil else {
                throw ExportProblem(
                    "the table has no column Date: export the billing report grouped by date"
                        + " (a cost table of a month has no days)")
            }
            let column =
                names.keys.first { $0.hasPrefix("unrounded subtotal") }
                ?? names.keys.first { $0.hasPrefix("subtotal") }
            guard let column else { throw ExportProblem("the table has no column Subtotal") }
            // The heading names the currency: `Subtotal ($)`.
            if let mark = column.split(separator: "(").dropFirst().first?.prefix(while: {
                $0 != ")"
            }),
                !["$", "usd", "us$"].contains(mark.lowercased())
            {
                try checkCurrency(String(mark))
            }
            for row in rows {
                // Sums at the foot have no date.
                guard let day = row.text("date").flatMap(ForeignMoment.day),
                    isGemini(row.text("service description")), let text = row.text(column)
                else { continue }
                bill.add(try amount(text), on: day)
            }
        case .json(let json):
            let rows = json.list ?? json["rows"]?.list ?? []
            for row in rows {
                guard isGemini(row["service"]?["description"]?.text),
                    let moment = row["usage_start_time"]?.text.flatMap(ForeignMoment.instant),
                    let text = row["cost"]?.text
                else { continue }
                try checkCurrency(row["currency"]?.text)
                var cost = try amount(text)
                for credit in row["credits"]?.list ?? [] {
                    if let text = credit["amount"]?.text { cost += try amount(text) }
                }
                bill.hours.append((moment, cost))
            }
        }
        return bill
    }

    private static func isGemini(_ service: String?) -> Bool {
        service.map { googleServices.contains($0.lowercased()) } ?? false
    }
}
