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
        let standings = try store.standings(at: now).filter { standing in
            (viewer.onlyUser.map { standing.scope == .user($0) } ?? true)
                && (search.map { standing.label.contains($0) } ?? true)
        }.sorted { left, right in
            (left.settled.wholePercent(of: left.limit) ?? 100, right.label)
                > (right.settled.wholePercent(of: right.limit) ?? 100, left.label)
        }
        let starts = try store.budgetStarts()
        let keys = try store.keyListings()
        var (parts, drawn): ([BudgetPart], Int) = ([], 0)
        for standing in standings.prefix(Self.maximumShown) {
            var part = BudgetPart(
                standing, began: starts[standing.budget], at: now, viewer: viewer)
            if drawn < Self.maximumDrawn,
                let course = try course(of: standing, number: drawn, keys)
            {
                part.burnUp = course
                drawn += 1
            }
            parts.append(part)
        }
        return BudgetsPage(
            frame: frame, budgets: parts, search: search ?? "", shown: parts.count,
            all: standings.count, isCut: standings.count > parts.count, canEdit: viewer.isAdmin)
    }

    /// Spend of a window so far, hour by hour or day by day; nil for windows that have no course,
    /// and for scopes that reports do not know.
    private func course(
        of standing: BudgetStanding, number: Int, _ keys: [KeyListing]
    ) throws(StoreError) -> String? {
        let zone = try store.budgets().first { $0.id == standing.budget }?.calendar.zone ?? .utc
        let (dimension, seconds): (SpendDimension, Int64) =
            switch standing.window {
            case .daily: (.hour, 3_600)
            case .weekly, .monthly: (.day, Instant.secondsPerDay)
            case .hourly, .total, .perCall, .rolling: (.day, 0)
            }
        guard seconds > 0, let filters = standing.scope.filters(keys) else { return nil }
        let report = try store.report(
            SpendQuery(
                dimensions: [dimension], since: standing.span.start,
                until: now.advanced(bySeconds: 1), filters: filters, zone: zone))
        let costs = Dictionary(
            report.lines.map { ($0.keys[0], $0.cost) }
        ) { $0 + $1 }
        var (sums, sum, moment): ([Amount], Amount, Instant) = ([], .zero, standing.span.start)
        var counted: Set<String> = []
        while moment <= now {
            let label = report.query.label(
                of: String(moment.text.prefix("YYYY-MM-DDTHH:MM".count)), by: dimension)
            // The hour that clocks repeat has two names; a day of 25 hours has one.
            if counted.insert(label).inserted { sum += costs[label] ?? .zero }
            sums.append(sum)
            moment = moment.advanced(bySeconds: seconds)
        }
        let length = standing.span.end.seconds - standing.span.start.seconds
        let forecast = SpendForecast(standing, at: now)
        return BurnUp(
            id: "b\(number)", title: "Course of \(standing.label), \(standing.window.label)",
            spent: sums, buckets: Int((length + seconds - 1) / seconds), limit: standing.limit,
            projected: forecast.projected
        ).svg
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
        case .model: dimension = .model
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
