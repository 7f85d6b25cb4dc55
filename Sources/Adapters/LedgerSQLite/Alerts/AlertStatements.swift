internal import Accounting
internal import Chronology
internal import Metering
internal import Money
internal import SQLite
internal import Stores

/// Writes alerts. One for each budget, window and threshold, whatever the number of calls and
/// starts: the row decides, and whoever finds it new sends it.
extension JournalStatements {
    func insertAlert(_ alert: BudgetAlert) throws { try insert(StoredAlert(alert)) }
    func insertAlert(_ trip: BreakerTrip) throws { try insert(StoredAlert(trip)) }

    private func insert(_ alert: StoredAlert) throws {
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
            row.bind(alert.start)
            row.bind(Int64(alert.threshold))
            row.bind(alert.severity)
            row.bind(alert.percent)
            row.bind(alert.message)
            row.bind(alert.status)
            row.bind(alert.spent.stored ?? .max)
            row.bind(alert.limit.stored ?? .max)
            row.bind(alert.at)
        }
    }
}
