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
        case .openai: openAI
        case .anthropic: anthropic(callID: callID)
        }
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
