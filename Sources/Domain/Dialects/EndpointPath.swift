/// Finds the operation that a path names, with its version segment repaired.
package struct EndpointPath: Equatable, Sendable {
    package let dialect: Dialect
    package let endpoint: Endpoint
    /// The path to ask the upstream for: the template's, not the client's text.
    package let path: String

    private static let templates: [(method: String, tail: String, Dialect, Endpoint)] = [
        ("POST", "chat/completions", .openai, .chatCompletions),
        ("POST", "responses", .openai, .responses),
        ("POST", "embeddings", .openai, .embeddings),
        ("POST", "messages", .anthropic, .messages),
        ("POST", "messages/count_tokens", .anthropic, .countTokens),
        ("GET", "models", .openai, .read),
    ]

    private static let version = "v1"

    /// The paths that SDKs post to.
    package static let usualPaths = templates.filter { $0.method == "POST" }
        .map { "/\(version)/\($0.tail)" }

    /// The operation at `segments`, the path's parts without empty ones. A missing version
    /// segment is added and a doubled one dropped, as users share one base URL between tools.
    package init?(method: String, segments: [Substring]) {
        var rest = segments[...]
        while rest.first == Self.version[...] { rest = rest.dropFirst() }
        let tail = rest.joined(separator: "/")
        for template in Self.templates where template.tail == tail && template.method == method {
            self.init(template.2, template.3, tail)
            return
        }
        // Single stored objects: models/{id} and responses/{id}.
        guard method == "GET", rest.count >= 2, rest.first == "models" || rest.first == "responses",
            rest.allSatisfy(Self.isPlain)
        else { return nil }
        self.init(.openai, .read, tail)
    }

    private init(_ dialect: Dialect, _ endpoint: Endpoint, _ tail: String) {
        self.dialect = dialect
        self.endpoint = endpoint
        path = "/\(Self.version)/\(tail)"
    }

    /// Whether a segment has only characters that no two parsers read differently.
    package static func isPlain(_ segment: Substring) -> Bool {
        segment != "." && segment != ".."
            && segment.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }
}
