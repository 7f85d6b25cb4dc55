internal import Metering
package import Money

/// What bounds the tokens that a request sends.
package enum InputBound: Hashable, Sendable {
    /// All of it is text in the body; a token is at least one byte.
    case bytes(Int64)
    /// Something named here is not in the body, so only the model's context window bounds it.
    case contextWindow(because: String)
}

/// What a request says that bounds its cost.
package struct QuoteBasis: Hashable, Sendable {
    package var input: InputBound
    /// The most output tokens that the request allows; nil: the model's own maximum.
    package var outputCap: Int64?
    /// Answers asked for at once.
    package var choices: Int64 = 1
    /// Nil: the provider chooses.
    package var serviceTier: String?
    package var inferenceGeo: String?
    /// Tools that run at the provider and are billed there, so often as the model likes.
    package var hostedTools: [String] = []
    /// The reply holds no tokens of the model's making.
    package var hasNoOutput = false

    package init(input: InputBound) { self.input = input }
}

/// An upper bound of what a call can cost, known before it is sent.
package struct Quote: Hashable, Sendable {
    package enum Failure: Error, Equatable, Sendable {
        /// Neither the request nor the sheet says how long the answer can become.
        case noOutputBound
        /// The input is not in the body and the sheet has no context window.
        case noInputBound(String)
        case hostedTool(String)
        case overflow
    }

    package let amount: Amount
    package let inputTokens: Int64
    /// Of all answers together.
    package let outputTokens: Int64
    /// What the bound leaves for output when the input is paid for: picodollars per million.
    package let outputPrice: Int64

    package init(_ basis: QuoteBasis, at entry: PriceBook.Entry) throws(Failure) {
        guard let period = entry.period else {
            self.init(amount: .zero, inputTokens: 0, outputTokens: 0, outputPrice: 0)
            return
        }
        if let tool = basis.hostedTools.first { throw .hostedTool(tool) }
        let input = try Self.inputBound(basis, entry.model)
        let output = try Self.outputBound(basis, entry.model)
        var worst = Quote(amount: .zero, inputTokens: input, outputTokens: output, outputPrice: 0)
        for tier in period.reachableTiers(requested: basis.serviceTier) {
            for prices in tier.reachablePrices(inputTokens: input) {
                let candidate = try Self.bound(
                    basis, input: input, output: output, prices: prices, period: period)
                if candidate.amount >= worst.amount { worst = candidate }
            }
        }
        self = worst
    }

    private init(amount: Amount, inputTokens: Int64, outputTokens: Int64, outputPrice: Int64) {
        self.amount = amount
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.outputPrice = outputPrice
    }

    private static func bound(
        _ basis: QuoteBasis, input: Int64, output: Int64, prices: ClassPrices, period: PricePeriod
    ) throws(Failure) -> Quote {
        do throws(CostModel.Failure) {
            let inputPrice = Int128(prices.dearestInput ?? 0)
            let outputPrice = prices.dearestOutput ?? 0
            let millionths = try CostModel.sum(
                try CostModel.product(Int128(input), inputPrice),
                try CostModel.product(Int128(output), Int128(outputPrice)))
            let amount = try CostModel.scaled(
                millionths, by: period.dearestMultiplier(requestedGeo: basis.inferenceGeo),
                over: CostModel.tokensPerPrice)
            guard amount.stored != nil else { throw .overflow }
            return Quote(
                amount: amount, inputTokens: input, outputTokens: output, outputPrice: outputPrice)
        } catch {
            throw .overflow
        }
    }

    private static func inputBound(
        _ basis: QuoteBasis, _ model: ModelPrice
    ) throws(Failure) -> Int64 {
        switch basis.input {
        case .bytes(let count): return count
        case .contextWindow(let reason):
            guard let window = model.contextWindow else { throw .noInputBound(reason) }
            return window
        }
    }

    private static func outputBound(
        _ basis: QuoteBasis, _ model: ModelPrice
    ) throws(Failure) -> Int64 {
        if basis.hasNoOutput { return 0 }
        guard let most = [basis.outputCap, model.maximumOutput].compactMap({ $0 }).min() else {
            throw .noOutputBound
        }
        let (total, overflow) = most.multipliedReportingOverflow(by: max(1, basis.choices))
        guard !overflow else { throw .overflow }
        return total
    }
}

extension PricePeriod {
    /// The tiers that can come to serve a request. One that does not pin its tier can be served
    /// by a dearer one, where the account is set so.
    fileprivate func reachableTiers(requested: String?) -> [TierPrices] {
        switch requested {
        case .some(let name) where name != "auto":
            return [standard] + [serviceTiers[name]].compactMap { $0 }
        default:
            return [standard] + ["priority"].compactMap { serviceTiers[$0] }
        }
    }

    fileprivate func dearestMultiplier(requestedGeo: String?) -> Decimal? {
        let factors = multipliers["inference_geo"] ?? [:]
        if let geo = requestedGeo { return factors[geo] }
        return factors.values.max { left, right in
            left.digits * Decimal.powerOfTen(right.scale)
                < right.digits * Decimal.powerOfTen(left.scale)
        }
    }
}

extension TierPrices {
    /// The prices of every context tier that so many tokens, or fewer, can be in.
    fileprivate func reachablePrices(inputTokens: Int64) -> [ClassPrices] {
        [base] + contextTiers.filter { $0.bound.first <= inputTokens }.map(\.prices)
    }
}
