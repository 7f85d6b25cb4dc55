/// The shape of an operation's path, without what stands before it, such as
/// `models/{model}:generateContent`.
struct PathTemplate: Sendable {
    /// What a path says beside its operation.
    struct Found: Sendable {
        var model: String?
        var location: String?
        var objectID: String?
    }

    private enum Part: Sendable {
        case fixed(Substring)
        /// A name in braces, and what stands behind it in the segment.
        case named(String, suffix: String)
    }

    let method: String
    let text: String
    let endpoint: Endpoint
    private let parts: [Part]

    var isFixed: Bool { !text.contains("{") }

    init(_ method: String, _ text: String, _ endpoint: Endpoint) {
        self.method = method
        self.text = text
        self.endpoint = endpoint
        parts = text.split(separator: "/").map { segment in
            guard segment.hasPrefix("{"), let end = segment.firstIndex(of: "}") else {
                return .fixed(segment)
            }
            let name = segment[segment.index(after: segment.startIndex)..<end]
            return .named(String(name), suffix: String(segment[segment.index(after: end)...]))
        }
    }

    func match(_ segments: ArraySlice<Substring>) -> Found? {
        guard segments.count == parts.count else { return nil }
        var found = Found()
        for (segment, part) in zip(segments, parts) {
            switch part {
            case .fixed(let text):
                guard segment == text else { return nil }
            case .named(let name, let suffix):
                guard segment.hasSuffix(suffix), segment.utf8.count > suffix.utf8.count else {
                    return nil
                }
                let value = String(segment.dropLast(suffix.count))
                // A colon before the verb of a Google method; none may hide in the name.
                guard suffix.isEmpty || !value.contains(":") else { return nil }
                switch name {
                case "model": found.model = Self.withoutEscapes(Substring(value))
                case "location": found.location = value
                case "id": found.objectID = value
                default: break
                }
            }
        }
        return found
    }

    /// `text` with escaped colons and slashes resolved; other escapes stay.
    static func withoutEscapes(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return String(text).replacing("%3A", with: ":").replacing("%3a", with: ":")
            .replacing("%2F", with: "/").replacing("%2f", with: "/")
    }

    static let all: [Dialect: [PathTemplate]] = [
        .openai: openAI, .anthropic: anthropic, .gemini: gemini + vertex, .bedrock: bedrock,
        .cohere: cohere, .ollama: ollama, .assemblyai: assemblyAI, .deepgram: deepgram,
    ]

    private static let openAI =
        [
            PathTemplate("POST", "chat/completions", .chatCompletions),
            PathTemplate("POST", "responses", .responses),
            PathTemplate("POST", "embeddings", .embeddings),
            PathTemplate("POST", "completions", .completions),
            PathTemplate("POST", "fim/completions", .chatCompletions),
            PathTemplate("POST", "agents/completions", .chatCompletions),
            PathTemplate("POST", "models/chat/completions", .chatCompletions),
            PathTemplate("POST", "models/embeddings", .embeddings),
            PathTemplate("POST", "endpoints/openapi/chat/completions", .chatCompletions),
            PathTemplate(
                "POST",
                "projects/{project}/locations/{location}/endpoints/{endpoint}/chat/completions",
                .chatCompletions),
            PathTemplate("POST", "edits", .chatCompletions),
            PathTemplate("POST", "engines/{model}/completions", .completions),
            PathTemplate("POST", "engines/{model}/embeddings", .embeddings),
            PathTemplate("POST", "serving-endpoints/{model}/invocations", .chatCompletions),
            PathTemplate("POST", "multimodalembeddings", .embeddings),
            PathTemplate("POST", "contextualizedembeddings", .embeddings),
            PathTemplate("POST", "threads/runs", .runs),
            PathTemplate("POST", "threads/{thread}/runs", .runs),
            PathTemplate("POST", "threads/{thread}/runs/{id}/submit_tool_outputs", .runs),
            PathTemplate("GET", "threads/{thread}/runs/{id}", .runLookup),
            PathTemplate("POST", "images/generations", .images),
            PathTemplate("POST", "images/edits", .images),
            PathTemplate("POST", "images/variations", .images),
            PathTemplate("POST", "audio/speech", .speech),
            PathTemplate("POST", "audio/transcriptions", .transcriptions),
            PathTemplate("POST", "audio/translations", .transcriptions),
            PathTemplate("POST", "moderations", .moderations),
            PathTemplate("POST", "rerank", .rerank),
            PathTemplate("POST", "ocr", .pages),
            PathTemplate("POST", "batches", .batches),
            PathTemplate("POST", "files", .upload),
            PathTemplate("POST", "batches/{id}/cancel", .read),
            PathTemplate("POST", "responses/{id}/cancel", .responseLookup),
            PathTemplate("POST", "responses/input_tokens", .countTokens),
            PathTemplate("GET", "responses/{id}", .responseLookup),
            PathTemplate("GET", "responses/{id}/input_items", .read),
            PathTemplate("DELETE", "responses/{id}", .read),
            PathTemplate("GET", "batches/{id}", .batchLookup),
            PathTemplate("GET", "files/{id}/content", .fileContent),
            PathTemplate("DELETE", "files/{id}", .read),
        ] + deployments + reads(["models", "files", "batches"])

