package import Money

/// What a reply says of itself, so far as it has been read.
package struct UsageReading: Sendable, Equatable {
    /// Nil until the reply states it.
    package var usage: Usage?
    /// The reply stated counts that are negative, fractional, too large or contradictory.
    package var isInvalid = false
    /// `usage` states what was sent, but only the beginning of what came back.
    package var isPartial = false
    /// The reply says that it is complete.
    package var isFinal = false
    /// The model as billed, which can differ from the one that was asked for.
    package var model: String?
    /// The tier that served the call; it prices it, not the tier that was asked for.
    package var serviceTier: String?
    /// Anthropic's `usage.inference_geo`.
    package var inferenceGeo: String?
    /// Tokens that are billed beside `usage`, such as those of a model that advised this one.
    package var extras: [ExtraUsage] = []
    /// The bill, where the reply states it.
    package var reportedCost: Amount?
    /// The id of work that goes on at the provider; a later reply states what it came to.
    package var pendingID: String?
    /// The id of what the reply describes, and of the file that its results are put into.
    package var objectID: String?
    package var outputObjectID: String?
    /// Of generated images.
    package var imageSize: String?
    package var imageQuality: String?
    /// Of a usage that is a sum over several requests: see `ExtraUsage.largestInput`.
    package var largestInput: Int64?
    /// An error inside a reply that began as a success.
    package var errorMessage: String?
    /// Bytes of text, thought and tool input that the model has sent; bounds its tokens from
    /// above, as a token is at least one byte.
    package var outputBytesSeen: Int64 = 0

    package init() {}

    package var status: UsageStatus {
        if isInvalid { return .invalid }
        if isPartial { return .estimated }
        return usage == nil ? .absent : .exact
    }
}

/// Tokens of one call that another model made, or the same one in work of its own.
package struct ExtraUsage: Sendable, Equatable {
    /// Nil: the call's model.
    package let model: String?
    package let usage: Usage
    /// Of a sum over several requests: the input of the largest, which decides the tier of all.
    package let largestInput: Int64?

    package init(model: String?, usage: Usage, largestInput: Int64? = nil) {
        self.model = model
        self.usage = usage
        self.largestInput = largestInput
    }
}

/// Bounds of what a reply may state.
package enum UsageBounds {
    /// Above the largest context window of any provider by a factor of some thousand; a count
    /// above it is not a count of tokens.
    package static let maximumTokens: Int64 = 10_000_000_000
    package static let maximumNameBytes = 256
}
