/// A statement with its bound values, which go to the server apart from the text.
package struct PostgresStatement: Sendable {
    package let sql: String
    /// Texts as the server reads them; nil for NULL.
    package let values: [String?]

    package init(_ sql: String, _ values: [String?] = []) {
        self.sql = sql
        self.values = values
    }
}

extension [UInt8] {
    /// The text of a `bytea`.
    package var byteaText: String {
        "\\x"
            + map { byte in
                let digits = String(byte, radix: 16)
                return byte < 16 ? "0" + digits : digits
            }.joined()
    }

    /// Reads the hex form that servers since 9.0 write.
    package init?(byteaText text: String) {
        guard text.hasPrefix("\\x"), text.utf8.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        var digits = text.dropFirst(2)
        while !digits.isEmpty {
            guard let byte = UInt8(digits.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            digits = digits.dropFirst(2)
        }
        self = bytes
    }
}
