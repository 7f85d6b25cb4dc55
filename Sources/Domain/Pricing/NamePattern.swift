/// A rule for names: a whole name in which `*` stands for any run of characters, also none.
package struct NamePattern: Hashable, Sendable {
    package let text: String
    /// The parts between the stars, in lower case.
    private let parts: [[UInt8]]

    package init(_ text: String) {
        self.text = text
        parts = text.lowercased().split(separator: "*", omittingEmptySubsequences: false)
            .map { Array($0.utf8) }
    }

    /// Whether the pattern stands for the whole of `name`, which is in lower case.
    package func matches(lowercased name: String) -> Bool {
        guard let first = parts.first, let last = parts.last else { return false }
        let bytes = Array(name.utf8)
        guard parts.count > 1 else { return bytes == first }
        guard bytes.count >= first.count + last.count, bytes.starts(with: first),
            bytes.suffix(last.count).elementsEqual(last)
        else { return false }
        var rest = bytes[first.count..<(bytes.count - last.count)]
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}

extension ArraySlice<UInt8> {
    /// Where `part`, which is not empty, stands first.
    fileprivate func firstRange(of part: [UInt8]) -> Range<Int>? {
        guard count >= part.count else { return nil }
        return (startIndex...(endIndex - part.count)).first { start in
            self[start..<(start + part.count)].elementsEqual(part)
        }.map { $0..<($0 + part.count) }
    }
}
