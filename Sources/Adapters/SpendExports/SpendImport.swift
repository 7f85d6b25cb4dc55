package import Chronology
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
    /// Sums of what is still under way would never be completed: they are left out.
    let now: Instant
    package private(set) var calls: [ImportedCall] = []
    private var places: [String: Int] = [:]
    package private(set) var leftOut: [String] = []

    /// Reads a file; throws where it is none of those that are known.
    package init(
        _ file: ExportFile, from source: Source, user: String, prices: PriceBook, now: Instant
    ) throws(ExportProblem) {
        self.now = now
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
        try check()
        guard !calls.isEmpty || !leftOut.isEmpty else {
            throw ExportProblem("the file has nothing in it that was spent")
        }
    }

    /// Tokens of a class that any row can hold, and the most that a row can cost.
    private static let tokens: ClosedRange<Int64> = 0...1_000_000_000_000
    private static let requests: ClosedRange<Int64> = 0...999_999_999_999
    private static let costs =
        Amount.zero...Amount(picodollars: 9_000_000 * Amount.picodollarsPerDollar)

    /// Before anything is written, as a file is taken over whole or not at all.
    private func check() throws(ExportProblem) {
        for call in calls {
            let counts = TokenClass.allCases.map { call.usage[$0] }
            var wrong: [String] = []
            if !counts.allSatisfy(Self.tokens.contains) { wrong.append("tokens") }
            if !Self.costs.contains(call.cost) { wrong.append("cost of \(call.cost.dollars) USD") }
            if !Self.tokens.contains(call.duration ?? 0) { wrong.append("duration") }
            if !Self.requests.contains(call.requests) { wrong.append("number of requests") }
            guard wrong.isEmpty else {
                throw ExportProblem(
                    "\(call.key): its \(wrong.joined(separator: " and ")) cannot be; nothing is"
                        + " taken over")
            }
        }
    }

    mutating func add(_ call: ImportedCall) { calls.append(call) }

    /// Lines of one key are parts of one sum.
    mutating func addUp(_ call: ImportedCall) {
        guard let index = places[call.key] else {
            places[call.key] = calls.count
            return calls.append(call)
        }
        calls[index].usage = calls[index].usage + call.usage
        calls[index].cost += call.cost
        // What is too many for a number is too many for the check as well.
        calls[index].requests =
            calls[index].requests.addingReportingOverflow(call.requests).overflow
            ? .max : calls[index].requests + call.requests
    }

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

    /// What the tokens of a source that states no cost come to; nothing without a price.
    func price(_ call: inout ImportedCall, context: PriceContext = PriceContext()) {
        guard let model = call.model,
            let entry = prices.entry(provider: call.provider, model: model, at: call.moment)
        else { return }
        var context = context
        context.moment = call.moment
        // A sum of many calls says nothing of how long each was.
        context.contextInput = context.contextInput ?? 0
        guard let cost = try? CostModel.cost(of: call.usage, at: entry, context: context) else {
            return
        }
        call.cost = cost
        call.priceVersion = entry.version
    }
}
