/// A wire format that clients speak; the raw value is its name in the config file.
package enum Dialect: String, CaseIterable, Sendable {
    case openai
    case anthropic

    /// Whose price sheet applies where an upstream names none.
    package var provider: String { rawValue }
}

/// An operation of a dialect that the gateway knows how to treat.
package enum Endpoint: String, CaseIterable, Sendable {
    case chatCompletions = "chat_completions"
    case responses
    case embeddings
    case messages
    case countTokens = "count_tokens"
    /// A read that the provider documents as free: model lists and stored objects.
    case read
    /// Nothing is known of it.
    case unlisted

    /// How a route is metered; every route has one.
    package enum MeterClass: Sendable {
        case priced
        /// The provider charges nothing for it.
        case free
        /// Refused while a blocking budget is in force, since its cost has no bound.
        case denied
    }

    package var meterClass: MeterClass {
        switch self {
        case .chatCompletions, .responses, .embeddings, .messages: .priced
        case .countTokens, .read: .free
        case .unlisted: .denied
        }
    }
}
