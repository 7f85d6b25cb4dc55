package import Money

/// A bill as a reply states it.
extension Amount {
    /// The amount that a JSON number of USD states, to the nearest picodollar: such figures come
    /// out of binary fractions, whose noise stands far behind the twelfth decimal. Nil for what is
    /// no number, is negative, or is more than a row stores.
    package init?(reportedDollars scalar: JSONScalar) {
        self.init(reported: scalar, shiftedBy: Amount.fractionDigits)
    }

    /// xAI's ticks of 10⁻¹⁰ USD. Source: docs.x.ai, cost tracking.
    package init?(reportedTicks scalar: JSONScalar) {
        let digitsOfATick = 10
        self.init(reported: scalar, shiftedBy: Amount.fractionDigits - digitsOfATick)
    }

    private init?(reported scalar: JSONScalar, shiftedBy places: Int) {
        let coefficient: Int64
        var exponent = places
        switch scalar {
        case .integer(let whole): coefficient = whole
        case .decimal(let decimal):
            coefficient = decimal.isNegative ? -decimal.coefficient : decimal.coefficient
            exponent += decimal.exponent
        default: return nil
        }
        guard coefficient >= 0 else { return nil }
        self.init(coefficient: coefficient, exponent: exponent)
        guard stored != nil else { return nil }
    }

    private init?(coefficient: Int64, exponent: Int) {
        // More places than any count of picodollars has; the rest is nothing, or no amount.
        let maximumPlaces = 20
        if coefficient == 0 || exponent < -maximumPlaces {
            self = .zero
        } else if exponent > maximumPlaces {
            return nil
        } else if exponent >= 0 {
            let (value, overflow) = Int128(coefficient).multipliedReportingOverflow(
                by: Decimal.powerOfTen(exponent))
            guard !overflow else { return nil }
            self.init(picodollars: value)
        } else {
            let unit = Decimal.powerOfTen(-exponent)
            self.init(picodollars: (Int128(coefficient) + unit / 2) / unit)
        }
    }
}
