internal import Chronology
internal import Crypto
internal import Foundation

/// Signs a request with AWS Signature Version 4.
///
/// libcurl can sign too, but up to version 8 leaves a path as it is where AWS escapes it once more,
/// so that it signs no request for a model with a colon in its id.
/// Source: AWS General Reference, "Create a signed AWS API request".
struct RequestSigner {
    let region: String
    let service: String
    let keyID: String
    let secret: Secret
    let sessionToken: String?

    /// The lines to add to the head of a request to `url`.
    func lines(
        method: String, url: String, contentType: String?, body: [UInt8], at moment: Instant
    ) -> [String] {
        let target = Target(url)
        let stamp = Self.stamp(moment)
        var fields = [("host", target.host), ("x-amz-date", stamp)]
        if let contentType { fields.append(("content-type", contentType)) }
        if let sessionToken { fields.append(("x-amz-security-token", sessionToken)) }
        fields.sort { $0.0 < $1.0 }
        let names = fields.map(\.0).joined(separator: ";")
        let canonical = [
            method, Self.escaped(target.path), target.sortedQuery,
            fields.map { "\($0.0):\($0.1)\n" }.joined(), names,
            Self.hex(SHA256.hash(data: body)),
        ].joined(separator: "\n")
        let day = String(stamp.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let digest = Self.hex(SHA256.hash(data: Array(canonical.utf8)))
        let signature = Self.hex(
            Self.mac(signingKey(day), "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(digest)"))
        var lines = [
            "x-amz-date: \(stamp)",
            "Authorization: AWS4-HMAC-SHA256 Credential=\(keyID)/\(scope),"
                + " SignedHeaders=\(names), Signature=\(signature)",
        ]
        if let sessionToken { lines.append("x-amz-security-token: \(sessionToken)") }
        return lines
    }

    private func signingKey(_ day: String) -> SymmetricKey {
        let words = [day, region, service, "aws4_request"]
        return words.reduce(SymmetricKey(data: Array("AWS4\(secret.revealed)".utf8))) {
            SymmetricKey(data: Self.mac($0, $1))
        }
    }

    private static func mac(_ key: SymmetricKey, _ text: String) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// `20261120T090500Z`
    private static func stamp(_ moment: Instant) -> String {
        moment.shortText.filter { $0 != "-" && $0 != ":" }
    }

    /// A path whose segments are escaped already is escaped once more.
    private static func escaped(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + hex(CollectionOfOne(byte)).uppercased()
            }
        }
        return text
    }

    /// The parts of a URL as they are sent.
    private struct Target {
        var host = ""
        var path = "/"
        var query = ""

        init(_ url: String) {
            var rest = Substring(url)
            if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
            if let mark = rest.firstIndex(of: "?") {
                query = String(rest[rest.index(after: mark)...])
                rest = rest[..<mark]
            }
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            host = String(rest[..<slash])
            if slash < rest.endIndex { path = String(rest[slash...]) }
        }

        var sortedQuery: String {
            query.split(separator: "&").map { $0.contains("=") ? String($0) : $0 + "=" }
                .sorted().joined(separator: "&")
        }
    }
}
