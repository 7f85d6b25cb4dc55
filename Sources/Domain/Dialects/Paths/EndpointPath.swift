/// Finds the operation that a path names, with its version segments repaired.
package struct EndpointPath: Equatable, Sendable {
    package let dialect: Dialect
    package let endpoint: Endpoint
    /// Segments before the operation as the client wrote them, none of them twice; nil: none.
    package let prefix: String?
    /// The operation at the upstream, with a slash before it.
    package let tail: String
    /// The model, where the path names it.
    package let model: String?
    /// The place of the provider, where the path names it (Vertex AI).
    package let location: String?
    /// The stored object that is looked at.
    package let objectID: String?

    /// The paths that SDKs post to, of operations whose paths never vary.
    package static let usualPaths = PathTemplate.all.values.flatMap { $0 }
        .filter { $0.method == "POST" && $0.isFixed }.map { "/\($0.text)" }

    /// The operation at `segments`, the path's parts without empty ones, in one of `dialects`.
    package init?(method: String, segments: [Substring], dialects: [Dialect]) {
        for dialect in dialects {
            guard let found = Self.match(method, segments[...], dialect) else { continue }
            self = found
            return
        }
        return nil
    }

    private static func match(
        _ method: String, _ segments: ArraySlice<Substring>, _ dialect: Dialect
    ) -> EndpointPath? {
        var prefix: [Substring] = []
        var rest = segments
        while true {
            for template in PathTemplate.all[dialect] ?? [] where template.method == method {
                guard let found = template.match(rest) else { continue }
                return EndpointPath(
                    dialect: dialect, endpoint: template.endpoint,
                    prefix: prefix.isEmpty ? nil : "/" + prefix.joined(separator: "/"),
                    tail: "/" + rest.joined(separator: "/"), found)
            }
            guard let first = rest.first, dialect.prefixSegments.contains(first) else {
                return nil
            }
            if prefix.last != first { prefix.append(first) }
            rest = rest.dropFirst()
        }
    }

    private init(
        dialect: Dialect, endpoint: Endpoint, prefix: String?, tail: String,
        _ found: PathTemplate.Found
    ) {
        self.dialect = dialect
        self.endpoint = endpoint
        self.prefix = prefix
        self.tail = tail
        model = found.model
        location = found.location
        objectID = found.objectID
    }

    /// Whether a segment has only characters that no two parsers read differently. An escaped
    /// colon and slash stand in the ids of Bedrock's models and go on as they are.
    package static func isPlain(_ segment: Substring) -> Bool {
        guard segment != ".", segment != ".." else { return false }
        var text = segment
        if segment.utf8.contains(UInt8(ascii: "%")) {
            guard segment.hasPrefix("arn") || !segment.lowercased().contains("%2f") else {
                return false
            }
            text = Substring(PathTemplate.withoutEscapes(segment).replacing("/", with: ":"))
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "~"), UInt8(ascii: "@"):
                true
            default: false
            }
        }
    }
}
