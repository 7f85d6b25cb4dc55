extension Amount {
    /// Why a text is not an amount; the text of a message to a person.
    package enum TextError: Error, Equatable, CustomStringConvertible {
        case notANumber(String)
        case tooFine(String)
        case tooLarge(String)

        package var description: String {
            switch self {
            case .notANumber(let text):
                "'\(text)' is not an amount of USD: write digits with an optional decimal point,"
                    + " such as 50 or 0.25"
            case .tooFine(let text):
                "'\(text)' has more than 12 decimals: the smallest amount is 0.000000000001 USD"
            case .tooLarge(let text):
                "'\(text)' is too large: an amount is at most 9223372 USD"
            }
        }
    }

    /// Reads decimal USD such as `"50"` or `"0.000000000001"`; a minus sign, an exponent, `nan` and
    /// amounts that one row cannot store are errors.
    package init(dollars text: String) throws(TextError) {
        guard let decimal = Decimal(text) else { throw .notANumber(text) }
        guard decimal.scale <= Self.fractionDigits || decimal.isWhole(atScale: Self.fractionDigits)
        else { throw .tooFine(text) }
        guard let picodollars = decimal.whole(timesTenToThe: Self.fractionDigits),
            Int64(exactly: picodollars) != nil
        else { throw .tooLarge(text) }
        self.init(picodollars: picodollars)
    }

    /// Decimal USD with all twelve places, for JSON, CSV and the store: `"0.000000160000"`.
    package var dollars: String {
        let magnitude = picodollars.magnitude
        let whole = magnitude / UInt128(Self.picodollarsPerDollar)
        let fraction = Int128(magnitude % UInt128(Self.picodollarsPerDollar))
        let sign = picodollars < 0 ? "-" : ""
        return "\(sign)\(whole).\(Decimal.padded(fraction, digits: Self.fractionDigits))"
    }

    /// Decimal USD for people: at least two places, and no trailing zeros beyond them.
    package var shortDollars: String {
        var text = Substring(dollars)
        let minimumPlaces = 2
        while text.hasSuffix("0"), placesAfterPoint(in: text) > minimumPlaces {
            text.removeLast()
        }
        return String(text)
    }

    private func placesAfterPoint(in text: Substring) -> Int {
        guard let point = text.firstIndex(of: ".") else { return 0 }
        return text.distance(from: point, to: text.endIndex) - 1
    }
}

extension Decimal {
    fileprivate func isWhole(atScale places: Int) -> Bool {
        whole(timesTenToThe: places) != nil
    }
}
