package import Chronology
package import Money

/// A decision not to forward a call, with all that its message names.
package struct Refusal: Error, Hashable, Sendable {
    package enum Reason: Int, Comparable, Sendable {
        /// The rest of the limit is only held by calls in flight; asking again can succeed.
        case heldByOthers
        /// The call's upper bound is more than is left of the limit.
        case exceedsRemainder
        /// Nothing is left of the limit.
        case spent

        package static func < (left: Reason, right: Reason) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    package let reason: Reason
    package let standing: BudgetStanding
    /// The upper bound of the refused call.
    package let requested: Amount
    package let resetsAt: Instant
}

/// A threshold of a limit that spend has reached, once per budget, window and threshold.
package struct ThresholdAlert: Hashable, Sendable {
    package enum Severity: String, Sendable {
        case warning, critical, emergency
    }

    package let standing: BudgetStanding
    package let threshold: Int
    package let windowStart: Instant
    package let windowEnd: Instant
    package let at: Instant

    package var severity: Severity {
        switch threshold {
        case 100...: .emergency
        case 90...: .critical
        default: .warning
        }
    }
}
