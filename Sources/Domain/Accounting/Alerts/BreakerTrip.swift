package import Chronology
package import Money

/// A loop breaker that tripped, and why.
package struct BreakerTrip: Hashable, Sendable {
    package struct Cause: Hashable, Sendable {
        /// Spend of the last minute.
        package let burn: Amount
        /// The spend of a minute above which it trips.
        package let allowed: Amount
        /// The mean minute of the hour before; nil where a fixed rate was passed.
        package let usual: Amount?

        package init(burn: Amount, allowed: Amount, usual: Amount?) {
            self.burn = burn
            self.allowed = allowed
            self.usual = usual
        }

        package var text: String {
            let excess =
                usual.map {
                    "usual are \($0.shortDollars), and \(allowed.shortDollars) are allowed"
                }
                ?? "\(allowed.shortDollars) are allowed"
            return "\(burn.shortDollars) USD were spent in one minute; \(excess)"
        }
    }

    package let budget: BudgetID
    package let name: String
    package let scope: Scope
    package let action: BreakerRule.Action
    package let cause: Cause
    package let at: Instant
    package let until: Instant

    package init(
        budget: BudgetID, name: String, scope: Scope, action: BreakerRule.Action, cause: Cause,
        at: Instant, until: Instant
    ) {
        self.budget = budget
        self.name = name
        self.scope = scope
        self.action = action
        self.cause = cause
        self.at = at
        self.until = until
    }
}
