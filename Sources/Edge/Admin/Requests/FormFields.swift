/// Names and values as a query or the body of a form has them, in their order:
/// `application/x-www-form-urlencoded` of the URL standard.
struct FormFields: Sendable {
    private(set) var pairs: [(name: String, value: String)] = []

    init() {}

    init(_ text: some StringProtocol) {
        for part in text.split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count > 1 ? Self.decoded(sides[1]) : ""
            pairs.append((Self.decoded(sides[0]), value))
        }
    }

    /// The first value of a name, without blanks around it; nil where it is empty.
    subscript(_ name: String) -> String? {
        guard let value = pairs.first(where: { $0.name == name })?.value else { return nil }
        let trimmed = value.drop { $0 == " " }
        let text = String(trimmed.reversed().drop { $0 == " " }.reversed())
        return text.isEmpty ? nil : text
    }

    /// With another value of a name; nil leaves it out.
    func with(_ name: String, _ value: String?) -> FormFields {
        var fields = self
        fields.pairs.removeAll { $0.name == name }
        if let value, !value.isEmpty { fields.pairs.append((name, value)) }
        return fields
    }

    /// As a query, without what is empty.
    var query: String {
        let parts = pairs.filter { !$0.value.isEmpty }.map {
            "\(Self.encoded($0.name))=\(Self.encoded($0.value))"
        }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }

    private static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func encoded(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~:,".utf8)
        var encoded = ""
        for byte in text.utf8 {
            if plain.contains(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
