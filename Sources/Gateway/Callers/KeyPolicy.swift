package import Accounting

/// What a gateway key pins, what it believes of its clients, and what it asks of them.
package struct KeyPolicy: Sendable, Equatable {
    /// What a client may say of its calls in headers and bodies.
    package enum Claim: String, CaseIterable, Sendable {
        case user, project, session, tags
    }

    package static let blockStatuses = [402, 429, 403, 400]

    /// Tags of every call of the key, whatever the client says.
    package var tags: [CallAttributes.Tag] = []
    /// Claims that count for limits. The others are only recorded.
    package var trusted: Set<Claim> = []
    /// Attributes without which a call is refused: `project`, `session`, `tag:feature`.
    package var required: [String] = []
    /// The status of a refusal by a limit that is spent.
    package var blockStatus = 402

    package init() {}

    /// Of callers that are known by their own provider key.
    package static let open: KeyPolicy = {
        var policy = KeyPolicy()
        policy.trusted = Set(Claim.allCases)
        return policy
    }()
}
