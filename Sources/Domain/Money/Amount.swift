/// An exact amount of money: a whole number of picodollars (10⁻¹² USD).
///
/// One row of the store holds an `Int64` of them (9.2 million USD, see `stored`); sums and products
/// use the whole width of `Int128`. Arithmetic that overflows is an error, never a clamp: a sum of
/// `Int128` traps only above 10²⁶ USD, which no sum of stored rows can reach.
package struct Amount: Hashable, Comparable, Sendable {
    package static let zero = Amount(picodollars: 0)
    package static let picodollarsPerDollar: Int128 = 1_000_000_000_000
    /// Digits after the decimal point of an amount in USD.
    package static let fractionDigits = 12

    package let picodollars: Int128

    package init(picodollars: Int128) {
        self.picodollars = picodollars
    }

    /// The amount as one row stores it, or nil above `Int64.max` picodollars (9,223,372 USD).
    package var stored: Int64? { Int64(exactly: picodollars) }

    package var isPositive: Bool { picodollars > 0 }

    package static func < (left: Amount, right: Amount) -> Bool {
        left.picodollars < right.picodollars
    }

    package static func + (left: Amount, right: Amount) -> Amount {
        Amount(picodollars: left.picodollars + right.picodollars)
    }

    package static func - (left: Amount, right: Amount) -> Amount {
        Amount(picodollars: left.picodollars - right.picodollars)
    }

    package static func += (left: inout Amount, right: Amount) { left = left + right }

    package static func -= (left: inout Amount, right: Amount) { left = left - right }

    /// Whole percent of `limit`, rounded down; nil for a limit of zero.
    package func wholePercent(of limit: Amount) -> Int? {
        guard limit.isPositive else { return nil }
        return Int(clampingPercent: picodollars * 100 / limit.picodollars)
    }

    /// Millionths of `limit`, rounded down; nil for a limit of zero.
    package func millionths(of limit: Amount) -> Int128? {
        guard limit.isPositive else { return nil }
        return picodollars * 1_000_000 / limit.picodollars
    }

    /// This amount as a percentage of `limit` with two decimals, rounded down: `"104.31"`.
    package func percentText(of limit: Amount) -> String? {
        guard limit.isPositive else { return nil }
        let hundredths = picodollars * 10_000 / limit.picodollars
        let fraction = Decimal.padded(hundredths % 100, digits: 2)
        return "\(hundredths / 100).\(fraction)"
    }
}

extension Int {
    /// A percentage is for display and comparison with thresholds of at most 100; larger ones
    /// than `Int` holds carry no more information.
    fileprivate init(clampingPercent value: Int128) {
        self = Int(clamping: value)
    }
}
