internal import Dialects

/// What a call is for, as `model_performance_metrics` files it.
enum TaskType {
    private static let known: Set<String> = [
        "general_chat", "coding", "analysis", "reasoning", "creative", "file_processing",
        "function_calling", "other",
    ]

    /// What the client states, where it is a known type; else what the request shows.
    static func of(stated: String?, endpoint: Endpoint, offersTools: Bool) -> String {
        if let stated, known.contains(stated) { return stated }
        switch endpoint {
        case .chatCompletions, .responses, .messages:
            return offersTools ? "function_calling" : "general_chat"
        default: return "other"
        }
    }
}
