internal import Accounting
internal import Chronology
internal import GRDB
internal import Stores

/// A budget as this store's columns have it.
enum BudgetRow {
    static let columns = """
        SELECT id, scope, name, hourly_limit_picodollars, daily_limit_picodollars,
            weekly_limit_picodollars, monthly_limit_picodollars, total_limit_picodollars,
            per_call_limit_picodollars, rolling_limits, rates, mode, near_limit, time_zone,
            week_start, thresholds, raises, breaker, on_store_outage, alert_email, alert_webhook
        FROM budget_config
        """

    private static let firstLimit = 3

    static func budget(_ row: Row, zones: any ZoneSource) throws -> Budget {
        var stored = StoredBudget(
            number: row["id"], scope: row["scope"], name: row["name"],
            limits: StoredBudget.windows.indices.map { row[firstLimit + $0] }, mode: row["mode"])
        stored.rolling = row["rolling_limits"]
        stored.rates = row["rates"]
        stored.nearLimit = row["near_limit"]
        stored.timeZone = row["time_zone"]
        stored.weekStart = row["week_start"]
        stored.thresholds = row["thresholds"]
        stored.raises = row["raises"]
        stored.breaker = row["breaker"]
        stored.storeOutage = row["on_store_outage"]
        stored.alertEmail = row["alert_email"]
        stored.alertWebhook = row["alert_webhook"]
        return try stored.budget(zones: zones)
    }

    /// The values of the columns behind scope and name, in the order of the statements of
    /// `LedgerDatabase+Budgets`.
    static func values(of budget: Budget) -> [(any DatabaseValueConvertible)?] {
        let stored = StoredBudget(budget)
        let limits = stored.limits.map { $0 as (any DatabaseValueConvertible)? }
        return [budget.scope.userID] + limits + [
            stored.rolling, stored.rates, stored.mode, stored.nearLimit, stored.timeZone,
            stored.weekStart, stored.thresholds, stored.raises, stored.breaker,
            stored.storeOutage, stored.alertEmail, stored.alertWebhook,
        ]
    }
}
