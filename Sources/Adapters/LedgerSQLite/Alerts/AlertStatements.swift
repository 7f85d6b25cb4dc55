internal import Accounting
internal import Chronology
internal import Metering
internal import Money
internal import SQLite

/// Writes alerts. One for each budget, window and threshold, whatever the number of calls and
/// starts: the row decides, and whoever finds it new sends it.
extension JournalStatements {
    func insertAlert(_ alert: BudgetAlert) throws {
        let standing = alert.standing
        try insert(
            AlertRow(
                kind: alert.kindName, budget: standing.budget, name: standing.name,
                scope: standing.scope, type: standing.window.name, start: alert.span.start,
                threshold: alert.threshold, severity: alert.severity.rawValue,
                percent: alert.percentText, message: alert.message, status: alert.statusJSON,
                spent: standing.settled, limit: standing.limit, at: alert.at))
    }

    func insertAlert(_ trip: BreakerTrip) throws {
        let effect =
            trip.action == .stop ? "; it is stopped until \(trip.until.shortText)" : ""
        var status = JSONObjectText()
        status.add("burn_usd_per_minute", trip.cause.burn.dollars)
        status.add("allowed_usd_per_minute", trip.cause.allowed.dollars)
        status.add("usual_usd_per_minute", trip.cause.usual?.dollars)
        status.add("action", trip.action.rawValue)
        status.add("until", trip.until.shortText)
        try insert(
            AlertRow(
                kind: "loop_breaker", budget: trip.budget, name: trip.name, scope: trip.scope,
                type: "loop_breaker", start: trip.at, threshold: 100,
                severity: trip.action == .stop ? "emergency" : "critical",
                percent: trip.cause.burn.percentText(of: trip.cause.allowed) ?? "0.00",
                message: "loop breaker of \(trip.scope.label): \(trip.cause.text)\(effect)",
                status: status.closed, spent: trip.cause.burn, limit: trip.cause.allowed,
                at: trip.at))
    }

    private struct AlertRow {
        let kind: String
        let budget: BudgetID
        let name: String
        let scope: Scope
        let type: String
        let start: Instant
        let threshold: Int
        let severity: String
        let percent: String
        let message: String
        let status: String
        let spent: Amount
        let limit: Amount
        let at: Instant
    }

    private func insert(_ alert: AlertRow) throws {
        try run(
            """
            INSERT INTO budget_alerts (kind, scope, budget_name, budget_id, user_id, alert_type,
                window_start, threshold_pct, severity, percent_used, message, status,
                amount_spent_picodollars, limit_picodollars, timestamp)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """
        ) { row in
            row.bind(alert.kind)
            row.bind(alert.scope.description)
            row.bind(alert.name)
            row.bind(alert.budget.number)
            row.bind(alert.scope.userID)
            row.bind(alert.type)
            row.bind(alert.start.microseconds == .min ? "" : alert.start.text)
            row.bind(Int64(alert.threshold))
            row.bind(alert.severity)
            row.bind(alert.percent)
            row.bind(alert.message)
            row.bind(alert.status)
            row.bind(alert.spent.stored ?? .max)
            row.bind(alert.limit.stored ?? .max)
            row.bind(alert.at.text)
        }
    }
}

extension BudgetAlert {
    /// What the alert is about in figures: spend, limit, rate, and where both are heading.
    fileprivate var statusJSON: String {
        let forecast = forecast
        var status = JSONObjectText()
        status.add("spent_usd", standing.settled.dollars)
        status.add("held_usd", standing.held.dollars)
        status.add("limit_usd", standing.limit.dollars)
        status.add("left_usd", standing.available.dollars)
        status.add("percent", percentText)
        status.add("mode", standing.mode.rawValue)
        status.add("usd_per_hour", forecast.hourlyRate.dollars)
        status.add("projected_usd", forecast.projected?.dollars)
        status.add("runs_out_at", forecast.runsOutAt?.shortText)
        status.add("resets_at", standing.resetsAt?.shortText)
        return status.closed
    }
}
