internal import Accounting
internal import Chronology
internal import Gateway
internal import Money
internal import Reporting
internal import Stores

/// Every limit with its bar, and the course of those that have a window to draw.
struct BudgetsPage: Sendable {
    let frame: PageFrame
    let budgets: [BudgetPart]
    let search: String
    let shown: Int
    let all: Int
    let isCut: Bool
    let canEdit: Bool
    /// Budgets that have nothing to show yet: rates, breakers, and those of values without calls.
    let others: [Other]
    let hasOthers: Bool

    struct Other: Sendable {
        let label: String
        let text: String
        let editHref: String
    }
}

struct BudgetsReader {
    private static let maximumShown = 100
    /// Courses that are drawn: each is a report of its own.
    private static let maximumDrawn = 6

    let store: any SpendStore
    let viewer: Viewer
    let now: Instant
    let search: String?

    func page(_ frame: PageFrame) throws(StoreError) -> BudgetsPage {
        let all = try store.standings(at: now)
        let standings = all.filter { standing in
            (viewer.onlyUser.map { standing.scope == .user($0) } ?? true)
                && isFound(standing.label, standing.budgetScope)
        }.sorted { left, right in
            (left.fullness, right.label) > (right.fullness, left.label)
        }
        let starts = try store.budgetStarts()
        let budgets = try store.budgets()
        let zones = Dictionary(budgets.map { ($0.id, $0.calendar.zone) }) { first, _ in first }
        let keys = try store.keyListings()
        var (parts, drawn): ([BudgetPart], Int) = ([], 0)
        for standing in standings.prefix(Self.maximumShown) {
            var part = BudgetPart(
                standing, began: starts[standing.budget], at: now, viewer: viewer)
            if drawn < Self.maximumDrawn,
                let course = try course(of: standing, zones[standing.budget] ?? .utc, keys)
            {
                part.burnUp = course.chart(number: drawn).svg
                part.course = course.table
                drawn += 1
            }
            parts.append(part)
        }
        let shown = Set(all.map(\.budget))
        let others =
            viewer.isAdmin
            ? budgets.filter { !shown.contains($0.id) && isFound("\($0.scope)", $0.scope) }
                .prefix(Self.maximumShown).map(Self.other) : []
        return BudgetsPage(
            frame: frame, budgets: parts, search: search ?? "", shown: parts.count,
            all: standings.count, isCut: standings.count > parts.count, canEdit: viewer.isAdmin,
            others: others, hasOthers: !others.isEmpty)
    }

    private func isFound(_ label: String, _ scope: Scope) -> Bool {
        search.map { label.contains($0) || scope.description.contains($0) } ?? true
    }

    private static func other(_ budget: Budget) -> BudgetsPage.Other {
        BudgetsPage.Other(
            label: "\(BudgetName(budget.scope, budget.name))",
            text: budget.fields.map { "\($0.field.rawValue) \($0.text)" }.joined(separator: ", ")
                .printable,
            editHref: "/budgets/edit"
                + FormFields().with("scope", budget.scope.description).with("name", budget.name)
                .query)
    }

    /// Spend of a window so far, by the hours or days of its zone; nil for windows that have no
    /// course, and for scopes that reports do not know as limits do.
    private func course(
        of standing: BudgetStanding, _ zone: CivilZone, _ keys: [KeyListing]
    ) throws(StoreError) -> BudgetCourse? {
        let dimension: SpendDimension
        switch standing.window {
        case .daily: dimension = .hour
        case .weekly, .monthly: dimension = .day
        case .hourly, .total, .perCall, .rolling: return nil
        }
        guard let filters = standing.scope.filters(keys) else { return nil }
        let report = try store.report(
            SpendQuery(
                dimensions: [dimension], since: standing.span.start,
                until: now.advanced(bySeconds: 1), filters: filters, zone: zone))
        return BudgetCourse(standing, report, zone: zone, now: now)
    }
}

extension Scope {
    /// What a report is kept to for the spend of a scope; nil where no report can be.
    fileprivate func filters(_ keys: [KeyListing]) -> [SpendFilter]? {
        let dimension: SpendDimension
        switch kind {
        case .system: return []
        case .user: dimension = .user
        case .project: dimension = .project
        case .provider: dimension = .provider
        // A limit of a model binds its snapshots and aliases too, which rows tell apart.
        case .model: return nil
        case .endpoint: dimension = .endpoint
        case .session: dimension = .session
        case .tag: dimension = .tag(tagName ?? "")
        case .key:
            let id = keys.first { [$0.key.name, $0.key.id].contains(name) }?.key.id
            return [SpendFilter(.key, id ?? name)]
        }
        return [SpendFilter(dimension, value)]
    }
}
