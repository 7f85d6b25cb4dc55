package import Accounting
internal import Metering

/// A budget by what people call it.
package struct BudgetName: Hashable, Sendable, CustomStringConvertible {
    package let scope: Scope
    package let name: String

    package init(_ scope: Scope, _ name: String = "") {
        self.scope = scope
        self.name = name
    }

    package var description: String { name.isEmpty ? "\(scope)" : "\(scope) (\(name))" }
}

/// What became of a budget that somebody changed.
package struct BudgetChange: Sendable {
    package let before: Budget?
    package let after: Budget?

    package init(before: Budget?, after: Budget?) {
        self.before = before
        self.after = after
    }
}

extension Budget {
    /// A JSON object of its fields, for the audit.
    package var json: String {
        var object = JSONObjectText()
        for (field, text) in fields { object.add(field.rawValue, text) }
        return object.closed
    }
}
