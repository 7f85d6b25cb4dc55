package import Accounting
package import Chronology
internal import StrictYAML

/// Limits as a file states them: a list of budgets, each in full.
package enum LimitsFile {
    private static let ownKeys: Set<String> = ["scope", "name", "hard_stop"]

    /// `path`: for messages.
    package static func read(
        _ text: String, path: String, zones: any ZoneSource
    ) throws(ConfigError) -> [Budget] {
        do throws(YAMLNode.Problem) {
            guard let root = try YAMLNode.parse(text) else {
                throw YAMLNode.Problem(line: 1, reason: "the file is empty; it needs 'limits:'")
            }
            let fields = try root.fields(known: ["limits"])
            guard let list = fields["limits"] else { throw root.fail("it needs 'limits:'") }
            var budgets: [Budget] = []
            for node in try list.elements() {
                let budget = try budget(node, zones)
                if budgets.contains(where: { $0.scope == budget.scope && $0.name == budget.name }) {
                    throw node.fail(
                        "\(budget.scope) stands twice; give one of them a 'name'")
                }
                budgets.append(budget)
            }
            return budgets
        } catch {
            throw ConfigError("\(path):\(error.line): \(error.reason)")
        }
    }

    private static func budget(
        _ node: YAMLNode, _ zones: any ZoneSource
    ) throws(YAMLNode.Problem) -> Budget {
        let settable = BudgetField.allCases.filter { $0 != .raises }
        let fields = try node.fields(known: ownKeys.union(settable.map(\.rawValue)))
        guard let scopeNode = fields["scope"] else { throw node.fail("a limit needs 'scope'") }
        guard let scope = Scope(text: try scopeNode.string()) else {
            throw scopeNode.fail(
                "'\(try scopeNode.string())' is not a scope such as system, user:u1 or"
                    + " tag:feature=chat")
        }
        var budget = Budget(scope: scope, name: try fields["name"]?.string() ?? "")
        if let stop = fields["hard_stop"] {
            guard fields["mode"] == nil else { throw stop.fail("name mode or hard_stop, not both") }
            budget.mode = try stop.bool() ? .enforce : .alert
        }
        // In the order of the fields: a loop breaker has to be there before its figures.
        for field in settable {
            guard let value = fields[field.rawValue] else { continue }
            let text = try text(of: value)
            do throws(BudgetFieldError) {
                try budget.set(field, text, zones: zones)
            } catch {
                throw value.fail("\(error)")
            }
        }
        return budget
    }

    /// A word, a list of words, or a mapping of lengths of time to amounts.
    private static func text(of node: YAMLNode) throws(YAMLNode.Problem) -> String {
        switch node.shape {
        case .sequence:
            var parts: [String] = []
            for element in try node.elements() { parts.append(try element.string()) }
            return parts.isEmpty ? BudgetField.none : parts.joined(separator: ",")
        case .mapping:
            var parts: [String] = []
            for (key, value) in try node.entries() { parts.append("\(key)=\(try value.string())") }
            return parts.joined(separator: ",")
        case .scalar: return try node.string()
        }
    }
}
