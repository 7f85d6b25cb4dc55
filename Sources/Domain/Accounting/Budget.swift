package import Money

/// Limits of one scope, and what happens when one is reached.
package struct Budget: Hashable, Sendable {
    package enum Mode: String, Sendable {
        /// A call that does not fit is refused.
        case enforce
        /// Nothing is refused; thresholds are recorded.
        case alert
    }

    package static let defaultThresholds = [50, 75, 90, 100]

    package let scope: Scope
    package var limits: [BudgetWindow: Amount]
    package var mode: Mode
    /// Whole percents of a limit, in rising order.
    package var thresholds: [Int]

    package init(
        scope: Scope, limits: [BudgetWindow: Amount], mode: Mode,
        thresholds: [Int] = Budget.defaultThresholds
    ) {
        self.scope = scope
        self.limits = limits
        self.mode = mode
        self.thresholds = thresholds
    }

    package var isBlocking: Bool { mode == .enforce && !limits.isEmpty }
}

/// How a budget's window stands at a moment: limit = available + held + settled.
package struct BudgetStanding: Hashable, Sendable {
    package let scope: Scope
    package let window: BudgetWindow
    package let mode: Budget.Mode
    package let limit: Amount
    package let settled: Amount
    package let held: Amount

    package init(
        scope: Scope, window: BudgetWindow, mode: Budget.Mode, limit: Amount, settled: Amount,
        held: Amount
    ) {
        self.scope = scope
        self.window = window
        self.mode = mode
        self.limit = limit
        self.settled = settled
        self.held = held
    }

    /// Below zero while debt is carried: a true cost above its hold is booked in full.
    package var available: Amount { limit - settled - held }
}
