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
    /// As the budget was set: `user:*`.
    package let budgetScope: Scope

    package init(
        budget: BudgetID, name: String, scope: Scope, window: BudgetWindow, mode: Budget.Mode,
        limit: Amount, settled: Amount, held: Amount, span: WindowSpan, isCounted: Bool = true,
        budgetScope: Scope? = nil
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
        self.budgetScope = budgetScope ?? scope
    }

    /// Below zero while debt is carried: a true cost above its hold is booked in full.
    package var available: Amount { limit - settled - held }

    /// When the window ends and its spend counts no more; nil for windows without an end.
    package var resetsAt: Instant? {
        if case .rolling = window { return nil }
        return span.isEverything ? nil : span.end
    }

    /// What names the budget to `limit set`, as a shell reads it.
    package var command: String { Self.command(budgetScope, name) }

    static func command(_ scope: Scope, _ name: String) -> String {
        let text = scope.description
        let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "-_.:=".contains($0) }
        let quoted = isPlain ? text : "'\(text.replacing("'", with: "'\\''"))'"
        return name.isEmpty ? quoted : "\(quoted) --name '\(name)'"
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
    /// What the refused call would have counted.
    package let claimed: Int128
    /// When the refused call would fit; nil where nobody knows.
    package let opensAt: Instant?
    package let budgetScope: Scope

    /// What names the budget to `limit set`.
    package var command: String { BudgetStanding.command(budgetScope, name) }

    package var label: String { name.isEmpty ? scope.label : "\(scope.label) (\(name))" }
}
