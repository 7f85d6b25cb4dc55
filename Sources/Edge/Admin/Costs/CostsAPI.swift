internal import Accounting
internal import Chronology
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metering
internal import Money
internal import Reporting
internal import Stores

/// The JSON that the cost page of the app reads: `GET /api/costs` and `GET /api/costs/models`, with
/// the parameters that it sends. Amounts are JSON numbers with all their decimals, in USD, as the
/// page reckons with numbers. And ratings of answers.
///
/// Who asks shows a session, or an admin or gateway key as a bearer; a gateway key sees what its
/// user spent.
struct CostsAPI: Sendable {
    let dashboard: Dashboard

    private static let maximumDays: Int64 = 3_660
    private static let alertsShown = 100
    /// Among which a user's own are looked for.
    private static let alertsRead = 10_000
    private static let maximumBodyBytes = 4_096

    private var store: any SpendStore { dashboard.sources.store }
    private var now: Instant { dashboard.sources.clock.now() }

    func add(to router: some RouterMethods<AdminContext>) {
        router.get("/api/costs") { request, context in
            await answer(request, context) { viewer, fields in try costs(viewer, fields) }
        }
        router.get("/api/costs/models") { request, context in
            await answer(request, context) { viewer, fields in try models(viewer, fields) }
        }
        router.post("/api/calls/{id}/rating") { request, context in
            let id = context.parameters.get("id") ?? ""
            guard
                let body = try? await request.body.collect(upTo: Self.maximumBodyBytes),
                let rating = Self.rating(String(buffer: body))
            else {
                return Self.failure(
                    .badRequest, "send {\"rating\":\"up\"} or {\"rating\":\"down\"}")
            }
            return await answer(request, context, bearerOnly: true) { viewer, _ in
                try rate(id, rating, viewer)
            }
        }
    }

    private func answer(
        _ request: Request, _ context: AdminContext, bearerOnly: Bool = false,
        _ body: @escaping @Sendable (Viewer, FormFields) throws -> String
    ) async -> Response {
        let viewer: Viewer
        switch identity(request, context, bearerOnly: bearerOnly) {
        case .known(let found): viewer = found
        case .slowedDown(let seconds):
            var response = Self.failure(.tooManyRequests, "too many wrong keys; try again later")
            response.headers[.retryAfter] = String(seconds)
            return response
        case .unknown:
            return Self.failure(
                .unauthorized,
                "show the admin key or a gateway key: 'Authorization: Bearer KEY'")
        }
        let fields = FormFields(request.uri.query ?? "")
        do {
            // What asks for a key of its own changes something.
            let text =
                bearerOnly
                ? try await StoreThreads.write { try body(viewer, fields) }
                : try await StoreThreads.read { try body(viewer, fields) }
            return Self.json(.ok, text)
        } catch let error as PageProblem {
            return Self.failure(error.status, error.text)
        } catch {
            dashboard.logger.error("dashboard.failed", metadata: ["reason": "\(error)"])
            return Self.failure(.serviceUnavailable, dashboard.words(of: error, to: viewer))
        }
    }

    private func identity(
        _ request: Request, _ context: AdminContext, bearerOnly: Bool
    ) -> Dashboard.Identity {
        let prefix = "Bearer "
        if let offered = request.headers[.authorization], offered.hasPrefix(prefix) {
            return dashboard.identify(
                String(offered.dropFirst(prefix.count)), from: context.address)
        }
        guard !bearerOnly, let session = dashboard.session(of: request) else { return .unknown }
        return .known(session.viewer)
    }

    /// The span and the user that a request is about.
    private func query(
        _ viewer: Viewer, _ fields: FormFields, _ dimensions: [SpendDimension]
    ) throws -> SpendQuery {
        let text = fields["days"] ?? "30"
        guard let days = Int64(text), (1...Self.maximumDays).contains(days) else {
            throw PageProblem(
                .badRequest, "days: '\(text)' is not a number from 1 to \(Self.maximumDays)")
        }
        let user = try user(viewer, fields)
        let now = now
        return SpendQuery(
            dimensions: dimensions, since: now.advanced(bySeconds: -days * Instant.secondsPerDay),
            until: now.advanced(bySeconds: 1),
            filters: user.map { [SpendFilter(.user, $0)] } ?? [])
    }

    private func user(_ viewer: Viewer, _ fields: FormFields) throws -> String? {
        let asked = fields["userId"]
        guard let only = viewer.onlyUser else { return asked }
        guard asked == nil || asked == only else {
            throw PageProblem(.forbidden, "this key sees what \(only) spent, and nobody else")
        }
        return only
    }

    private func costs(_ viewer: Viewer, _ fields: FormFields) throws -> String {
        switch fields["action"] ?? "summary" {
        case "summary": try summary(viewer, fields)
        case "analytics": try analytics(viewer, fields)
        case "budget": try budget(viewer, fields)
        case "alerts": try alerts(viewer, fields)
        case let action:
            throw PageProblem(
                .badRequest,
                "action: '\(action)' is not one of summary, analytics, budget, alerts")
        }
    }

    private func summary(_ viewer: Viewer, _ fields: FormFields) throws -> String {
        let query = try query(viewer, fields, [.day])
        let report = try store.report(query)
        var object = Self.sums(report.total)
        let today = CivilDate(now)
        for (name, since) in [
            ("hourly_spending", now.advanced(bySeconds: -3_600)),
            ("daily_spending", today.start), ("monthly_spending", today.startOfMonth.start),
        ] {
            var span = query
            span.since = since
            object.addRaw(name, try store.report(span).total.cost.dollars)
        }
        return Self.envelope("summary", object.closed)
    }

