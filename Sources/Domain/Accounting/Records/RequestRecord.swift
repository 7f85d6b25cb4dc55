package import Chronology
package import Money

/// One row of facts about an attempt: what `api_cost_tracking` and `model_performance_metrics`
/// keep of it. Texts are bounded by the edge; prompts and replies are never part of it.
package struct RequestRecord: Sendable, Equatable {
    package enum Status: String, Sendable {
        case success, error, blocked, cached
    }

    package var attempt: AttemptID
    /// When the call was admitted, which decides the windows that it belongs to.
    package var admittedAt: Instant
    package var userID: String
    package var projectID: String?
    package var keyID: String?
    package var sessionID: String?
    package var conversationID: String?
    /// A JSON object of texts.
    package var tags: String?
    /// What the call counts by for limits.
    package var attributes: CallAttributes
    /// Attributes of the row that do not count, as nobody vouches for them: `session`,
    /// `tag:feature`.
    package var uncounted: [String] = []
    package var provider = ""
    package var upstream = ""
    package var endpoint = ""
    /// As billed.
    package var model: String?
    package var modelRequested: String?
    /// As the price sheet calls the requested one.
    package var modelPriced: String?
    package var inputTokens: Int64 = 0
    package var outputTokens: Int64 = 0
    package var cacheReadTokens: Int64 = 0
    package var cacheWriteTokens: Int64 = 0
    package var reasoningTokens: Int64 = 0
    /// A JSON object of every class that is not zero.
    package var usage = "{}"
    package var usageStatus = "absent"
    package var serviceTier: String?
    package var inferenceGeo: String?
    package var cost = Amount.zero
    package var costReported: Amount?
    /// Nil where no price is known.
    package var priceVersion: String?
    package var held = Amount.zero
    package var status = Status.success
    package var statusCode: Int?
    package var errorMessage: String?
    /// A stable word for what went wrong: `upstream_timeout`, `rate_limited`.
    package var errorClass: String?
    package var durationMilliseconds: Int64 = 0
    package var firstByteMilliseconds: Int64?
    package var streamed = false
    package var taskType = "other"
    /// A JSON object.
    package var metadata = "{}"

    package init(attempt: AttemptID, admittedAt: Instant, userID: String) {
        self.attempt = attempt
        self.admittedAt = admittedAt
        self.userID = userID
        attributes = CallAttributes(user: userID)
    }

    package var totalTokens: Int64 { inputTokens + outputTokens }
}