    /// Azure OpenAI, where the path names a deployment.
    private static let deployments = [
        ("chat/completions", Endpoint.chatCompletions), ("completions", .completions),
        ("embeddings", .embeddings), ("images/generations", .images), ("images/edits", .images),
        ("audio/speech", .speech), ("audio/transcriptions", .transcriptions),
        ("audio/translations", .transcriptions),
    ].map { PathTemplate("POST", "deployments/{model}/\($0.0)", $0.1) }

    private static let anthropic =
        [
            PathTemplate("POST", "messages", .messages),
            PathTemplate("POST", "complete", .messages),
            PathTemplate("POST", "messages/count_tokens", .countTokens),
            PathTemplate("POST", "messages/batches", .messageBatches),
            PathTemplate("GET", "messages/batches", .read),
            PathTemplate("GET", "messages/batches/{id}", .read),
            PathTemplate("GET", "messages/batches/{id}/results", .messageBatchResults),
            PathTemplate("POST", "messages/batches/{id}/cancel", .read),
            PathTemplate("DELETE", "messages/batches/{id}", .read),
        ] + reads(["models"])

    private static let gemini =
        googleMethods("models/{model}")
        + googleMethods("tunedModels/{model}")
        + [
            PathTemplate("POST", "interactions", .interactions),
            PathTemplate("GET", "interactions/{id}", .interactionLookup),
            PathTemplate("DELETE", "interactions/{id}", .read),
            PathTemplate("DELETE", "files/{id}", .read),
            PathTemplate("GET", "models/{model}/operations/{id}", .read),
        ] + reads(["models", "files", "operations", "cachedContents"])

    private static let vertex: [PathTemplate] = {
        let place = "projects/{project}/locations/{location}/publishers"
        return googleMethods("\(place)/{publisher}/models/{model}")
            + googleMethods("publishers/{publisher}/models/{model}") + [
                // Claude on Vertex AI speaks the Anthropic dialect.
                PathTemplate(
                    "POST", "\(place)/anthropic/models/{model}:rawPredict", .messages),
                PathTemplate(
                    "POST", "\(place)/anthropic/models/{model}:streamRawPredict", .messages),
                // Others there speak the OpenAI dialect.
                PathTemplate(
                    "POST", "\(place)/{publisher}/models/{model}:rawPredict", .chatCompletions),
                PathTemplate(
                    "POST", "\(place)/{publisher}/models/{model}:streamRawPredict",
                    .chatCompletions),
            ]
    }()

    private static func googleMethods(_ model: String) -> [PathTemplate] {
        [
            ("generateContent", Endpoint.generateContent),
            ("streamGenerateContent", .streamGenerateContent),
            ("embedContent", .embedContent), ("batchEmbedContents", .embedContent),
            ("countTokens", .countTokens), ("predict", .predict),
        ].map { PathTemplate("POST", "\(model):\($0.0)", $0.1) }
    }

    private static let bedrock = [
        ("converse", Endpoint.converse), ("converse-stream", .converseStream),
        ("invoke", .invoke), ("invoke-with-response-stream", .invokeStream),
        ("count-tokens", .countTokens),
    ].map { PathTemplate("POST", "model/{model}/\($0.0)", $0.1) }

    private static let cohere =
        [
            PathTemplate("POST", "chat", .cohereChat),
            PathTemplate("POST", "generate", .cohereChat),
            PathTemplate("POST", "embed", .cohereEmbed),
            PathTemplate("POST", "rerank", .cohereRerank),
            PathTemplate("POST", "tokenize", .read),
            PathTemplate("POST", "detokenize", .read),
        ] + reads(["models"])

    private static let ollama = [
        PathTemplate("POST", "chat", .ollamaGenerate),
        PathTemplate("POST", "generate", .ollamaGenerate),
        PathTemplate("POST", "embed", .ollamaEmbed),
        PathTemplate("POST", "embeddings", .ollamaEmbed),
        PathTemplate("POST", "show", .read),
        PathTemplate("GET", "tags", .read),
        PathTemplate("GET", "ps", .read),
        PathTemplate("GET", "version", .read),
    ]

    private static let assemblyAI = [
        PathTemplate("POST", "upload", .upload),
        PathTemplate("POST", "transcript", .transcript),
        PathTemplate("GET", "transcript", .read),
        PathTemplate("GET", "transcript/{id}", .transcriptLookup),
        PathTemplate("GET", "transcript/{id}/{part}", .read),
        PathTemplate("DELETE", "transcript/{id}", .read),
    ]

    private static let deepgram =
        [PathTemplate("POST", "listen", .listen), PathTemplate("POST", "speak", .speech)]
        + reads(["projects", "models"])

    /// Lists of stored objects, and single ones.
    private static func reads(_ collections: [String]) -> [PathTemplate] {
        collections.flatMap { name in
            [
                PathTemplate("GET", name, .read), PathTemplate("GET", "\(name)/{id}", .read),
            ]
        }
    }
}
