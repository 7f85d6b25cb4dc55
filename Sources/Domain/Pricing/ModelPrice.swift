package import Chronology
package import Metering
package import Money

/// What one model costs over time, and the bounds that a quote needs.
package struct ModelPrice: Hashable, Sendable {
    package var model: String
    package var aliases: [String] = []
    /// Rules for other names that are billed the same.
    package var matches: [NamePattern] = []
    /// Whether the id followed by a date names this model too.
    package var coversSnapshots = false
    /// Tokens that one request can send and receive together.
    package var contextWindow: Int64?
    package var maximumOutput: Int64?
    /// Searches that the model makes for one answer without being asked.
    package var maximumSearches: Int64 = 0
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
    /// Prices of a part of the day; the first that fits stands for `standard`.
    package var hours: [HourPrices] = []
    /// By condition and value: an exact factor on the cost of all tokens.
    package var multipliers: [PriceCondition: [String: Decimal]] = [:]
    /// Picodollars per `FeeUnit.perPrice` of the unit.
    package var fees: [FeeUnit: Int64] = [:]
    /// Prices of one image by its size and quality; the first that fits applies.
    package var imagePrices: [ImagePrice] = []

    package init(from: Instant?, standard: TierPrices) {
        self.from = from
        self.standard = standard
    }
}

/// What a factor on a price depends on.
package enum PriceCondition: String, CaseIterable, Sendable {
    /// Anthropic's `usage.inference_geo`, which the reply states.
    case inferenceGeo = "inference_geo"
    /// The place of the provider that served the call, as its route or upstream names it.
    case region
}

/// The price of one generated image; nil fits any value.
package struct ImagePrice: Hashable, Sendable {
    package var size: String?
    package var quality: String?
    /// Picodollars.
    package var price: Int64

    func fits(size: String?, quality: String?) -> Bool {
        (self.size == nil || self.size == size)
            && (self.quality == nil || self.quality == quality)
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

    package init(bound: Bound, prices: ClassPrices) {
        self.bound = bound
        self.prices = prices
    }

    func applies(toInputTokens count: Int64) -> Bool { count >= bound.first }
}
