/// The string that a scanner is reading: its length, and its first bytes where they are wanted,
/// with escapes resolved.
struct JSONText: Sendable {
    private(set) var keeps = false
    private(set) var kept: [UInt8] = []
    private var count = 0
    private var codeUnit: UInt32 = 0
    private var hexDigits = 0
    private var highSurrogate: UInt32 = 0

    mutating func begin(keeps: Bool) {
        self.keeps = keeps
        if keeps { kept.removeAll(keepingCapacity: true) }
        count = 0
        highSurrogate = 0
    }

    mutating func append(_ bytes: Span<UInt8>, from start: Int, to end: Int) {
        guard end > start else { return }
        breakSurrogate()
        count += end - start
        guard keeps, count <= JSONScanner.maximumKeptBytes else { return }
        for index in start..<end { kept.append(bytes[index]) }
    }

    private mutating func append(_ byte: UInt8) {
        count += 1
        if keeps, count <= JSONScanner.maximumKeptBytes { kept.append(byte) }
    }

    /// The byte behind a backslash; false where JSON knows no such escape.
    mutating func appendEscaped(_ byte: UInt8) -> Bool {
        breakSurrogate()
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): append(byte)
        case UInt8(ascii: "b"): append(0x08)
        case UInt8(ascii: "f"): append(0x0C)
        case UInt8(ascii: "n"): append(0x0A)
        case UInt8(ascii: "r"): append(0x0D)
        case UInt8(ascii: "t"): append(0x09)
        default: return false
        }
        return true
    }

    mutating func beginUnicode() {
        codeUnit = 0
        hexDigits = 0
    }

    /// True after the fourth digit, false before it, nil for a byte that is no digit.
    mutating func takeHexDigit(_ byte: UInt8) -> Bool? {
        guard let digit = Self.hexDigit(byte) else { return nil }
        codeUnit = codeUnit << 4 | digit
        hexDigits += 1
        guard hexDigits == 4 else { return false }
        appendCodeUnit()
        return true
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private mutating func appendCodeUnit() {
        if (0xD800..<0xDC00).contains(codeUnit) {
            breakSurrogate()
            highSurrogate = codeUnit
            return
        }
        var scalar = codeUnit
        if (0xDC00..<0xE000).contains(codeUnit) {
            scalar =
                highSurrogate == 0
                ? 0xFFFD : 0x10000 + (highSurrogate - 0xD800) << 10 + (codeUnit - 0xDC00)
        } else {
            breakSurrogate()
        }
        highSurrogate = 0
        appendScalar(scalar)
    }

    private mutating func appendScalar(_ value: UInt32) {
        guard let scalar = Unicode.Scalar(value) else { return }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
    }

    /// A high surrogate without its partner stands for the replacement character.
    private mutating func breakSurrogate() {
        guard highSurrogate != 0 else { return }
        highSurrogate = 0
        appendScalar(0xFFFD)
    }

    /// The string is over.
    mutating func end() { breakSurrogate() }

    /// Whether `kept` is all of the string.
    var isWhole: Bool { keeps && count <= JSONScanner.maximumKeptBytes }

    var scalar: JSONScalar {
        isWhole
            ? .string(String(decoding: kept, as: UTF8.self)) : .measured(bytes: count)
    }
}
