/// A wire format that clients speak; the raw value is its name in the config file.
package enum Dialect: String, CaseIterable, Sendable {
    case openai
    case anthropic
    case gemini
    case bedrock
    case cohere
    case ollama
    case assemblyai
    case deepgram
    /// Any HTTP service, priced by the request.
    case http

    /// Whose price sheet applies where an upstream names none.
    package var provider: String { self == .gemini ? "google" : rawValue }

    /// The part of the path before the operation, where a client leaves it out.
    package var defaultPrefix: String {
        switch self {
        case .openai, .anthropic, .deepgram: "/v1"
        case .gemini: "/v1beta"
        case .cohere, .assemblyai: "/v2"
        case .ollama: "/api"
        case .bedrock, .http: ""
        }
    }

    /// Segments that may stand before an operation and say only the version or the place of an
    /// API. Users share one base URL between tools, so some are missing and some come twice.
    var prefixSegments: Set<Substring> {
        switch self {
        case .openai:
            [
                "v1", "v2", "v1beta", "v1beta1", "api", "openai", "inference", "beta",
                "compatibility",
            ]
        case .anthropic: ["v1", "anthropic"]
        case .gemini: ["v1", "v1alpha", "v1beta", "v1beta1"]
        case .cohere: ["v1", "v2"]
        case .ollama: ["api"]
        case .assemblyai: ["v2"]
        case .deepgram: ["v1"]
        case .bedrock, .http: []
        }
    }
}
