package import Metering
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
    /// The place that serves the call.
    package var region: String?
    /// Inputs of which each can fill the context window: pictures that are embedded.
    package var windows: Int64 = 1
    /// Pieces beside the tokens that the call can consume at most: images, characters.
    package var pieces: [FeeUnit: Int64] = [:]
    /// Of generated images; nil: the provider chooses.
    package var imageSize: String?
    package var imageQuality: String?
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
        /// The model is priced by something that the request does not tell the length of.
        case unboundedPiece(FeeUnit)
        case overflow
    }

    package let amount: Amount
    package let inputTokens: Int64
    /// Of all answers together.
    package let outputTokens: Int64
    /// What the bound leaves for output when the input is paid for: picodollars per million.
    package let outputPrice: Int64
    /// Answers among which `outputTokens` are shared.
    package private(set) var choices: Int64 = 1

    package init(_ basis: QuoteBasis, at entry: PriceBook.Entry) throws(Failure) {
        guard let period = entry.period else {
            self.init(amount: .zero, inputTokens: 0, outputTokens: 0, outputPrice: 0)
            return
        }
        if let tool = basis.hostedTools.first { throw .hostedTool(tool) }
        let input = try Self.inputBound(basis, entry)
        let output = try Self.outputBound(basis, entry)
        var worst = Quote(amount: .zero, inputTokens: input, outputTokens: output, outputPrice: 0)
        let fees = try Self.fees(basis, period, searches: entry.model.maximumSearches)
        let factor = period.dearestMultiplier(basis)
        for bound in entry.bounds.reachable(basis.serviceTier) where bound.firstInput <= input {
            let candidate = try Self.bound(
                input: input, output: output, bound, factor, fees: fees)
            if candidate.amount >= worst.amount { worst = candidate }
        }
        worst.choices = max(1, basis.choices)
        self = worst
    }

    /// The bound of several calls together.
    package init(sum: Amount) {
        self.init(amount: sum, inputTokens: 0, outputTokens: 0, outputPrice: 0)
    }

    private init(amount: Amount, inputTokens: Int64, outputTokens: Int64, outputPrice: Int64) {
        self.amount = amount
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.outputPrice = outputPrice
    }

    private static func bound(
        input: Int64, output: Int64, _ bound: QuoteBounds.Bound, _ factor: Decimal?,
        fees: Amount
    ) throws(Failure) -> Quote {
        do throws(CostModel.Failure) {
            let millionths = try CostModel.sum(
                try CostModel.product(Int128(input), Int128(bound.inputPrice)),
                try CostModel.product(Int128(output), Int128(bound.outputPrice)))
            let amount =
                try CostModel.scaled(
                    millionths, by: factor, over: CostModel.tokensPerPrice) + fees
            guard amount.stored != nil else { throw .overflow }
            return Quote(
                amount: amount, inputTokens: input, outputTokens: output,
                outputPrice: bound.outputPrice)
        } catch {
            throw .overflow
        }
    }

    /// Measures that a model can be priced by in the place of tokens.
    private static let inherentUnits: [FeeUnit] = [
        .audioMilliseconds, .videoMilliseconds, .page, .searchUnit, .image, .characters,
    ]

    /// What the pieces cost at most. Those that the sheet does not price have no bound.
    private static func fees(
        _ basis: QuoteBasis, _ period: PricePeriod, searches: Int64
    ) throws(Failure) -> Amount {
        // What the model is priced by and the request does not bound.
        for unit in Self.inherentUnits where basis.pieces[unit] == nil {
            let isPriced = (period.fees[unit] ?? 0) > 0
            let isImage = unit == .image && !period.imagePrices.isEmpty
            if period.standard.base.isEmpty, isPriced || isImage {
                throw .unboundedPiece(unit)
            }
        }
        var sum = Amount.zero
        do throws(CostModel.Failure) {
            if let fee = period.fees[.request] {
                sum += try CostModel.scaled(Int128(fee), by: nil, over: 1_000)
            }
            let search = [FeeUnit.webSearch, .webSearchPreview].compactMap { period.fees[$0] }.max()
            sum += try CostModel.scaled(
                try CostModel.product(Int128(searches), Int128(search ?? 0)), by: nil, over: 1_000)
            for (unit, count) in basis.pieces where unit != .request && count > 0 {
                guard let fee = period.dearestFee(of: unit, basis) else {
                    // An image can be paid for by its tokens instead.
                    if !period.standard.base.isEmpty { continue }
                    throw CostModel.Failure.overflow
                }
                sum += try CostModel.scaled(
                    try CostModel.product(Int128(count), Int128(fee.price)), by: nil,
                    over: Int128(fee.per))
            }
        } catch {
            throw .noOutputBound
        }
        return sum
    }

    private static func inputBound(
        _ basis: QuoteBasis, _ entry: PriceBook.Entry
    ) throws(Failure) -> Int64 {
        switch basis.input {
        case .bytes(let count): return count
        case .contextWindow(let reason):
            // Where no token has a price, none needs a bound.
            if entry.bounds.hasNoTokenPrice { return 0 }
            guard let window = entry.model.contextWindow else { throw .noInputBound(reason) }
            let (total, overflow) = window.multipliedReportingOverflow(by: max(1, basis.windows))
            guard !overflow else { throw .overflow }
            return total
        }
    }

    private static func outputBound(
        _ basis: QuoteBasis, _ entry: PriceBook.Entry
    ) throws(Failure) -> Int64 {
        if basis.hasNoOutput || entry.bounds.hasNoTokenPrice { return 0 }
        let bounds = [basis.outputCap, entry.model.maximumOutput].compactMap { $0 }
        guard let most = bounds.min() else { throw .noOutputBound }
        let (total, overflow) = most.multipliedReportingOverflow(by: max(1, basis.choices))
        guard !overflow else { throw .overflow }
        return total
    }
}

