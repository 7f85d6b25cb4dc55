internal import Foundation

/// An answer in the provider's own shape.
struct DemoReply {
    enum Content {
        case plain(String)
        /// Server-sent events, each with its blank line.
        case events([String])
    }

    private static let text =
        "This answer comes from Spendfuse's built-in demo: it was metered,"
        + " priced with the published price of the model that you asked for, and counted against"
        + " your limits."

    let status: Int
    let content: Content

    init(to request: DemoRequest) {
        guard request.isValid, request.api != .unknown else {
            status = request.api == .unknown ? 404 : 400
            content = .plain(
                #"{"error":{"message":"the demo does not know this request","type":"invalid_request_error"}}"#
            )
            return
        }
        status = 200
        let words = DemoWords(Self.text, maximumTokens: request.maximumTokens)
        switch request.api {
        case .chat: content = OpenAIDemo(request, words).chat
        case .responses: content = OpenAIDemo(request, words).responses
        case .embeddings: content = OpenAIDemo(request, words).embedding
        case .models:
            content = .plain(
                #"{"object":"list","data":[{"id":"gpt-4o-mini","object":"model","owned_by":"demo"}]}"#
            )
        case .messages: content = AnthropicDemo(request, words).message
        case .countTokens: content = .plain(#"{"input_tokens":\#(request.inputTokens)}"#)
        case .unknown: content = .plain("{}")
        }
    }
}

/// The words of an answer, each of which counts as one token.
struct DemoWords {
    let words: [String]
    let isCut: Bool

    init(_ text: String, maximumTokens: Int) {
        let all = text.split(separator: " ").map(String.init)
        words = Array(all.prefix(max(1, maximumTokens)))
        isCut = words.count < all.count
    }

    var text: String { words.joined(separator: " ") }
    var tokens: Int { words.count }
    /// Pieces of a stream, which joined give `text`.
    var pieces: [String] { words.enumerated().map { $0 == 0 ? $1 : " " + $1 } }
}

/// Encodes demo documents; keys in a stable order, so that replies look alike.
enum DemoJSON {
    static func text(_ object: [String: Any]) -> String {
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
        return String(decoding: data ?? Data("{}".utf8), as: UTF8.self)
    }

    static func event(_ object: [String: Any], named name: String? = nil) -> String {
        (name.map { "event: \($0)\n" } ?? "") + "data: \(text(object))\n\n"
    }
}