    private func analytics(_ viewer: Viewer, _ fields: FormFields) throws -> String {
        var object = JSONObjectText()
        for dimension in [SpendDimension.day, .model, .provider, .endpoint, .taskType] {
            let report = try store.report(try query(viewer, fields, [dimension]))
            object.addRaw("by_\(dimension.name)", Self.list(report))
        }
        return Self.envelope("analytics", object.closed)
    }

    private func models(_ viewer: Viewer, _ fields: FormFields) throws -> String {
        let name = fields["groupBy"] ?? "model"
        guard let dimensions = SpendDimension.list(name),
            !dimensions.contains(where: ReportView.tooMany.contains)
        else {
            throw PageProblem(
                .badRequest,
                "groupBy: '\(name)' is nothing that spend is told by here; sessions and"
                    + " conversations are with 'spendfuse report'")
        }
        let report = try store.report(try query(viewer, fields, dimensions))
        return Self.envelope("models", Self.list(report))
    }

    private func budget(_ viewer: Viewer, _ fields: FormFields) throws -> String {
        let user = try user(viewer, fields)
        let (now, starts) = (now, try store.budgetStarts())
        let rows = try store.standings(at: now).filter { standing in
            user.map { standing.scope == .user($0) } ?? true
        }.map { standing in
            let forecast = SpendForecast(standing, at: now, began: starts[standing.budget])
            var object = JSONObjectText()
            object.add("scope", standing.scope.description)
            object.add("window", standing.window.name)
            object.add("mode", standing.mode.rawValue)
            object.addRaw("limit", standing.limit.dollars)
            object.addRaw("spent", standing.settled.dollars)
            object.addRaw("held", standing.held.dollars)
            object.addRaw("remaining", standing.available.dollars)
            object.addRaw(
                "percent_used", standing.settled.percentText(of: standing.limit) ?? "100")
            if let projected = forecast.projected {
                object.addRaw("projected", projected.dollars)
            }
            object.add("runs_out_at", forecast.runsOutAt?.shortText)
            object.add("resets_at", standing.resetsAt?.shortText)
            return object.closed
        }
        return Self.envelope("budget", "[" + rows.joined(separator: ",") + "]")
    }

    private func alerts(_ viewer: Viewer, _ fields: FormFields) throws -> String {
        let (user, query) = (try user(viewer, fields), try query(viewer, fields, [.day]))
        let rows = try store.alerts(all: true, since: query.since, limit: Self.alertsRead)
            .filter { alert in user.map { $0 == alert.userID } ?? true }
            .prefix(Self.alertsShown).map { alert in
                var object = JSONObjectText()
                object.add("id", alert.id)
                object.add("severity", alert.severity)
                object.addRaw("percent_used", alert.percent)
                object.add("message", alert.message)
                object.add("user_id", alert.userID)
                object.addRaw("status", alert.status)
                object.add("timestamp", alert.timestamp)
                object.add("acknowledged", alert.acknowledgedAt != nil)
                object.add("acknowledged_at", alert.acknowledgedAt)
                return object.closed
            }
        return Self.envelope("alerts", "[" + rows.joined(separator: ",") + "]")
    }

    private func rate(_ id: String, _ rating: CallRating, _ viewer: Viewer) throws -> String {
        guard let call = CallID(text: id),
            let row = try store.attempts(of: call).first,
            viewer.onlyUser.map({ $0 == row.text("user_id") }) ?? true,
            try store.rate(call, rating)
        else { throw PageProblem(.notFound, "no call that was sent has the id '\(id)'") }
        return Self.envelope("rating", "\(rating.rawValue)")
    }

    private static func rating(_ body: String) -> CallRating? {
        let plain = body.filter { !$0.isWhitespace }
        switch plain {
        case #"{"rating":"up"}"#, #"{"rating":1}"#: return .up
        case #"{"rating":"down"}"#, #"{"rating":-1}"#: return .down
        default: return nil
        }
    }

    private static func list(_ report: SpendReport) -> String {
        let rows = report.lines.map { line in
            var object = sums(line)
            for (dimension, key) in zip(report.query.dimensions, line.keys) {
                object.add(dimension.name, key)
            }
            return object.closed
        }
        return "[" + rows.joined(separator: ",") + "]"
    }

    private static func sums(_ line: SpendReport.Line) -> JSONObjectText {
        var object = JSONObjectText()
        object.add("total_calls", line.calls)
        object.addRaw("total_cost", line.cost.dollars)
        let mean = line.cost.picodollars / Int128(max(1, line.calls))
        object.addRaw("avg_cost_per_call", Amount(picodollars: mean).dollars)
        object.add("total_input_tokens", line.inputTokens)
        object.add("total_output_tokens", line.outputTokens)
        object.add("total_tokens", line.inputTokens + line.outputTokens)
        object.add("errors", line.errors)
        object.add("blocked", line.blocked)
        return object
    }

    private static func envelope(_ name: String, _ json: String) -> String {
        "{\"success\":true,\"schema\":\(ReportTable.jsonSchemaVersion),\"\(name)\":\(json)}\n"
    }

    private static func failure(_ status: HTTPResponse.Status, _ text: String) -> Response {
        json(status, "{\"success\":false,\"error\":\(text.jsonQuoted)}\n")
    }

    private static func json(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
