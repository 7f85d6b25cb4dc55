package import Accounting
internal import Chronology
internal import Metering
package import Money

/// An alert as the columns of `budget_alerts` have it, in whichever store.
package struct StoredAlert: Sendable {
    package let kind: String
    package let budget: BudgetID
    package let name: String
    package let scope: Scope
    package let type: String
    /// Empty for a window without a start.
    package let start: String
    package let threshold: Int
    package let severity: String
    package let percent: String
    package let message: String
    /// A JSON object.
    package let status: String
    package let spent: Amount
    package let limit: Amount
    package let at: String

    /// What the alert is about in figures: spend, limit, rate, and where both are heading.
    package init(_ alert: BudgetAlert) {
        let standing = alert.standing
        let forecast = alert.forecast
        var status = JSONObjectText()
        status.add("spent_usd", standing.settled.dollars)
        status.add("held_usd", standing.held.dollars)
        status.add("limit_usd", standing.limit.dollars)
        status.add("left_usd", standing.available.dollars)
        status.add("percent", alert.percentText)
        status.add("mode", standing.mode.rawValue)
        status.add("usd_per_hour", forecast.hourlyRate.dollars)
        status.add("projected_usd", forecast.projected?.dollars)
        status.add("runs_out_at", forecast.runsOutAt?.shortText)
        status.add("resets_at", standing.resetsAt?.shortText)
        kind = alert.kindName
        budget = standing.budget
        name = standing.name
        scope = standing.scope
        type = standing.window.name
        start = alert.span.start.microseconds == .min ? "" : alert.span.start.text
        threshold = alert.threshold
        severity = alert.severity.rawValue
        percent = alert.percentText
        message = alert.message
        self.status = status.closed
        spent = standing.settled
        limit = standing.limit
        at = alert.at.text
    }

    package init(_ trip: BreakerTrip) {
        let effect =
            trip.action == .stop ? "; it is stopped until \(trip.until.shortText)" : ""
        var status = JSONObjectText()
        status.add("burn_usd_per_minute", trip.cause.burn.dollars)
        status.add("allowed_usd_per_minute", trip.cause.allowed.dollars)
        status.add("usual_usd_per_minute", trip.cause.usual?.dollars)
        status.add("action", trip.action.rawValue)
        status.add("until", trip.until.shortText)
        kind = "loop_breaker"
        budget = trip.budget
        name = trip.name
        scope = trip.scope
        type = "loop_breaker"
        start = trip.at.text
        threshold = 100
        severity = trip.action == .stop ? "emergency" : "critical"
        percent = trip.cause.burn.percentText(of: trip.cause.allowed) ?? "0.00"
        message = "loop breaker of \(trip.scope.label): \(trip.cause.text)\(effect)"
        self.status = status.closed
        spent = trip.cause.burn
        limit = trip.cause.allowed
        at = trip.at.text
    }

    /// A JSON object of the columns, with money in whole picodollars.
    package var json: String {
        var object = JSONObjectText()
        object.add("kind", kind)
        object.add("scope", scope.description)
        object.add("budget_name", name)
        object.add("budget_number", budget.number)
        object.add("user_id", scope.userID)
        object.add("alert_type", type)
        object.add("window_start", start)
        object.add("threshold_pct", Int64(threshold))
        object.add("severity", severity)
        object.add("percent_used", percent)
        object.add("message", message)
        object.add("status", status)
        object.addRaw("spent", String(spent.picodollars))
        object.addRaw("limit", String(limit.picodollars))
        object.add("at", at)
        return object.closed
    }
}
