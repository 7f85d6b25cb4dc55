/// Our own id of a call: a UUID version 7 (RFC 9562 §5.7), so that ids sort by time.
///
/// It is never the provider's: a provider that repeats an id would make a call free.
package struct CallID: Sendable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64
    /// `01930b2e-6c1e-7b7a-9a43-0d6d3c8c1f00`; made once, as rows and replies need it often.
    package let description: String

    /// `milliseconds` since 1970 fill the first 48 bits, `random` the 74 that RFC 9562 leaves.
    package init(milliseconds: UInt64, random: (UInt64, UInt64)) {
        high = milliseconds << 16 | 0x7000 | (random.0 & 0x0FFF)
        low = 0x8000_0000_0000_0000 | (random.1 & 0x3FFF_FFFF_FFFF_FFFF)
        description = Self.text(high, low)
    }

    package init?(text: String) {
        let digits = Array(text.utf8.filter { $0 != UInt8(ascii: "-") })
        guard text.utf8.count == 36, digits.count == 32,
            let high = UInt64(String(decoding: digits[..<16], as: UTF8.self), radix: 16),
            let low = UInt64(String(decoding: digits[16...], as: UTF8.self), radix: 16)
        else { return nil }
        self.high = high
        self.low = low
        description = Self.text(high, low)
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        var bytes = [UInt8]()
        bytes.reserveCapacity(36)
        for position in 0..<32 {
            if position == 8 || position == 12 || position == 16 || position == 20 {
                bytes.append(UInt8(ascii: "-"))
            }
            let half = position < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - position % 16 * 4) & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension CallID: Hashable {
    package static func == (left: CallID, right: CallID) -> Bool {
        left.high == right.high && left.low == right.low
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }
}

/// One upstream try of a call, the key of its hold and its row: unique for ever.
package struct AttemptID: Hashable, Sendable, CustomStringConvertible {
    package let call: CallID
    package let attempt: Int

    package init(call: CallID, attempt: Int) {
        self.call = call
        self.attempt = attempt
    }

    package var description: String { "\(call)#\(attempt)" }
}
