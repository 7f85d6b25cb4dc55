package import Chronology
package import Money

/// How a budget's window stands at a moment: limit = available + held + settled.
package struct BudgetStanding: Hashable, Sendable {
    package let budget: BudgetID
    package let name: String
    /// Of a budget for each value, the scope of the value.
    package let scope: Scope
    package let window: BudgetWindow
    package let mode: Budget.Mode
    package let limit: Amount
    package let settled: Amount
    package let held: Amount
    /// The window; of a rolling one the stretch that ends now.
    package let span: WindowSpan
    /// False while spend from before the limit was set is still being added up.
    package let isCounted: Bool

    package init(
        budget: BudgetID, name: String, scope: Scope, window: BudgetWindow, mode: Budget.Mode,
        limit: Amount, settled: Amount, held: Amount, span: WindowSpan, isCounted: Bool = true
    ) {
        self.budget = budget
        self.name = name
        self.scope = scope
        self.window = window
        self.mode = mode
        self.limit = limit
        self.settled = settled
        self.held = held
        self.span = span
        self.isCounted = isCounted
    }

    /// Below zero while debt is carried: a true cost above its hold is booked in full.
    package var available: Amount { limit - settled - held }

    /// When the window ends and its spend counts no more; nil for windows without an end.
    package var resetsAt: Instant? {
        if case .rolling = window { return nil }
        return span.isEverything ? nil : span.end
    }

    /// `user:u1`, or `user:u1 (trial)` where the budget has a name.
    package var label: String { name.isEmpty ? scope.label : "\(scope.label) (\(name))" }
}

/// How a rate stands at a moment.
package struct RateStanding: Hashable, Sendable {
    package let budget: BudgetID
    package let name: String
    package let scope: Scope
    package let mode: Budget.Mode
    package let limit: RateLimit
    package let used: Int128
    /// When the refused call would fit; nil where nobody knows.
    package let opensAt: Instant?

    package var label: String { name.isEmpty ? scope.label : "\(scope.label) (\(name))" }
}
