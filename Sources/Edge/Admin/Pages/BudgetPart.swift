internal import Accounting
internal import Chronology
internal import Money

/// A budget's window on a page: how much is spent and where that leads.
struct BudgetPart: Sendable {
    let label: String
    let window: String
    let limit: MoneyText
    let spent: MoneyText
    let held: MoneyText
    let left: MoneyText
    let percent: String
    let bar: String
    let mode: String
    let projected: MoneyText?
    let runsOutAt: String?
    let resetsAt: String?
    /// In words, for those who cannot see a bar: `ok`, `near`, `over`.
    let state: String
    let editHref: String
    let canEdit: Bool
    var burnUp: String?
    var course: TablePart?

    private static let barWidth = 200

    init(_ standing: BudgetStanding, began: Instant?, at now: Instant, viewer: Viewer) {
        let forecast = SpendForecast(standing, at: now, began: began)
        label = standing.label
        window = standing.window.label
        limit = MoneyText(standing.limit)
        spent = MoneyText(standing.settled)
        held = MoneyText(standing.held)
        left = MoneyText(standing.available)
        percent = standing.settled.percentText(of: standing.limit) ?? "100.00"
        mode =
            switch standing.mode {
            case .enforce: "hard stop"
            case .alert: "alerts only"
            case .shadow: "shadow"
            }
        projected = MoneyText.of(forecast.projected)
        runsOutAt = forecast.runsOutAt.map {
            $0 <= now ? "reached" : "reached at \($0.shortText)"
        }
        resetsAt = standing.resetsAt?.shortText
        let whole = standing.settled.wholePercent(of: standing.limit) ?? 100
        state = whole >= 100 ? "over" : whole >= 75 || forecast.runsOutAt != nil ? "near" : "ok"
        bar = Self.bar(standing, state)
        editHref =
            "/budgets/edit"
            + FormFields().with("scope", standing.budgetScope.description)
            .with("name", standing.name).query
        canEdit = viewer.isAdmin
    }

    /// Spent and held, of the limit.
    private static func bar(_ standing: BudgetStanding, _ state: String) -> String {
        var svg = MarkupText()
        func width(_ amount: Amount) -> Int {
            guard standing.limit.isPositive else { return barWidth }
            let part = max(0, amount.picodollars) * Int128(barWidth)
            return Int(min(Int128(barWidth), part / standing.limit.picodollars))
        }
        let spent = width(standing.settled)
        let both = width(standing.settled + standing.held)
        svg.open(
            "svg",
            [
                ("viewBox", "0 0 \(barWidth) 12"), ("class", "bar"), ("aria-hidden", "true"),
                ("preserveAspectRatio", "none"),
            ])
        svg.element(
            "rect", [("class", "room"), ("width", "\(barWidth)"), ("height", "12")])
        svg.element("rect", [("class", "held"), ("width", "\(both)"), ("height", "12")])
        svg.element("rect", [("class", state), ("width", "\(spent)"), ("height", "12")])
        svg.close("svg")
        return svg.text
    }
}

extension BudgetStanding {
    /// Millionths of the limit that are spent; a limit of zero is full.
    var fullness: Int128 { settled.millionths(of: limit) ?? 1_000_000 }
}
