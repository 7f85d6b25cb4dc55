/// Finds the budgets that bind a call, at a cost that does not depend on how many there are.
struct BudgetIndex: Sendable {
    struct Match: Sendable {
        let budget: Int
        let bucket: BucketID
    }

    private(set) var budgets: [Budget] = []
    private var byScope: [Scope: [Int]] = [:]
    private var byID: [BudgetID: Int] = [:]
    /// Kinds of attribute that some budget looks at.
    private var kinds: Set<Scope.Kind> = []
    /// Names of tags that some budget looks at.
    private var tagNames: Set<String> = []

    init(_ budgets: [Budget] = []) {
        self.budgets = budgets
        for (index, budget) in budgets.enumerated() {
            byScope[budget.scope, default: []].append(index)
            byID[budget.id] = index
            kinds.insert(budget.scope.kind)
            if let name = budget.scope.tagName, budget.scope.isEach || budget.scope.isMissing {
                tagNames.insert(name)
            }
        }
    }

    subscript(_ id: BudgetID) -> Budget? { byID[id].map { budgets[$0] } }

    func place(of id: BudgetID) -> Int? { byID[id] }

    func matches(_ attributes: CallAttributes) -> [Match] {
        var matches: [Match] = []
        if kinds.contains(.system) { append(.system, as: .system, to: &matches) }
        for kind in Scope.Kind.allCases
        where kind != .system && kind != .tag && kinds.contains(kind) {
            let values = attributes.values(of: kind)
            for value in values { append(Scope(kind, value), as: nil, to: &matches) }
            if values.isEmpty { append(Scope(kind, ""), as: nil, to: &matches) }
            append(Scope(kind, "*"), as: Scope(kind, values.first ?? ""), to: &matches)
        }
        guard kinds.contains(.tag) else { return matches }
        for tag in attributes.tags {
            append(.tag(tag.name, tag.value), as: nil, to: &matches)
        }
        for name in tagNames.sorted() {
            let value = attributes.tag(name)
            if value == nil { append(.tag(name, ""), as: nil, to: &matches) }
            append(.tag(name, "*"), as: .tag(name, value ?? ""), to: &matches)
        }
        return matches
    }

    /// `bucket`: nil where the budget's own scope is the bucket.
    private func append(_ scope: Scope, as bucket: Scope?, to matches: inout [Match]) {
        guard let found = byScope[scope] else { return }
        for index in found {
            let id = BucketID(budget: budgets[index].id, scope: bucket ?? scope)
            if scope.isEach, bucket == nil { continue }
            matches.append(Match(budget: index, bucket: id))
        }
    }
}

/// Names where a budget counts: the budget itself, or one of the values it binds by itself.
struct BucketID: Hashable, Sendable {
    let budget: BudgetID
    let scope: Scope
}
