package import Dialects

/// Why the gateway itself answers a request: a stable code, a status, and a message that says
/// what, where, why and the remedy. Never holds a key, a prompt or a reply.
package struct GatewayError: Error, Sendable, Equatable {
    package enum Source: String, Sendable { case client, upstream, gateway }

    package enum Code: String, CaseIterable, Sendable {
        case unknownRoute = "unknown_route"
        case routeNotMetered = "route_not_metered"
        case upgradeRefused = "upgrade_refused"
        case unauthenticated
        case missingAttribute = "missing_attribute"
        case malformedRequest = "malformed_request"
        case compressedRequest = "compressed_request"
        case headTooLarge = "head_too_large"
        case bodyTooLarge = "body_too_large"
        case requestTimeout = "request_timeout"
        case unpricedModel = "unpriced_model"
        case unboundedRequest = "unbounded_request"
        case spendLimitReached = "spend_limit_reached"
        case requestExceedsBudget = "request_exceeds_budget"
        case budgetHeld = "budget_held"
        case rateLimited = "rate_limited"
        case loopBreaker = "loop_breaker"
        case storeUnavailable = "store_unavailable"
        case budgetStoreUnavailable = "budget_store_unavailable"
        case stopping
        case upstreamUnreachable = "upstream_unreachable"
        case upstreamTimeout = "upstream_timeout"
        case upstreamBrokeOff = "upstream_broke_off"
    }

    package let code: Code
    package let status: Int
    package let message: String
    package var facts: [Fact] = []
    /// Seconds after which asking again can succeed; nil: it cannot.
    package var retryAfterSeconds: Int?

    package struct Fact: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package init(_ code: Code, status: Int, _ message: String) {
        self.code = code
        self.status = status
        self.message = message
    }

    package var source: Source {
        switch code {
        case .upstreamUnreachable, .upstreamTimeout, .upstreamBrokeOff: .upstream
        case .storeUnavailable, .budgetStoreUnavailable, .stopping: .gateway
        default: .client
        }
    }

    /// Whether a client that asks again unchanged gets the same answer.
    package var isFinal: Bool { source == .client && retryAfterSeconds == nil }

    package func body(in dialect: Dialect, callID: String) -> [UInt8] {
        let body = ErrorBody(
            code: code.rawValue, message: message, status: status,
            facts: facts.map { ($0.name, $0.value) })
        return Array(body.json(in: dialect, callID: callID).utf8)
    }

    /// Header fields beside the length: the decision, and what a client's retry logic reads.
    package func fields(callID: String) -> [HeaderField] {
        var fields = [
            HeaderField("content-type", "application/json"),
            HeaderField("x-spendfuse-decision", source == .client ? "block" : "error"),
            HeaderField("x-spendfuse-error", code.rawValue),
            HeaderField("x-spendfuse-call-id", callID),
        ]
        for fact in facts where fact.name != "scope" {
            fields.append(HeaderField("x-spendfuse-" + fact.name.dashed, fact.value))
        }
        if let retryAfterSeconds {
            fields.append(HeaderField("retry-after", String(retryAfterSeconds)))
        } else if isFinal {
            fields.append(HeaderField("x-should-retry", "false"))
        }
        return fields
    }
}

extension String {
    fileprivate var dashed: String { String(map { $0 == "_" ? "-" : $0 }) }
}