/// The dearest prices of each tier of a period, by service tier and context tier.
struct QuoteBounds: Sendable {
    struct Bound: Sendable {
        /// Input tokens from which on the prices can apply.
        let firstInput: Int64
        /// Picodollars per million tokens, of the dearest class.
        let inputPrice: Int64
        let outputPrice: Int64
    }

    private let standard: [Bound]
    private let byTier: [String: [Bound]]
    private let unpinned: [Bound]
    /// The model is priced by its pieces alone.
    let hasNoTokenPrice: Bool

    init(_ period: PricePeriod?) {
        guard let period else {
            (standard, byTier, unpinned, hasNoTokenPrice) = ([], [:], [], true)
            return
        }
        standard = Self.bounds(period.standard) + period.hours.flatMap { Self.bounds($0.prices) }
        let standard = standard
        byTier = period.serviceTiers.mapValues { standard + Self.bounds($0) }
        // Batches and Anthropic's fast mode have to be asked for.
        let chosenByProvider = period.serviceTiers.filter { $0.key != "batch" && $0.key != "fast" }
        unpinned = standard + chosenByProvider.values.flatMap { Self.bounds($0) }
        hasNoTokenPrice = period.standard.base.isEmpty
    }

    private static func bounds(_ tier: TierPrices) -> [Bound] {
        ([(Int64(0), tier.base)] + tier.contextTiers.map { ($0.bound.first, $0.prices) })
            .map { first, prices in
                Bound(
                    firstInput: first, inputPrice: prices.dearestInput ?? 0,
                    outputPrice: prices.dearestOutput ?? 0)
            }
    }

    /// Names by which a request pins the tier that has no prices of its own.
    private static let plainTiers: Set<String> = ["default", "standard", "standard_only"]

    /// Of the tiers that can come to serve a request. One that does not pin its tier can be served
    /// by a dearer one, where the account is set so.
    func reachable(_ requested: String?) -> [Bound] {
        guard let requested else { return unpinned }
        if let bounds = byTier[requested] { return bounds }
        return Self.plainTiers.contains(requested) ? standard : unpinned
    }
}

extension PricePeriod {
    fileprivate func dearestMultiplier(_ basis: QuoteBasis) -> Decimal? {
        guard !multipliers.isEmpty else { return nil }
        var factors: [Decimal] = []
        if let values = multipliers[.inferenceGeo] {
            let stated = basis.inferenceGeo.map { values[$0] ?? values[Self.anyOther] }
            if let factor = stated ?? values.values.max(by: <) { factors.append(factor) }
        }
        if let values = multipliers[.region], let region = basis.region,
            let factor = values[region] ?? values[Self.anyOther]
        {
            factors.append(factor)
        }
        return factors.isEmpty ? nil : factors.dropFirst().reduce(factors[0], *)
    }

    /// The dearest price that a piece can come to.
    fileprivate func dearestFee(
        of unit: FeeUnit, _ basis: QuoteBasis
    ) -> (price: Int64, per: Int64)? {
        guard unit == .image, !imagePrices.isEmpty else {
            return fees[unit].map { ($0, unit.perPrice) }
        }
        let fitting = imagePrices.filter { image in
            (basis.imageSize.map { image.size == nil || image.size == $0 } ?? true)
                && (basis.imageQuality.map { image.quality == nil || image.quality == $0 } ?? true)
        }
        return fitting.map(\.price).max().map { ($0, 1) }
    }
}
