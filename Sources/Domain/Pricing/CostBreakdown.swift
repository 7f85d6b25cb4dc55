package import Metering
package import Money

/// A cost taken apart for a person: each class × price = subtotal.
package struct CostBreakdown: Sendable {
    package struct Line: Sendable {
        package let name: String
        package let count: Int64
        /// USD for `per` of what is counted.
        package let price: Amount
        package let per: Int64
        /// Rounded up to a picodollar on its own, for display; the sum is rounded once.
        package let subtotal: Amount
    }

    package let lines: [Line]
    package let multiplier: Decimal?
    package let total: Amount

    package init(
        of usage: Usage, at entry: PriceBook.Entry, context: PriceContext
    ) throws(CostModel.Failure) {
        total = try CostModel.cost(of: usage, at: entry, context: context)
        guard let period = entry.period else {
            lines = []
            multiplier = nil
            return
        }
        let prices = period.tier(in: context).prices(
            inputTokens: context.contextInput ?? usage.inputTokens)
        var lines: [Line] = []
        for tokenClass in TokenClass.all where usage[tokenClass] > 0 {
            guard let price = prices[tokenClass] else { continue }
            let product = try CostModel.product(Int128(usage[tokenClass]), Int128(price))
            lines.append(
                Line(
                    name: tokenClass.rawValue, count: usage[tokenClass],
                    price: Amount(picodollars: Int128(price)), per: 1_000_000,
                    subtotal: try CostModel.scaled(
                        product, by: nil, over: CostModel.tokensPerPrice)))
        }
        for unit in FeeUnit.all {
            let count = unit == .request ? 1 : usage[unit]
            guard count > 0, let fee = period.fee(of: unit, in: context) else { continue }
            let product = try CostModel.product(Int128(count), Int128(fee.price))
            lines.append(
                Line(
                    name: unit.rawValue, count: count,
                    price: Amount(picodollars: Int128(fee.price)), per: fee.per,
                    subtotal: try CostModel.scaled(product, by: nil, over: Int128(fee.per))))
        }
        self.lines = lines
        multiplier = period.multiplier(in: context)
    }
}
