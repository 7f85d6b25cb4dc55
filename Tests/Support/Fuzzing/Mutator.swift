/// Spoils bytes in the ways that networks, servers and attackers do.
package struct Mutator {
    private var generator: SeededGenerator

    /// What stands in the place of a number that a reader must not believe.
    private static let oddValues = [
        "-1", "1e999", "99999999999999999999", "0.5", "\"7\"", "null", "true", "{}", "[]", "-0",
        "9223372036854775807", "1E-2147483648", "00", "0x10",
    ].map { Array($0.utf8) }
    private static let structure = Array("{}[]\",:\\\n\r\u{0}0e-.".utf8)
    /// Longer inputs find nothing that shorter ones do not.
    private static let maximumBytes = 4_096

    package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    package mutating func number(below bound: Int) -> Int {
        Int(generator.next() % UInt64(max(1, bound)))
    }

    package mutating func mutated(_ seed: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = seed
        for _ in 0...number(below: 4) { mutate(&bytes, other) }
        return Array(bytes.prefix(Self.maximumBytes))
    }

    private mutating func mutate(_ bytes: inout [UInt8], _ other: [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = other
            return
        }
        let place = number(below: bytes.count)
        switch number(below: 8) {
        case 0: bytes[place] ^= 1 << UInt8(number(below: 8))
        case 1: bytes[place] = UInt8(number(below: 256))
        case 2: bytes.insert(Self.structure[number(below: Self.structure.count)], at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + number(below: 20)))
        case 4: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
        case 5: replaceNumber(near: place, &bytes)
        case 6: bytes.removeSubrange(place...)
        default: bytes.replaceSubrange(place..., with: other.dropFirst(number(below: other.count)))
        }
    }

    private mutating func replaceNumber(near place: Int, _ bytes: inout [UInt8]) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
        let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
        bytes.replaceSubrange(
            start..<end, with: Self.oddValues[number(below: Self.oddValues.count)])
    }

    /// The bytes in up to five pieces.
    package mutating func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var cuts = [0, bytes.count]
        for _ in 0..<number(below: 5) { cuts.append(number(below: bytes.count + 1)) }
        cuts.sort()
        return zip(cuts, cuts.dropFirst()).map { bytes[$0..<$1] }
    }
}
