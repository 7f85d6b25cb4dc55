internal import Foundation

/// What the demo reads of a request.
struct DemoRequest {
    enum API { case chat, responses, embeddings, messages, countTokens, models, unknown }

    private struct Body: Decodable {
        struct StreamOptions: Decodable {
            var include_usage: Bool?
        }
        var model: String?
        var stream: Bool?
        var stream_options: StreamOptions?
        var max_tokens: Int?
        var max_completion_tokens: Int?
        var max_output_tokens: Int?
    }

    /// Bytes of English text for one token, near enough for a demo.
    private static let bytesPerToken = 4

    let api: API
    let model: String
    let streams: Bool
    let includesUsage: Bool
    let maximumTokens: Int
    let inputTokens: Int
    let isValid: Bool

    init(path: String, body bytes: [UInt8]) {
        let path = path.split(separator: "?").first.map(String.init) ?? path
        switch path {
        case "/v1/chat/completions": api = .chat
        case "/v1/responses": api = .responses
        case "/v1/embeddings": api = .embeddings
        case "/v1/messages": api = .messages
        case "/v1/messages/count_tokens": api = .countTokens
        case "/v1/models": api = .models
        default: api = .unknown
        }
        let body = try? JSONDecoder().decode(Body.self, from: Data(bytes))
        isValid = body?.model != nil || api == .models
        model = body?.model ?? "unknown"
        streams = body?.stream ?? false
        includesUsage = body?.stream_options?.include_usage ?? false
        maximumTokens =
            body?.max_completion_tokens ?? body?.max_tokens ?? body?.max_output_tokens
            ?? .max
        inputTokens = max(1, bytes.count / Self.bytesPerToken)
    }
}
