internal import Chronology
internal import Metering
internal import Money
package import Pricing
package import Reporting

/// Reads what other programs recorded of calls.
package struct SpendImport {
    package enum Source: String, CaseIterable, Sendable {
        case auto, litellm, ccusage, openai, anthropic
    }

    /// Who pays where the file names nobody.
    let user: String
    let prices: PriceBook
    package private(set) var calls: [ImportedCall] = []
    package private(set) var leftOut: [String] = []

    /// Reads a file; throws where it is none of those that are known.
    package init(
        _ file: ExportFile, from source: Source, user: String, prices: PriceBook
    ) throws(ExportProblem) {
        self.user = user
        self.prices = prices
        let source = source == .auto ? try Self.source(of: file) : source
        switch source {
        case .litellm: try readLiteLLM(file)
        case .ccusage: try readCcusage(file)
        case .openai: try readOpenAI(file)
        case .anthropic: try readAnthropic(file)
        case .auto: break
        }
        guard !calls.isEmpty || !leftOut.isEmpty else {
            throw ExportProblem("the file has nothing in it that was spent")
        }
    }

    mutating func add(_ call: ImportedCall) { calls.append(call) }
    mutating func leaveOut(_ reason: String) { leftOut.append(reason) }

    private static func source(of file: ExportFile) throws(ExportProblem) -> Source {
        switch file {
        case .table(let rows):
            let names = rows.first ?? [:]
            if names["request_id"] != nil, names["spend"] != nil { return .litellm }
            if names["input_cached_tokens"] != nil || names["num_model_requests"] != nil {
                return .openai
            }
            if names["usage_input_tokens_no_cache"] != nil { return .anthropic }
            if names["amount_value"] != nil || names["cost_usd"] != nil { throw isBill }
        case .json(let json):
            let rows = json.list ?? json["data"]?.list ?? []
            if rows.first?["request_id"] != nil || rows.first?["call_type"] != nil
                || rows.first?["users"] != nil
            {
                return .litellm
            }
            if ["daily", "projects", "sessions", "session", "monthly", "weekly", "blocks"].contains(
                where: { json[$0] != nil })
            {
                return .ccusage
            }
            let first = rows.lazy.compactMap { $0["results"]?.list?.first }.first
            if first?["amount"] != nil { throw isBill }
            if first?["uncached_input_tokens"] != nil { return .anthropic }
            if first?["input_tokens"] != nil { return .openai }
        }
        throw ExportProblem(
            "the file is none of: LiteLLM spend logs, 'ccusage daily --json', usage exports of"
                + " OpenAI and Anthropic; name what it is with --from")
    }

    private static let isBill = ExportProblem(
        "the file has costs and no usage; compare it with 'spendfuse reconcile'")

    /// What the tokens of a source that states no cost come to; nil without a price. `requests`
    /// tell how long a call was on average, which decides the price of long contexts.
    func price(_ call: inout ImportedCall, batch: Bool = false) {
        guard let model = call.model,
            let entry = prices.entry(provider: call.provider, model: model, at: call.moment)
        else { return }
        var context = PriceContext(serviceTier: batch ? "batch" : nil)
        context.moment = call.moment
        context.contextInput = call.usage.inputTokens / max(1, call.requests)
        guard let cost = try? CostModel.cost(of: call.usage, at: entry, context: context) else {
            return
        }
        call.cost = cost
        call.priceVersion = entry.version
    }
}
