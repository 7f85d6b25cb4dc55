internal import Metering

/// An error as the caller's dialect writes it, so that its SDK raises a typed error.
///
/// Sources: OpenAI API reference (error codes), Anthropic API reference (errors).
package struct ErrorBody: Sendable {
    /// Our stable word for the error.
    package let code: String
    package let message: String
    package let status: Int
    /// Facts for programs: the limit, what is spent and held, when it resets.
    package let facts: [(String, String)]

    package init(code: String, message: String, status: Int, facts: [(String, String)] = []) {
        self.code = code
        self.message = message
        self.status = status
        self.facts = facts
    }

    package func json(in dialect: Dialect, callID: String) -> String {
        switch dialect {
        case .openai, .http: openAI
        case .anthropic: anthropic(callID: callID)
        case .gemini: google
        case .cohere, .bedrock: plain(messageName: "message", callID: callID)
        case .ollama, .assemblyai: plain(messageName: "error", callID: callID)
        case .deepgram: plain(messageName: "err_msg", callID: callID)
        }
    }

    /// Google's error model. Source: google.rpc.Status, google.rpc.ErrorInfo.
    private var google: String {
        var info = JSONObjectText()
        info.add("@type", "type.googleapis.com/google.rpc.ErrorInfo")
        info.add("reason", code.uppercased())
        info.add("domain", "spendfuse")
        info.addRaw("metadata", factsJSON(codeName: "code"))
        var error = JSONObjectText()
        error.add("code", Int64(status))
        error.add("message", message)
        error.add("status", googleStatus)
        error.addRaw("details", "[\(info.closed)]")
        return "{\"error\":\(error.closed)}"
    }

    private var googleStatus: String {
        switch status {
        case 401: "UNAUTHENTICATED"
        case 402, 429: "RESOURCE_EXHAUSTED"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 400..<500: "INVALID_ARGUMENT"
        case 503: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        default: "INTERNAL"
        }
    }

    /// Dialects whose errors are a message and little else.
    private func plain(messageName: String, callID: String) -> String {
        var body = JSONObjectText()
        body.add(messageName, message)
        body.add("id", callID)
        body.add("code", code)
        body.addRaw("metadata", factsJSON(codeName: "code"))
        return body.closed
    }

    private func factsJSON(codeName: String) -> String {
        var object = JSONObjectText()
        object.add("limit_source", "spendfuse")
        object.add(codeName, code)
        for (name, value) in facts { object.add(name, value) }
        return object.closed
    }

    private var openAI: String {
        var error = JSONObjectText()
        error.add("message", message)
        error.add("type", openAIType)
        error.addRaw("param", "null")
        error.add("code", openAICode)
        error.addRaw("metadata", factsJSON(codeName: "code"))
        return "{\"error\":\(error.closed)}"
    }

    private var openAIType: String {
        switch status {
        case 401: "authentication_error"
        case 402: "insufficient_quota"
        case 429: "rate_limit_error"
        case 400..<500: "invalid_request_error"
        default: "api_error"
        }
    }

    /// Agents stop at once on this code of OpenAI's; our own word is in the metadata.
    private var openAICode: String {
        code == "spend_limit_reached" ? "insufficient_quota" : code
    }

    private func anthropic(callID: String) -> String {
        var error = JSONObjectText()
        error.add("type", anthropicType)
        error.add("message", message)
        // Anthropic's SDK reads `details.error_code`.
        error.addRaw("details", factsJSON(codeName: "error_code"))
        var body = JSONObjectText()
        body.add("type", "error")
        body.addRaw("error", error.closed)
        body.add("request_id", callID)
        return body.closed
    }

    private var anthropicType: String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 400..<500: "invalid_request_error"
        default: "api_error"
        }
    }
}
