internal import Chronology
internal import Money
internal import Pricing
internal import Reporting
internal import Stores

/// Calls, newest first, a page at a time.
struct CallsPage: Sendable {
    struct Filter: Sendable {
        let name: String
        let label: String
        let value: String
    }

    let frame: PageFrame
    let filters: [Filter]
    let last: String?
    /// What the form has no field for, and keeps.
    let kept: [CallPage.Fact]
    let zone: String
    let statuses: [BudgetForm.Choice]
    let table: TablePart
    let newerHref: String?
    let olderHref: String?

    static let pageSize = 50
    /// Pages beyond it are too far from now to leaf to.
    static let maximumPage = 200

    private static let columns = [
        "timestamp", "user_id", "key_id", "provider", "model", "input_tokens", "output_tokens",
        "cost_usd", "status", "request_duration_ms",
    ]

    init(
        _ frame: PageFrame, _ view: ReportView, viewer: Viewer, _ store: any SpendStore
    ) throws(StoreError) {
        let page = min(Self.maximumPage, max(0, view.fields["page"].flatMap(Int.init) ?? 0))
        var query = CallQuery(since: view.since, until: view.until, limit: Self.pageSize + 1)
        query.filters = view.filters
        query.status = view.fields["status"]
        query.offset = page * Self.pageSize
        let rows = try store.calls(query)
        self.frame = frame
        let shown = ["user", "key", "project", "provider", "model", "endpoint", "session"]
        filters =
            shown.filter { viewer.isAdmin || $0 != "user" }.map {
                Filter(name: $0, label: $0, value: view.fields[$0] ?? "")
            } + [Filter(name: "tag", label: "tag (name=value)", value: view.fields["tag"] ?? "")]
        let hasDates = view.fields["since"] != nil
        last = hasDates ? nil : view.fields["last"] ?? "30d"
        let own = Set(shown + ["tag", "status", "tz", "page"] + (hasDates ? [] : ["last"]))
        kept = view.fields.pairs.filter { !own.contains($0.name) && !$0.value.isEmpty }.map {
            CallPage.Fact(name: $0.name, value: $0.value)
        }
        zone = view.zone.name
        statuses = ["", "success", "error", "blocked", "cached"].map {
            BudgetForm.Choice(
                value: $0, label: $0.isEmpty ? "any" : $0,
                isChosen: $0 == view.fields["status"] ?? "")
        }
        let visible = Array(rows.prefix(Self.pageSize))
        let all = CallRow.table(visible)
        var table = ReportTable(
            columns: Self.columns.compactMap { name in
                all.columns.first { $0.name == name }
            })
        table.rows = visible.map { row in Self.columns.map { row[$0] } }
        self.table = TablePart(table, caption: "Calls, newest first") { row, column in
            column == "timestamp" && visible[row].text("call_id") != nil
                ? visible[row].href : nil
        }
        newerHref = page > 0 ? view.href("/calls", [("page", String(page - 1))]) : nil
        olderHref =
            rows.count > Self.pageSize && page < Self.maximumPage
            ? view.href("/calls", [("page", String(page + 1))]) : nil
    }
}

/// One call taken apart: each class of tokens times its price, and every column of its row.
struct CallPage: Sendable {
    struct Attempt: Sendable {
        let facts: [Fact]
        let costs: TablePart
        let columns: [Fact]
    }

    struct Fact: Sendable {
        let name: String
        let value: String
    }

    let frame: PageFrame
    let attempts: [Attempt]

    init(
        _ frame: PageFrame, rows: [CallRow], prices: PriceBook, adjustments: [String: Amount]
    ) {
        self.frame = frame
        attempts = rows.map { row in
            let name = "\(row.text("call_id") ?? "")/\(row.number("attempt") ?? 0)"
            var table = CallExplanation(
                row, prices: prices, adjusted: adjustments[name] ?? .zero
            ).table
            let facts = table.facts.map { Fact(name: $0.0, value: $0.1.printable) }
            table.facts = []
            let whole = CallRow.table([row])
            return Attempt(
                facts: facts, costs: TablePart(table, caption: "What the call cost, and why"),
                columns: zip(whole.columns, whole.rows[0]).map {
                    Fact(name: $0.name, value: $1.pageText)
                })
        }
    }
}
