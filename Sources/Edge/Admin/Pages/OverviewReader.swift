internal import Accounting
internal import Chronology
internal import Money
internal import Reporting
internal import Stores

/// Reads what an overview shows, all of one store.
struct OverviewReader {
    /// The dearest that are told apart; the rest is one.
    private static let told = 7
    private static let shownBudgets = 8
    private static let shownFindings = 6
    private static let shownRefusals = 5
    private static let dimensions = [
        "model", "key", "user", "provider", "project", "endpoint", "task_type",
    ]

    let store: any SpendStore
    let view: ReportView
    let viewer: Viewer
    let frame: PageFrame
    /// Worked out before, as it looks at many calls.
    let findings: [Finding]

    func page() throws(StoreError) -> OverviewPage {
        let report = try timeline()
        let before = try before(report)
        let outlook = try outlook()
        let standings = try standings()
        let starts = try store.budgetStarts()
        let hasRest = report.lines.contains { $0.keys[0] == SpendReport.other }
        let top = report.top(Self.told + (hasRest ? 1 : 0))
        let chart = bars(top)
        let refusals = try refusals(report)
        return OverviewPage(
            frame: frame, spans: view.spanChoices(at: "/"), dimensions: choices,
            filters: filterChoices,
            zone: view.zone.name,
            hidden: view.fields.pairs.filter { $0.name != "tz" && !$0.value.isEmpty }.map {
                CallPage.Fact(name: $0.name, value: $0.value)
            },
            total: MoneyText(report.total.cost),
            change: Self.change(report.total.cost, before.total.cost),
            calls: Number.text(report.total.calls), errors: Self.share(report.total),
            blocked: Number.text(report.total.blocked), month: MoneyText(outlook.spent),
            expected: MoneyText(outlook.expected), low: MoneyText(outlook.low),
            high: MoneyText(outlook.high), chart: chart.svg,
            chartTable: TablePart(figures(top), caption: "The figures of the chart"),
            lines: lines(top, before, chart),
            budgets: standings.prefix(Self.shownBudgets).map {
                BudgetPart($0, began: starts[$0.budget], at: view.now, viewer: viewer)
            },
            moreBudgets: standings.count > Self.shownBudgets
                ? standings.count - Self.shownBudgets : nil,
            findings: findings.prefix(Self.shownFindings).map {
                OverviewPage.FindingPart(
                    subject: $0.subject.printable, text: $0.text.printable,
                    remedy: $0.remedy.printable, saving: MoneyText.of($0.saving))
            },
            showsFindings: viewer.isAdmin, refusals: refusals,
            hasRefusals: !refusals.isEmpty, hasBudgets: !standings.isEmpty,
            hasFindings: !findings.isEmpty, by: view.by.name)
    }

    /// Values of a dimension that are read with all of their days; of more, the dearest are.
    private static let readWhole = 60

    private func timeline() throws(StoreError) -> SpendReport {
        let sums = try store.report(view.query([view.by]))
        // A report is kept to one tag.
        let canFilter = view.by.tag == nil || !view.filters.contains { $0.dimension.tag != nil }
        guard sums.lines.count > Self.readWhole, canFilter else {
            return try store.report(view.query([view.by, view.time]))
        }
        var lines: [SpendReport.Line] = []
        var rest = Dictionary(
            try store.report(view.query([view.time])).lines.map { ($0.keys[0], $0) }
        ) { first, _ in first }
        // Calls without a tag are read with the rest.
        for value in sums.lines.map({ $0.keys[0] }).filter({ !$0.isEmpty }).prefix(Self.told) {
            var query = view.query([view.time])
            query.filters.append(SpendFilter(view.by, value))
            for var line in try store.report(query).lines {
                rest[line.keys[0]]?.subtract(line)
                line.keys = [value, line.keys[0]]
                lines.append(line)
            }
        }
        for (time, var line) in rest {
            line.keys = [SpendReport.other, time]
            lines.append(line)
        }
        return SpendReport(query: view.query([view.by, view.time]), told: lines)
    }

    /// The span before, by what the report tells apart.
    private func before(_ report: SpendReport) throws(StoreError) -> SpendReport {
        let told = Set(report.lines.map { $0.keys[0] })
        guard told.contains(SpendReport.other) else {
            return try store.report(view.query([view.by]).previous)
        }
        let all = try store.report(view.query([view.time]).previous)
        var rest = all.total
        rest.keys = [SpendReport.other]
        var lines: [SpendReport.Line] = []
        for value in told where value != SpendReport.other {
            var query = view.query([view.by]).previous
            query.filters.append(SpendFilter(view.by, value))
            for line in try store.report(query).lines {
                rest.subtract(line)
                lines.append(line)
            }
        }
        return SpendReport(query: view.query([view.by]).previous, told: lines + [rest])
    }

    /// The fullest first; a user's own only.
    private func standings() throws(StoreError) -> [BudgetStanding] {
        try store.standings(at: view.now).filter { standing in
            viewer.onlyUser.map { standing.scope == .user($0) } ?? true
        }.sorted { left, right in
            (left.fullness, right.label) > (right.fullness, left.label)
        }
    }

    private func outlook() throws(StoreError) -> MonthOutlook {
        let first = view.zone.day(at: view.now).startOfMonth
            .advanced(byDays: -Int64(MonthOutlook.days))
        var query = SpendQuery(
            dimensions: [.day], since: view.zone.start(of: first),
            until: view.now.advanced(bySeconds: 1), filters: view.filters, zone: view.zone)
        query.filters = view.filters
        return MonthOutlook(byDay: try store.report(query), now: view.now, zone: view.zone)
    }

