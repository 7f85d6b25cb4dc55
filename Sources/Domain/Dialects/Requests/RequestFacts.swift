package import Metering
package import Pricing

/// What the gateway needs to know of a request's body.
package struct RequestFacts: Sendable, Equatable {
    package var model: String?
    package var streams = false
    package var basis: QuoteBasis
    /// Who the app says the call is for; believed only where the caller's policy says so.
    package var user: String?
    /// The change that makes a stream state its usage, where the client did not ask for that.
    package var usageSplice: BodySplice?
    /// How the request can be made to ask for a shorter answer.
    package var clamp = OutputClamp()
    /// What the request itself decides and the reply does not state: the characters of a text to
    /// be spoken.
    package var statedUsage: Usage?
    /// The reply is one that is known to come later; the first says nothing of its cost.
    package var runsInBackground = false
    /// Other models that the provider may run in the place of `model`.
    package var alternatives: [String] = []
    /// The file that a batch reads its requests from.
    package var batchInputFile: String?
    /// Whether the request offers tools to the model; the task type of the call's record.
    package var offersTools = false

    package init(basis: QuoteBasis) { self.basis = basis }
}

/// Why a request's body is refused before anything is held or sent.
package struct RequestProblem: Error, Equatable, Sendable {
    /// The field as the dialect calls it, or nil for the body as a whole.
    package let field: String?
    package let reason: String

    package init(field: String?, reason: String) {
        self.field = field
        self.reason = reason
    }
}

/// A replacement of some bytes of a body; all others stay as they are.
package struct BodySplice: Sendable, Equatable {
    package let range: Range<Int>
    package let bytes: [UInt8]

    package init(range: Range<Int>, text: String) {
        self.range = range
        bytes = Array(text.utf8)
    }

    package func apply(to body: [UInt8]) -> [UInt8] {
        var changed: [UInt8] = []
        changed.reserveCapacity(body.count - range.count + bytes.count)
        changed += body[..<range.lowerBound]
        changed += bytes
        changed += body[range.upperBound...]
        return changed
    }
}
