package import Metering
package import Money

/// What a row's price depends on beside the counts, as the reply states it.
package struct PriceContext: Hashable, Sendable {
    package var serviceTier: String?
    package var inferenceGeo: String?

    package init(serviceTier: String? = nil, inferenceGeo: String? = nil) {
        self.serviceTier = serviceTier
        self.inferenceGeo = inferenceGeo
    }
}

/// Usage × prices → cost.
package enum CostModel {
    package enum Failure: Error, Equatable, Sendable {
        /// The sheet prices the model but not this class.
        case noPrice(TokenClass)
        /// The product is beyond what a row can store (9,223,372 USD).
        case overflow
    }

    /// Prices per million tokens, so that one product is in millionths of a picodollar.
    static let tokensPerPrice: Int128 = 1_000_000
    static let piecesPerFee: Int128 = 1_000

    /// The cost of `usage`: the exact sum over all classes, rounded up once to a whole picodollar,
    /// so that spend is never understated.
    package static func cost(
        of usage: Usage, at entry: PriceBook.Entry, context: PriceContext
    ) throws(Failure) -> Amount {
        guard let period = entry.period else { return .zero }
        let tier = period.tier(named: context.serviceTier)
        let prices = tier.prices(inputTokens: usage.inputTokens)
        var millionths: Int128 = 0
        for tokenClass in TokenClass.all where usage[tokenClass] > 0 {
            guard let price = prices[tokenClass] else { throw .noPrice(tokenClass) }
            millionths = try sum(millionths, try product(Int128(usage[tokenClass]), Int128(price)))
        }
        let factor = period.multiplier(in: context)
        var cost = try scaled(millionths, by: factor, over: tokensPerPrice)
        for (unit, fee) in period.fees {
            let pieces = unit == .request ? 1 : usage[unit]
            guard pieces > 0 else { continue }
            let thousandths = try product(Int128(pieces), Int128(fee))
            cost += try scaled(thousandths, by: nil, over: piecesPerFee)
        }
        guard cost.stored != nil else { throw .overflow }
        return cost
    }

    static func product(_ left: Int128, _ right: Int128) throws(Failure) -> Int128 {
        let (value, overflow) = left.multipliedReportingOverflow(by: right)
        guard !overflow else { throw .overflow }
        return value
    }

    static func sum(_ left: Int128, _ right: Int128) throws(Failure) -> Int128 {
        let (value, overflow) = left.addingReportingOverflow(right)
        guard !overflow else { throw .overflow }
        return value
    }

    /// `value × factor ÷ unit`, rounded up.
    static func scaled(
        _ value: Int128, by factor: Decimal?, over unit: Int128
    ) throws(Failure) -> Amount {
        let numerator = try product(value, factor?.digits ?? 1)
        let divisor = unit * Decimal.powerOfTen(factor?.scale ?? 0)
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: divisor)
        return Amount(picodollars: quotient + (remainder > 0 ? 1 : 0))
    }
}

extension PricePeriod {
    /// The prices of a tier by its name in the reply; a tier without prices of its own is
    /// billed as the standard one.
    package func tier(named name: String?) -> TierPrices {
        name.flatMap { serviceTiers[$0] } ?? standard
    }

    package func multiplier(in context: PriceContext) -> Decimal? {
        guard let geo = context.inferenceGeo else { return nil }
        return multipliers["inference_geo"]?[geo]
    }
}
