package import Chronology
internal import Money

/// Says which windows of which budgets a spend counts in, for a store that keeps their sums.
package struct SpendSplit: Sendable {
    /// A part of a sum, and what it is leased under.
    package struct Part: Sendable {
        package let entry: SpendEntry
        package let lease: LeaseKey
        package let leaseExpiry: Instant
    }

    private let index: BudgetIndex

    package init(_ budgets: [Budget]) { index = BudgetIndex(budgets) }

    package var budgets: [Budget] { index.budgets }

    package subscript(_ id: BudgetID) -> Budget? { index[id] }

    /// `shadowRefusals`: labels of the limits in shadow mode that would have refused the call,
    /// whose budgets do not count it.
    package func parts(of spend: Spend, shadowRefusals: [String] = []) -> [Part] {
        guard spend.amount != .zero else { return [] }
        return index.matches(spend.attributes).flatMap { match -> [Part] in
            let budget = index.budgets[match.budget]
            if budget.mode == .shadow, !shadowRefusals.isEmpty {
                let scope = match.bucket.scope.label
                let label = budget.name.isEmpty ? scope : "\(scope) (\(budget.name))"
                if shadowRefusals.contains(where: { $0.hasPrefix("\(label) ") }) { return [] }
            }
            return budget.windows.filter { $0 != .perCall }.map { window in
                Self.part(of: spend, budget, window, match.bucket.scope)
            }
        }
    }

    private static func part(
        of spend: Spend, _ budget: Budget, _ window: BudgetWindow, _ scope: Scope
    ) -> Part {
        let counter = CounterKey(budget: budget.id, signature: budget.signature(of: window))
        let kept = WindowCounter(
            window, budget.calendar, isCounted: true, at: spend.spentAt)
        let record = kept.record(of: spend.spentAt) ?? kept.leaseSpan
        return Part(
            entry: SpendEntry(
                counter: counter, scope: scope, start: record.start, expiry: record.end,
                amount: spend.amount),
            lease: LeaseKey(counter: counter, scope: scope, start: kept.leaseSpan.start),
            leaseExpiry: kept.leaseSpan.end)
    }

    /// How a budget's window stands by what the store says of it; nil where it has no limit now.
    package func standing(
        _ key: LeaseKey, _ figures: SharedFigures, at now: Instant
    ) -> BudgetStanding? {
        guard let budget = index[key.counter.budget],
            let window = budget.windows.first(where: {
                budget.signature(of: $0) == key.counter.signature
            }),
            let limit = budget.limit(of: window, at: now)
        else { return nil }
        var span = WindowCounter(window, budget.calendar, isCounted: true, at: now).leaseSpan
        switch window {
        case .rolling(let seconds):
            span = WindowSpan(start: now.advanced(bySeconds: -seconds), end: now)
        case .total: span = .everything
        // Of a window that is over nothing is to be told.
        default: guard key.start == span.start else { return nil }
        }
        return BudgetStanding(
            budget: budget.id, name: budget.name, scope: key.scope, window: window,
            mode: budget.mode, limit: limit, settled: figures.settled, held: figures.leased,
            span: span, budgetScope: budget.scope)
    }

    /// Alerts for the thresholds that a window has reached beyond `alerted` percent.
    package func alerts(
        _ key: LeaseKey, _ figures: SharedFigures, beyond alerted: Int, at now: Instant
    ) -> [BudgetAlert] {
        guard let budget = index[key.counter.budget], budget.mode != .shadow,
            let standing = standing(key, figures, at: now),
            let percent = figures.settled.wholePercent(of: standing.limit)
        else { return [] }
        let counter = WindowCounter(standing.window, budget.calendar, isCounted: true, at: now)
        return budget.thresholds.filter { $0 <= percent && $0 > alerted }.map { threshold in
            BudgetAlert(
                kind: .threshold(threshold), standing: standing, span: counter.alertSpan, at: now)
        }
    }

    /// Every window that is to be counted.
    package var counters: [CounterKey] {
        index.budgets.flatMap { budget in
            budget.windows.filter { $0 != .perCall }.map {
                CounterKey(budget: budget.id, signature: budget.signature(of: $0))
            }
        }
    }

    /// The windows that are open now of budgets that bind one scope: those of a budget for each
    /// value are known by their use alone.
    package func fixedWindows(at now: Instant) -> [LeaseKey] {
        index.budgets.filter { !$0.scope.isEach }.flatMap { budget in
            budget.windows.filter { $0 != .perCall }.map { window in
                LeaseKey(
                    counter: CounterKey(
                        budget: budget.id, signature: budget.signature(of: window)),
                    scope: budget.scope,
                    start: WindowCounter(window, budget.calendar, isCounted: true, at: now)
                        .leaseSpan.start)
            }
        }
    }
}