    private func bars(_ report: SpendReport) -> StackedBars {
        let labels = view.labels(of: report.lines.map { $0.keys[1] })
        let places = Dictionary(labels.enumerated().map { ($1, $0) }) { first, _ in first }
        var values: [String: [Amount]] = [:]
        for line in report.lines {
            guard let place = places[line.keys[1]] else { continue }
            values[line.keys[0], default: labels.map { _ in .zero }][place] += line.cost
        }
        let series = values.map { key, values in
            StackedBars.Series(
                name: Self.shown(key), value: key == SpendReport.other ? nil : key, values: values)
        }.sorted { left, right in
            let sums = (left.values.reduce(Amount.zero, +), right.values.reduce(Amount.zero, +))
            let isRest = (left.value == nil, right.value == nil)
            if isRest.0 != isRest.1 { return isRest.1 }
            return sums.0 == sums.1 ? left.name < right.name : sums.0 > sums.1
        }
        return StackedBars(
            id: "spend", title: "Spend by \(view.by.name) and \(view.time.name), USD",
            labels: labels, series: series)
    }

    private func figures(_ report: SpendReport) -> ReportTable {
        var table = ReportTable(columns: [
            .text(view.by.name), .text(view.time.name), .number("calls"), .money("cost_usd"),
        ])
        table.rows = report.lines.map { line in
            [
                .text(Self.shown(line.keys[0])), .text(line.keys[1]), .number(line.calls),
                .money(line.cost),
            ]
        }
        table.totalRow = [
            .text("total"), .text(""), .number(report.total.calls), .money(report.total.cost),
        ]
        return table
    }

    static func shown(_ value: String) -> String { value.isEmpty ? "(none)" : value.printable }

    private func lines(
        _ report: SpendReport, _ before: SpendReport, _ chart: StackedBars
    ) -> [OverviewPage.Line] {
        var sums: [String: (cost: Amount, calls: Int64)] = [:]
        for line in report.lines {
            let old = sums[line.keys[0]] ?? (.zero, 0)
            sums[line.keys[0]] = (old.cost + line.cost, old.calls + line.calls)
        }
        var earlier: [String: Amount] = [:]
        for line in before.lines {
            let isTold = sums[line.keys[0]] != nil
            earlier[isTold ? line.keys[0] : SpendReport.other, default: .zero] += line.cost
        }
        return chart.series.enumerated().map { place, series in
            let key = series.value ?? SpendReport.other
            let sum = sums[key] ?? (.zero, 0)
            return OverviewPage.Line(
                place: place, name: series.name, href: href(of: series.value),
                cost: MoneyText(sum.cost),
                share: sum.cost.percentText(of: report.total.cost).map { "\($0.dropLast()) %" }
                    ?? "",
                calls: Number.text(sum.calls),
                perCall: sum.calls > 0
                    ? MoneyText(Amount(picodollars: sum.cost.picodollars / Int128(sum.calls)))
                    : nil,
                change: Self.change(sum.cost, earlier[key] ?? .zero),
                spark: Sparkline(values: series.values).svg)
        }
    }

    /// Kept to one value; a dash stands for calls without one, so that a value of a dash has none.
    private func href(of value: String?) -> String? {
        guard let value, value != "-", view.by.tag == nil else { return nil }
        return view.href("/", [(view.by.name, value.isEmpty ? "-" : value), ("by", nil)])
    }

    private static func change(_ now: Amount, _ before: Amount) -> String {
        guard before.isPositive else { return now.isPositive ? "new" : "" }
        let difference = (now - before).picodollars * 100 / before.picodollars
        return difference > 0 ? "+\(difference) %" : "\(difference) %"
    }

    private static func share(_ line: SpendReport.Line) -> String {
        guard line.calls > 0 else { return "0.0 %" }
        let thousandths = line.errors * 1_000 / line.calls
        return "\(thousandths / 10).\(thousandths % 10) %"
    }

    private func refusals(_ report: SpendReport) throws(StoreError) -> [OverviewPage.Refusal] {
        // Most overviews have none, and then nothing is looked for.
        guard report.total.blocked > 0 else { return [] }
        var query = CallQuery(
            since: view.since, until: view.until, limit: Self.shownRefusals)
        query.filters = view.filters
        query.status = "blocked"
        return try store.calls(query).map { row in
            OverviewPage.Refusal(
                moment: row.moment, href: row.href, user: (row.text("user_id") ?? "").printable,
                model: (row.text("model") ?? row.text("model_requested") ?? "").printable,
                reason: (row.text("error_message") ?? "").printable)
        }
    }

    private var choices: [PageChoice] {
        let own = Self.dimensions.filter { viewer.isAdmin || !["key", "user"].contains($0) }
        let extra = own.contains(view.by.name) ? [] : [view.by.name]
        return (own + extra).map { name in
            PageChoice(
                name: name.replacing("_", with: " "), href: view.href("/", [("by", name)]),
                isCurrent: view.by.name == name)
        }
    }

    /// Filters that are set; their links take them away.
    private var filterChoices: [PageChoice] {
        view.filters.compactMap { filter in
            if filter.dimension == .user, viewer.onlyUser != nil { return nil }
            let name = filter.dimension.tag == nil ? filter.dimension.name : "tag"
            return PageChoice(
                name: "\(filter.dimension.name) = \(Self.shown(filter.value))",
                href: view.href("/", [(name, nil)]), isCurrent: true)
        }
    }
}
