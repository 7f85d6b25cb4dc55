/// Unwraps the chunks of Bedrock's InvokeModel streams, `{"bytes":"BASE64"}`, piece by piece.
///
/// Source: Amazon Bedrock Runtime reference, PayloadPart; RFC 4648 §4.
struct WrappedChunk: Sendable {
    private enum State: Sendable { case before, value, after }

    private static let key = Array("\"bytes\":\"".utf8)

    private var state = State.before
    private var matched = 0
    private var bits: UInt32 = 0
    private var bitCount = 0

    mutating func begin() { self = WrappedChunk() }

    /// The bytes that `piece` of the payload stands for.
    mutating func unwrap(_ piece: Span<UInt8>) -> [UInt8] {
        var unwrapped: [UInt8] = []
        for index in 0..<piece.count {
            let byte = piece[index]
            switch state {
            case .before: match(byte)
            case .value where byte == UInt8(ascii: "\""): state = .after
            case .value: take(byte, into: &unwrapped)
            case .after: return unwrapped
            }
        }
        return unwrapped
    }

    private mutating func match(_ byte: UInt8) {
        if byte == Self.key[matched] {
            matched += 1
            if matched == Self.key.count { state = .value }
        } else if byte != UInt8(ascii: " ") {
            matched = byte == Self.key[0] ? 1 : 0
        }
    }

    private mutating func take(_ byte: UInt8, into unwrapped: inout [UInt8]) {
        guard let value = Self.value(of: byte) else { return }
        bits = bits << 6 | value
        bitCount += 6
        guard bitCount >= 8 else { return }
        bitCount -= 8
        unwrapped.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
        bits &= (1 << UInt32(bitCount)) - 1
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
