/// A number that `Int64` does not hold: `coefficient × 10^exponent`, its digits cut off behind the
/// eighteenth that counts.
package struct JSONDecimal: Sendable, Equatable {
    package let isNegative: Bool
    package let coefficient: Int64
    package let exponent: Int

    package init(isNegative: Bool, coefficient: Int64, exponent: Int) {
        self.isNegative = isNegative
        self.coefficient = coefficient
        self.exponent = exponent
    }
}

/// The number that a scanner is reading, as the grammar of RFC 8259 has it.
struct JSONNumber: Sendable {
    private enum Part: Sendable { case start, zero, whole, point, fraction, e, sign, exponent }

    /// Digits that `Int64` always holds.
    private static let maximumDigits = 18
    /// Beyond it, a number is as good as nothing or endless.
    private static let maximumExponent = 9_999

    private var part = Part.start
    private var isNegative = false
    private var value: Int64 = 0
    /// Digits of `value`, without zeros before the first that counts.
    private var digits = 0
    /// By how much the point stands to the left of the end of `value`.
    private var scale = 0
    private var exponent = 0
    private var exponentIsNegative = false

    static func continues(with byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"),
            UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// False where the grammar does not allow `byte` here.
    mutating func take(_ byte: UInt8) -> Bool {
        switch (part, byte) {
        case (.start, UInt8(ascii: "-")) where !isNegative: isNegative = true
        case (.start, UInt8(ascii: "0")): part = .zero
        case (.start, UInt8(ascii: "1")...UInt8(ascii: "9")):
            part = .whole
            add(byte)
        case (.whole, UInt8(ascii: "0")...UInt8(ascii: "9")): add(byte)
        case (.zero, UInt8(ascii: ".")), (.whole, UInt8(ascii: ".")): part = .point
        case (.point, UInt8(ascii: "0")...UInt8(ascii: "9")),
            (.fraction, UInt8(ascii: "0")...UInt8(ascii: "9")):
            part = .fraction
            scale += 1
            add(byte)
        case (.zero, UInt8(ascii: "e")), (.zero, UInt8(ascii: "E")),
            (.whole, UInt8(ascii: "e")), (.whole, UInt8(ascii: "E")),
            (.fraction, UInt8(ascii: "e")), (.fraction, UInt8(ascii: "E")):
            part = .e
        case (.e, UInt8(ascii: "+")): part = .sign
        case (.e, UInt8(ascii: "-")):
            part = .sign
            exponentIsNegative = true
        case (.e, UInt8(ascii: "0")...UInt8(ascii: "9")),
            (.sign, UInt8(ascii: "0")...UInt8(ascii: "9")),
            (.exponent, UInt8(ascii: "0")...UInt8(ascii: "9")):
            part = .exponent
            exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), Self.maximumExponent)
        default: return false
        }
        return true
    }

    private mutating func add(_ byte: UInt8) {
        if digits == Self.maximumDigits {
            scale -= 1
            return
        }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        if value > 0 { digits += 1 }
    }

    /// Nil where the number ended too early to be one.
    var scalar: JSONScalar? {
        switch part {
        case .zero: .integer(0)
        case .whole where scale == 0: .integer(isNegative ? -value : value)
        case .whole, .fraction, .exponent: .decimal(decimal)
        default: nil
        }
    }

    private var decimal: JSONDecimal {
        JSONDecimal(
            isNegative: isNegative, coefficient: value,
            exponent: (exponentIsNegative ? -exponent : exponent) - scale)
    }
}

/// `true`, `false` or `null`, byte by byte.
struct JSONLiteral: Sendable {
    /// The bytes that are still to come, the next one lowest.
    private var rest: UInt64 = 0
    private var result = Result.null

    private enum Result: Sendable { case yes, no, null }

    init() {}

    init(first byte: UInt8) {
        switch byte {
        case UInt8(ascii: "t"): (rest, result) = (Self.rue, .yes)
        case UInt8(ascii: "f"): (rest, result) = (Self.alse, .no)
        default: (rest, result) = (Self.ull, .null)
        }
    }

    private static let rue: UInt64 = 0x65_7572
    private static let alse: UInt64 = 0x6573_6C61
    private static let ull: UInt64 = 0x6C_6C75

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest != 0, UInt8(truncatingIfNeeded: rest) == byte else { return false }
        rest >>= 8
        return true
    }

    var scalar: JSONScalar? {
        guard rest == 0 else { return nil }
        switch result {
        case .yes: return .bool(true)
        case .no: return .bool(false)
        case .null: return .null
        }
    }
}
