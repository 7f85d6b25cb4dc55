package import Chronology
package import Money

/// A decision not to forward a call, with all that its message names.
package struct Refusal: Error, Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case limit(BudgetStanding)
        case rate(RateStanding)
        case breaker(BreakerTrip)
    }

    package enum Reason: Int, Comparable, Sendable {
        /// The rest of the limit is only held by calls in flight; asking again can succeed.
        case heldByOthers
        /// Too much was asked for in the last minute, or at once; asking later succeeds.
        case tooFast
        /// The call's upper bound is more than is left of the limit.
        case exceedsRemainder
        /// Nothing is left of the limit.
        case spent
        /// A loop breaker has stopped the scope.
        case stopped

        package static func < (left: Reason, right: Reason) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    package let reason: Reason
    package let subject: Subject
    /// The upper bound of the refused call.
    package let requested: Amount
    package let at: Instant
    /// When the same call can fit, if nothing else happens; nil where nobody knows, or never.
    package let opensAt: Instant?

    package init(
        _ reason: Reason, _ subject: Subject, requested: Amount, at: Instant, opensAt: Instant?
    ) {
        self.reason = reason
        self.subject = subject
        self.requested = requested
        self.at = at
        self.opensAt = opensAt
    }

    package var scope: Scope {
        switch subject {
        case .limit(let standing): standing.scope
        case .rate(let standing): standing.scope
        case .breaker(let trip): trip.scope
        }
    }

    /// The budget and the window or rate, in a word: `user:u1 monthly`.
    package var budgetLabel: String {
        switch subject {
        case .limit(let standing): "\(standing.label) \(standing.window.label)"
        case .rate(let standing): "\(standing.label) \(standing.limit.name)"
        case .breaker(let trip): "\(trip.scope.label) loop breaker"
        }
    }

    /// Of several that are in the way, the one that will be for longest.
    func outlasts(_ other: Refusal) -> Bool {
        if reason != other.reason { return reason > other.reason }
        guard let opensAt else { return other.opensAt != nil }
        return other.opensAt.map { opensAt > $0 } ?? false
    }
}
