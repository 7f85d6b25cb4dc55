extension Amount {
    /// Rounded for the eye: cents from a dollar on, a hundredth of a cent from a cent on, and two
    /// digits that are not zero below it.
    package var glance: String {
        let magnitude = picodollars.magnitude
        guard magnitude > 0 else { return "0.00" }
        let isWhole = magnitude >= UInt128(Self.picodollarsPerDollar)
        let unit: UInt128 = isWhole ? 10_000_000_000 : 100_000_000
        let sign = picodollars < 0 ? "-" : ""
        guard magnitude >= Self.picodollarsPerCent else {
            return sign + Self.significant(magnitude)
        }
        let rounded = (magnitude + unit / 2) / unit
        let places = isWhole ? 2 : 4
        let factor = UInt128(Decimal.powerOfTen(places))
        let fraction = Decimal.padded(Int128(rounded % factor), digits: places)
        return "\(sign)\(Self.grouped(String(rounded / factor))).\(fraction)"
    }

    private static let picodollarsPerCent: UInt128 = 10_000_000_000

    /// Two digits that are not zero: `0.0000012`.
    private static func significant(_ magnitude: UInt128) -> String {
        var unit: UInt128 = 1
        while magnitude / unit >= 100 { unit *= 10 }
        let rounded = (magnitude + unit / 2) / unit * unit
        var digits = Decimal.padded(Int128(rounded), digits: fractionDigits)
        while digits.last == "0" { digits.removeLast() }
        return "0.\(digits)"
    }

    /// `1234567` as `1 234 567`, with spaces that do not break.
    package static func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append("\u{202F}") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
