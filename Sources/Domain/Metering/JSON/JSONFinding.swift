/// What a scanner came upon at a place of its outline.
struct JSONFinding: Sendable {
    enum Kind: Sendable {
        case scalar(JSONScalar)
        case opened(isObject: Bool)
        case closed
    }

    let name: Int32
    let kind: Kind
    let range: Range<Int>
}

/// The bytes of a piece of a document, looked at from one place on. No method keeps anything.
extension Span<UInt8> {
    /// The index of the first byte from `start` on that is not plain text of a JSON string: its
    /// end, an escape or a control character; `count` where there is none.
    func endOfPlainText(from start: Int) -> Int {
        var index = start
        let end = count
        // The bounds are checked by the loops themselves; these are the hottest of the meter.
        while index + 8 <= end, !Self.hasSpecialByte(word(at: index)) { index += 8 }
        while index < end {
            let byte = self[unchecked: index]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
            index += 1
        }
        return index
    }

    /// The index of the first line end from `start` on; `count` where there is none.
    func endOfLine(from start: Int) -> Int {
        var index = start
        let end = count
        while index + 8 <= end, !Self.hasLineEnd(word(at: index)) { index += 8 }
        while index < end, self[unchecked: index] != 0x0A, self[unchecked: index] != 0x0D {
            index += 1
        }
        return index
    }

    private static func hasLineEnd(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let feed = word ^ (ones &* 0x0A)
        let carriage = word ^ (ones &* 0x0D)
        let found = (feed &- ones) & ~feed | (carriage &- ones) & ~carriage
        return found & 0x8080_8080_8080_8080 != 0
    }

    /// Eight bytes from `index` on, which the caller knows to be there.
    private func word(at index: Int) -> UInt64 {
        bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
    }

    /// Whether any of eight bytes is a quotation mark, a backslash or a control character: the
    /// highest bit of a byte is set where a subtraction borrows (S. E. Anderson, "Bit Twiddling
    /// Hacks", determine if a word has a byte less than n).
    private static func hasSpecialByte(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highest: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let found =
            (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
            | (word &- ones &* 0x20) & ~word
        return found & highest != 0
    }

    func hasByte(_ byte: UInt8, at index: Int) -> Bool {
        index < count && self[unchecked: index] == byte
    }
}
