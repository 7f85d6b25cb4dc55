extension Amount {
    /// Rounded for the eye: cents from a dollar on, below it a hundredth of a cent.
    package var glance: String {
        let magnitude = picodollars.magnitude
        guard magnitude > 0 else { return "0.00" }
        let isWhole = magnitude >= UInt128(Self.picodollarsPerDollar)
        let unit: UInt128 = isWhole ? 10_000_000_000 : 100_000_000
        let sign = picodollars < 0 ? "-" : ""
        guard magnitude >= 100_000_000 else { return sign + Self.significant(magnitude) }
        let rounded = (magnitude + unit / 2) / unit
        let places = isWhole ? 2 : 4
        let factor = UInt128(Decimal.powerOfTen(places))
        let fraction = Decimal.padded(Int128(rounded % factor), digits: places)
        return "\(sign)\(Self.grouped(String(rounded / factor))).\(fraction)"
    }

    /// Two digits that are not zero: `0.0000012`.
    private static func significant(_ magnitude: UInt128) -> String {
        let digits = Decimal.padded(Int128(magnitude), digits: fractionDigits)
        let zeros = digits.prefix { $0 == "0" }.count
        var kept = digits.prefix(zeros + 2)
        while kept.last == "0" { kept.removeLast() }
        return "0.\(kept)"
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
