package import Accounting
internal import Foundation
internal import Money

/// Something of the local ledger that the shared store is to hear, in the order of their numbers.
package struct OutboxItem: Sendable {
    package enum Content: Sendable {
        /// A new row, or one that has changed since it was told.
        case row(OutboxRow, isCorrection: Bool)
        /// The columns of a row of `budget_alerts`, as a JSON object.
        case alert(String)
        /// The columns of a row of `breaker_trips`, as a JSON object.
        case trip(String)
    }

    package let number: Int64
    package let content: Content

    package init(number: Int64, content: Content) {
        self.number = number
        self.content = content
    }
}

/// A row of `api_cost_tracking` on its way.
package struct OutboxRow: Sendable {
    package let attempt: AttemptID
    package let spend: Spend
    /// Budgets in shadow mode that would have refused the call, which do not count it.
    package let shadowRefusals: [String]
    /// Its columns and those of its row of `model_performance_metrics`, as a JSON object.
    package let json: String

    package init(attempt: AttemptID, spend: Spend, shadowRefusals: [String], json: String) {
        self.attempt = attempt
        self.spend = spend
        self.shadowRefusals = shadowRefusals
        self.json = json
    }

    /// The row without the texts that clients and upstreams put into it; nil where it has none any
    /// more. What it cost, whose it is and what it counts in stays.
    package func plain() -> OutboxRow? {
        guard
            var object = (try? JSONSerialization.jsonObject(with: Data(json.utf8)))
                as? [String: Any], object["metadata"] as? String != Self.plainMetadata
        else { return nil }
        for name in ["tags", "session_id", "conversation_id", "error_message", "error_type"] {
            object[name] = NSNull()
        }
        object["usage"] = "{}"
        object["metadata"] = Self.plainMetadata
        guard let data = try? JSONSerialization.data(withJSONObject: object) else { return nil }
        return OutboxRow(
            attempt: attempt, spend: spend, shadowRefusals: shadowRefusals,
            json: String(decoding: data, as: UTF8.self))
    }

    private static let plainMetadata = #"{"texts":"left out, as the database refused them"}"#
}
