package import Money

/// Amounts as other programs write them: exponents, more places than a picodollar has, commas
/// between thousands, a currency's sign.
package enum ForeignAmount {
    private static let maximumDigits = 34

    /// In USD, rounded half away from zero to a whole picodollar; nil for what is no amount.
    /// `cents`: the text is in hundredths of a dollar.
    package static func amount(_ text: String, cents: Bool = false) -> Amount? {
        guard let plain = withoutCommas(text.filter { !" $\u{A0}".contains($0) }) else {
            return nil
        }
        var text = plain[...]
        let isNegative = text.first == "-"
        if isNegative || text.first == "+" { text = text.dropFirst() }
        let parts = text.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { "eE".contains($0) })
        guard var exponent = parts.count > 1 ? Int(parts[1]) : 0, let number = parts.first else {
            return nil
        }
        let sides = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = sides.joined()
        guard !digits.isEmpty, digits.count <= 60, (-60...60).contains(exponent),
            digits.allSatisfy({ "0123456789".contains($0) })
        else { return nil }
        exponent -= sides.count > 1 ? sides[1].count : 0
        exponent += Amount.fractionDigits - (cents ? 2 : 0)
        guard let magnitude = scaled(Array(digits), exponent) else { return nil }
        return Amount(picodollars: isNegative ? -magnitude : magnitude)
    }

    /// Nil where a comma stands for anything but thousands: `1,23` is not 123.
    private static func withoutCommas(_ text: String) -> String? {
        guard text.contains(",") else { return text }
        let whole = text.prefix { $0 != "." }
        let groups = whole.split(separator: ",", omittingEmptySubsequences: false)
        let first = groups[0].drop { "+-".contains($0) }
        guard (1...3).contains(first.count), groups.dropFirst().allSatisfy({ $0.count == 3 }) else {
            return nil
        }
        return text.filter { $0 != "," }
    }

    private static func scaled(_ digits: [Character], _ exponent: Int) -> Int128? {
        var kept = digits[...].drop { $0 == "0" }
        var carry: Int128 = 0
        if exponent < 0 {
            let first = kept.count + exponent
            guard first >= 0 else { return 0 }
            carry = (kept.dropFirst(first).first ?? "0") >= "5" ? 1 : 0
            kept = kept.prefix(first)
        }
        let zeros = max(0, exponent)
        guard kept.count + zeros <= maximumDigits else { return kept.isEmpty ? 0 : nil }
        let text = String(kept) + String(repeating: "0", count: zeros)
        return (text.isEmpty ? 0 : Int128(text) ?? 0) + carry
    }
}
