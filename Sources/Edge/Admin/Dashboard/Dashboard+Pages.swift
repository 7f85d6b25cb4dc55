internal import Accounting
internal import Chronology
internal import Hummingbird
internal import Money
internal import Reporting
internal import Stores

extension Dashboard {
    func addPages(to router: some RouterMethods<AdminContext>) {
        router.get("/style.css") { _, _ in PageRenderer.style }
        router.get("/login") { request, _ in askForKey(request) }
        router.post("/login") { request, context in
            await logIn(request, from: context.address)
        }
        router.post("/logout") { request, _ in
            await take(request, forAdmin: false) { logOut($0.session, at: $0.now) }
        }
        router.get("/") { request, _ in await show(request, overview) }
        router.get("/budgets") { request, _ in
            await show(request) { visit in
                let reader = BudgetsReader(
                    store: sources.store, viewer: visit.viewer, now: visit.now,
                    search: visit.fields["q"])
                return renderer.page("budgets", try reader.page(frame("Budgets", visit)))
            }
        }
        router.get("/budgets/edit") { request, _ in
            await show(request, forAdmin: true, editBudget)
        }
        router.post("/budgets") { request, _ in await take(request, changeBudget) }
        addLists(to: router)
    }

    private func addLists(to router: some RouterMethods<AdminContext>) {
        router.get("/calls") { request, _ in
            await show(request) { visit in
                let page = try CallsPage(
                    frame("Calls", visit), try view(visit), viewer: visit.viewer, sources.store)
                return renderer.page("calls", page)
            }
        }
        router.get("/calls/{id}") { request, context in
            let id = context.parameters.get("id") ?? ""
            return await show(request) { visit in try call(id, visit) }
        }
        router.get("/models") { request, _ in
            await show(request) { visit in
                let page = try ModelsPage(
                    frame("Models", visit), try view(visit), viewer: visit.viewer, sources.store)
                return renderer.page("models", page)
            }
        }
        router.get("/alerts") { request, _ in
            await show(request, forAdmin: true) { visit in
                let page = try AlertsPage(
                    frame("Alerts", visit), all: visit.fields["all"] != nil, at: visit.now,
                    sources.store)
                return renderer.page("alerts", page)
            }
        }
        router.get("**") { request, _ in
            guard session(of: request) != nil else { return Response(status: .notFound) }
            return await show(request) { _ in
                throw PageProblem(.notFound, "there is no such page")
            }
        }
        router.post("/alerts/ack") { request, _ in await take(request, acknowledge) }
        router.get("/keys") { request, _ in
            await show(request, forAdmin: true) { visit in
                renderer.page(
                    "plain", try PlainPage.keys(frame("Keys", visit), at: visit.now, sources.store))
            }
        }
        router.get("/settings") { request, _ in
            await show(request, forAdmin: true) { visit in
                let changes = try sources.store.auditEntries(
                    since: Instant(seconds: 0), until: visit.now.advanced(bySeconds: 1), limit: 50)
                return renderer.page(
                    "plain",
                    PlainPage.settings(frame("Settings", visit), sources.settings, changes))
            }
        }
    }

    private func view(_ visit: Visit) throws -> ReportView {
        try ReportView(visit.fields, viewer: visit.viewer, now: visit.now, zones: sources.zones)
    }

    private func overview(_ visit: Visit) throws -> Response {
        let view = try view(visit)
        let findings =
            visit.viewer.isAdmin
            ? try advice.findings(at: visit.now) {
                Advisor.findings(
                    try sources.store.adviceBasis(prices: sources.prices(), at: visit.now))
            } : []
        let reader = OverviewReader(
            store: sources.store, view: view, viewer: visit.viewer,
            frame: frame("Overview", visit), findings: findings)
        return renderer.page("overview", try reader.page())
    }

    private func call(_ id: String, _ visit: Visit) throws -> Response {
        let store = sources.store
        guard let call = CallID(text: id) else {
            throw PageProblem(.notFound, "'\(id)' is not a call's id")
        }
        let rows = try store.attempts(of: call).filter { row in
            visit.viewer.onlyUser.map { $0 == row.text("user_id") } ?? true
        }
        guard let first = rows.first else {
            throw PageProblem(.notFound, "no call has the id \(id)")
        }
        let moment = first.text("timestamp").flatMap { Instant(text: $0) }
        let adjustments =
            try moment.map {
                try store.adjustments(since: $0, until: $0.advanced(bySeconds: 1))
            } ?? [:]
        return renderer.page(
            "call",
            CallPage(
                frame("Call", visit), rows: rows, prices: sources.prices(),
                adjustments: adjustments))
    }

    private func acknowledge(_ visit: Visit) throws -> Response {
        let text = visit.fields["id"] ?? ""
        let parts = text.split(separator: ",")
        let ids = parts.compactMap { Int64($0) }
        guard !ids.isEmpty, ids.count == parts.count, ids.count <= AlertsPage.maximumShown else {
            throw PageProblem(.badRequest, "id: '\(text)' names no alerts")
        }
        _ = try sources.store.acknowledge(ids, by: visit.viewer.actor, at: visit.now)
        return Self.redirect("/alerts")
    }
}
