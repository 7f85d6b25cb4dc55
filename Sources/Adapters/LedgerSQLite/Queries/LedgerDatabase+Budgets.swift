package import Accounting
package import Chronology
internal import GRDB
package import Money

/// A change of one row of `budget_config`; what is nil stays as it is.
package struct BudgetChange: Sendable {
    package enum LimitChange: Sendable { case set(Amount), clear }

    package var limits: [BudgetWindow: LimitChange] = [:]
    package var isHardStop: Bool?

    package init() {}
}

extension LedgerDatabase {
    package func budgets() throws(LedgerStoreError) -> [Budget] {
        try read("reading budget_config") { db in try Self.fetchBudgets(db) }
    }

    private static func fetchBudgets(_ db: Database) throws -> [Budget] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT user_id, hourly_limit_picodollars, daily_limit_picodollars,
                    monthly_limit_picodollars, hard_stop_enabled, alert_at_50, alert_at_75,
                    alert_at_90
                FROM budget_config ORDER BY ifnull(user_id, '')
                """
        ).map { row in
            var limits: [BudgetWindow: Amount] = [:]
            for window in BudgetWindow.allCases {
                let picodollars: Int64? = row[1 + window.index]
                limits[window] = picodollars.map { Amount(picodollars: Int128($0)) }
            }
            let switches: [(Int, Bool)] = [(50, row[5]), (75, row[6]), (90, row[7]), (100, true)]
            return Budget(
                scope: Scope(userID: row[0]), limits: limits, mode: row[4] ? .enforce : .alert,
                thresholds: switches.filter(\.1).map(\.0))
        }
    }

    /// Sets, adds or clears limits of one scope, and returns its budget as it is then.
    package func change(
        _ scope: Scope, _ change: BudgetChange, at now: Instant
    ) throws(LedgerStoreError) -> Budget? {
        try write("changing budget_config") { db in
            try db.execute(
                sql: """
                    INSERT INTO budget_config (user_id, created_at, updated_at) VALUES (?, ?, ?)
                    ON CONFLICT (ifnull(user_id, '')) DO NOTHING
                    """, arguments: [scope.userID, now.text, now.text])
            for (window, limit) in change.limits {
                let picodollars: Int64? =
                    if case .set(let amount) = limit { amount.stored } else { nil }
                try db.execute(
                    sql: Self.limitSQL(window),
                    arguments: [picodollars, now.text, scope.userID ?? ""])
            }
            if let isHardStop = change.isHardStop {
                try db.execute(
                    sql: """
                        UPDATE budget_config SET hard_stop_enabled = ?, updated_at = ?
                        WHERE ifnull(user_id, '') = ?
                        """, arguments: [isHardStop, now.text, scope.userID ?? ""])
            }
            return try Self.fetchBudgets(db).first { $0.scope == scope }
        }
    }

    /// A column cannot be bound, so each has its statement.
    private static func limitSQL(_ window: BudgetWindow) -> String {
        switch window {
        case .hourly:
            """
            UPDATE budget_config SET hourly_limit_picodollars = ?, updated_at = ?
            WHERE ifnull(user_id, '') = ?
            """
        case .daily:
            """
            UPDATE budget_config SET daily_limit_picodollars = ?, updated_at = ?
            WHERE ifnull(user_id, '') = ?
            """
        case .monthly:
            """
            UPDATE budget_config SET monthly_limit_picodollars = ?, updated_at = ?
            WHERE ifnull(user_id, '') = ?
            """
        }
    }

    /// Whether there was a budget to remove. What was spent stays.
    package func removeBudget(_ scope: Scope) throws(LedgerStoreError) -> Bool {
        try write("changing budget_config") { db in
            try db.execute(
                sql: "DELETE FROM budget_config WHERE ifnull(user_id, '') = ?",
                arguments: [scope.userID ?? ""])
            return db.changesCount > 0
        }
    }

    /// How every limit stands, from the rows and holds of the store alone.
    package func standings(at now: Instant) throws(LedgerStoreError) -> [BudgetStanding] {
        try read("reading the budgets' state") { db in
            var standings: [BudgetStanding] = []
            for budget in try Self.fetchBudgets(db) {
                for window in BudgetWindow.allCases {
                    guard let limit = budget.limits[window] else { continue }
                    let start = window.start(at: now).text
                    let user = budget.scope.userID
                    let settled =
                        try Int64.fetchOne(
                            db,
                            sql: """
                                SELECT ifnull(sum(cost_picodollars), 0) FROM api_cost_tracking
                                WHERE timestamp >= ? AND (? IS NULL OR user_id = ?)
                                """, arguments: [start, user, user]) ?? 0
                    let held =
                        try Int64.fetchOne(
                            db,
                            sql: """
                                SELECT ifnull(sum(held_picodollars), 0) FROM ledger_holds
                                WHERE admitted_at >= ? AND (? IS NULL OR user_id = ?)
                                """, arguments: [start, user, user]) ?? 0
                    standings.append(
                        BudgetStanding(
                            scope: budget.scope, window: window, mode: budget.mode, limit: limit,
                            settled: Amount(picodollars: Int128(settled)),
                            held: Amount(picodollars: Int128(held))))
                }
            }
            return standings
        }
    }

    /// Holds that are open, and alerts that nobody has acknowledged.
    package func openCounts() throws(LedgerStoreError) -> (holds: Int, alerts: Int) {
        try read("reading the ledger's state") { db in
            let holds = try Int.fetchOne(db, sql: "SELECT count(*) FROM ledger_holds") ?? 0
            let alerts =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM budget_alerts WHERE acknowledged = 0") ?? 0
            return (holds, alerts)
        }
    }
}
