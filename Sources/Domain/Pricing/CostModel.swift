package import Metering
package import Money

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

    /// The cost of `usage`: the exact sum over all classes, rounded up once to a whole picodollar,
    /// so that spend is never understated.
    package static func cost(
        of usage: Usage, at entry: PriceBook.Entry, context: PriceContext
    ) throws(Failure) -> Amount {
        guard let period = entry.period else { return .zero }
        let prices = period.tier(in: context).prices(
            inputTokens: context.contextInput ?? usage.inputTokens)
        var millionths: Int128 = 0
        for tokenClass in TokenClass.all where usage[tokenClass] > 0 {
            guard let price = prices[tokenClass] else { throw .noPrice(tokenClass) }
            millionths = try sum(millionths, try product(Int128(usage[tokenClass]), Int128(price)))
        }
        var cost = try scaled(
            millionths, by: period.multiplier(in: context), over: tokensPerPrice)
        for unit in FeeUnit.all {
            let count = unit == .request ? 1 : usage[unit]
            guard count > 0, let fee = period.fee(of: unit, in: context) else { continue }
            cost += try scaled(
                try product(Int128(count), Int128(fee.price)), by: nil, over: Int128(fee.per))
        }
        guard cost.stored != nil else { throw .overflow }
        return cost
    }

    /// Pieces of `usage` of which the sheet does not say what they cost.
    package static func unpricedPieces(
        of usage: Usage, at entry: PriceBook.Entry, context: PriceContext
    ) -> [FeeUnit] {
        guard let period = entry.period else { return [] }
        return FeeUnit.all.filter { unit in
            usage[unit] > 0 && period.fee(of: unit, in: context) == nil
        }
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
    /// The prices of the tier that the reply names, else those of the hour; a tier without prices
    /// of its own is billed as the standard one.
    package func tier(in context: PriceContext) -> TierPrices {
        if let name = context.serviceTier, let tier = serviceTiers[name] { return tier }
        if !hours.isEmpty, let moment = context.moment {
            return hours.first { $0.covers(moment) }?.prices ?? standard
        }
        return standard
    }

    /// The product of all factors that apply; nil for none.
    package func multiplier(in context: PriceContext) -> Decimal? {
        guard !multipliers.isEmpty else { return nil }
        let factors = PriceCondition.allCases.compactMap { condition -> Decimal? in
            guard let values = multipliers[condition], let value = context[condition] else {
                return nil
            }
            return values[value] ?? values[Self.anyOther]
        }
        return factors.isEmpty ? nil : factors.dropFirst().reduce(factors[0], *)
    }

    /// The value of a condition that stands for all that are not listed.
    static let anyOther = "*"

    /// The price of one unit, and how many of it the price is for.
    package func fee(of unit: FeeUnit, in context: PriceContext) -> (price: Int64, per: Int64)? {
        if unit == .image, let image = imagePrice(in: context) { return (image.price, 1) }
        return fees[unit].map { ($0, unit.perPrice) }
    }

    private func imagePrice(in context: PriceContext) -> ImagePrice? {
        imagePrices.first { $0.fits(size: context.imageSize, quality: context.imageQuality) }
    }
}
