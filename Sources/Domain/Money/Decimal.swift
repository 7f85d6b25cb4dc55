/// A non-negative decimal number as it is written: `digits × 10^-scale`, with nothing rounded.
///
/// Prices, limits and multipliers enter as text and stay exact; a binary fraction never stands
/// between the text and the integer that is computed with.
package struct Decimal: Hashable, Comparable, Sendable {
    /// Digits before and after the point that a number may have; bounds the arithmetic below.
    package static let maximumDigits = 24

    package let digits: Int128
    package let scale: Int

    /// Reads `12`, `0.0375`, `1.50`; nil for anything else (signs, exponents, `nan`, no digits).
    package init?(_ text: some StringProtocol) {
        var digits: Int128 = 0
        var scale = 0
        var digitCount = 0
        var seenPoint = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits = digits * 10 + Int128(byte - UInt8(ascii: "0"))
                digitCount += 1
                if seenPoint { scale += 1 }
                guard digitCount <= Self.maximumDigits else { return nil }
            case UInt8(ascii: ".") where !seenPoint && digitCount > 0:
                seenPoint = true
            default:
                return nil
            }
        }
        guard digitCount > 0, !(seenPoint && scale == 0) else { return nil }
        self.digits = digits
        self.scale = scale
    }

    private init(digits: Int128, scale: Int) {
        self.digits = digits
        self.scale = scale
    }

    package static func < (left: Decimal, right: Decimal) -> Bool {
        left.digits * powerOfTen(right.scale) < right.digits * powerOfTen(left.scale)
    }

    /// The exact product of two short factors, such as multipliers of a price sheet.
    package static func * (left: Decimal, right: Decimal) -> Decimal {
        Decimal(digits: left.digits * right.digits, scale: left.scale + right.scale)
    }

    /// As it is written: `1.1`.
    package var text: String {
        let (whole, rest) = digits.quotientAndRemainder(dividingBy: Self.powerOfTen(scale))
        return scale == 0 ? "\(whole)" : "\(whole).\(Self.padded(rest, digits: scale))"
    }

    /// The number multiplied by 10^`exponent`, or nil when that is not whole.
    package func whole(timesTenToThe exponent: Int) -> Int128? {
        if exponent >= scale {
            let (value, overflow) = digits.multipliedReportingOverflow(
                by: Self.powerOfTen(exponent - scale))
            return overflow ? nil : value
        }
        let (quotient, remainder) = digits.quotientAndRemainder(
            dividingBy: Self.powerOfTen(scale - exponent))
        return remainder == 0 ? quotient : nil
    }

    package static func powerOfTen(_ exponent: Int) -> Int128 {
        var value: Int128 = 1
        for _ in 0..<exponent { value *= 10 }
        return value
    }

    /// `value` in decimal with leading zeros up to `digits` places.
    package static func padded(_ value: Int128, digits: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
