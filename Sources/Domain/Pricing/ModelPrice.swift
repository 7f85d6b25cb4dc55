package import Chronology
package import Metering
package import Money

/// What one model costs over time, and the bounds that a quote needs.
package struct ModelPrice: Hashable, Sendable {
    package var model: String
    package var aliases: [String] = []
    /// Whether the id followed by a date names this model too.
    package var coversSnapshots = false
    /// Tokens that one request can send and receive together.
    package var contextWindow: Int64?
    package var maximumOutput: Int64?
    /// The provider documents that it does not charge for it.
    package var isFree = false
    /// In the order of `from`, which strictly increases.
    package var periods: [PricePeriod] = []

    package init(model: String) { self.model = model }
}

/// Prices from one date on.
package struct PricePeriod: Hashable, Sendable {
    /// Nil: since ever.
    package var from: Instant?
    package var standard: TierPrices
    /// By the name that the provider's reply gives the tier.
    package var serviceTiers: [String: TierPrices] = [:]
    /// By the name of a condition and its value: an exact factor on the whole cost.
    package var multipliers: [String: [String: Decimal]] = [:]
    /// Picodollars per thousand pieces.
    package var fees: [FeeUnit: Int64] = [:]

    package init(from: Instant?, standard: TierPrices) {
        self.from = from
        self.standard = standard
    }
}

/// Prices of one service tier, which may depend on how much a request sends.
package struct TierPrices: Hashable, Sendable {
    package var base: ClassPrices
    /// In the order of their bounds, which strictly increase.
    package var contextTiers: [ContextTier] = []

    package init(base: ClassPrices) { self.base = base }

    /// The prices of a request with so many input tokens; the whole request costs them, as the
    /// providers bill it.
    package func prices(inputTokens: Int64) -> ClassPrices {
        contextTiers.last { $0.applies(toInputTokens: inputTokens) }?.prices ?? base
    }
}

package struct ContextTier: Hashable, Sendable {
    package enum Bound: Hashable, Sendable {
        case above(Int64)
        case atLeast(Int64)

        /// The smallest count that is in the tier.
        package var first: Int64 {
            switch self {
            case .above(let count): count + 1
            case .atLeast(let count): count
            }
        }
    }

    package var bound: Bound
    package var prices: ClassPrices

    func applies(toInputTokens count: Int64) -> Bool { count >= bound.first }
}
