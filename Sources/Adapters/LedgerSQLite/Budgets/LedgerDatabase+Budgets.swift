package import Accounting
package import Chronology
internal import GRDB
package import Gateway
internal import Metering
package import Stores

extension LedgerDatabase {
    package func budgets() throws(StoreError) -> [Budget] {
        try read("reading budget_config") { db in try fetchBudgets(db) }
    }

    func fetchBudgets(_ db: Database) throws -> [Budget] {
        var budgets: [Budget] = []
        let rows = try Row.fetchCursor(db, sql: BudgetRow.columns + " ORDER BY scope, name")
        while let row = try rows.next() {
            budgets.append(try BudgetRow.budget(row, zones: zones))
        }
        return budgets
    }

    private func fetchBudget(_ db: Database, _ name: BudgetName) throws -> Budget? {
        try Row.fetchOne(
            db, sql: BudgetRow.columns + " WHERE scope = ? AND name = ?",
            arguments: [name.scope.description, name.name]
        ).map { try BudgetRow.budget($0, zones: zones) }
    }

    /// Changes budgets as a whole, or none where `body` or one of them fails. `body` gets each
    /// budget as it is, or a new one, and returns what it is to be; nil removes it.
    package func change(
        _ names: [BudgetName], by actor: String, at now: Instant,
        _ body: (BudgetName, Budget?) throws -> Budget?
    ) throws(StoreError) -> [BudgetChange] {
        try write("changing budget_config") { db in
            try names.map { name in
                let before = try fetchBudget(db, name)
                let after = try body(name, before)
                switch (before, after) {
                case (nil, nil): return BudgetChange(before: nil, after: nil)
                case (_, let budget?): try Self.save(db, budget, at: now)
                case (let budget?, nil): try Self.remove(db, budget.id)
                }
                let saved = try fetchBudget(db, name)
                if before != saved {
                    try Self.audit(
                        db,
                        AuditEntry.Change(
                            actor: actor,
                            action: before == nil
                                ? "limit.create" : after == nil ? "limit.remove" : "limit.change",
                            subject: name.description, before: before?.json, after: saved?.json),
                        at: now)
                }
                return BudgetChange(before: before, after: saved)
            }
        }
    }

    private static func save(_ db: Database, _ budget: Budget, at now: Instant) throws {
        let identity: [(any DatabaseValueConvertible)?] = [
            budget.scope.description, budget.name,
        ]
        let values = BudgetRow.values(of: budget)
        try db.execute(
            sql: """
                INSERT INTO budget_config (scope, name, user_id, hourly_limit_picodollars,
                    daily_limit_picodollars, weekly_limit_picodollars, monthly_limit_picodollars,
                    total_limit_picodollars, per_call_limit_picodollars, rolling_limits, rates,
                    mode, near_limit, time_zone, week_start, thresholds, raises, breaker,
                    on_store_outage, alert_email, alert_webhook, created_at, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (scope, name) DO UPDATE SET
                    hourly_limit_picodollars = excluded.hourly_limit_picodollars,
                    daily_limit_picodollars = excluded.daily_limit_picodollars,
                    weekly_limit_picodollars = excluded.weekly_limit_picodollars,
                    monthly_limit_picodollars = excluded.monthly_limit_picodollars,
                    total_limit_picodollars = excluded.total_limit_picodollars,
                    per_call_limit_picodollars = excluded.per_call_limit_picodollars,
                    rolling_limits = excluded.rolling_limits, rates = excluded.rates,
                    mode = excluded.mode, near_limit = excluded.near_limit,
                    time_zone = excluded.time_zone, week_start = excluded.week_start,
                    thresholds = excluded.thresholds, raises = excluded.raises,
                    breaker = excluded.breaker, on_store_outage = excluded.on_store_outage,
                    alert_email = excluded.alert_email,
                    alert_webhook = excluded.alert_webhook, updated_at = excluded.updated_at
                """, arguments: StatementArguments(identity + values + [now.text, now.text]))
    }

    /// Takes over the limits and keys of the shared store, for starts without it.
    package func mirror(
        _ budgets: [Budget], _ keys: [[UInt8]: GatewayKey], at now: Instant
    ) throws(StoreError) {
        try write("mirroring the shared store") { db in
            try db.execute(sql: "DELETE FROM budget_config")
            for budget in budgets {
                try Self.save(db, budget, at: now)
                try db.execute(
                    sql: "UPDATE budget_config SET id = ? WHERE scope = ? AND name = ?",
                    arguments: [budget.id.number, budget.scope.description, budget.name])
            }
            // Keys that are gone keep their names, which limits go by.
            try db.execute(
                sql: "UPDATE gateway_keys SET revoked_at = ? WHERE revoked_at IS NULL",
                arguments: [now.text])
            for (digest, key) in keys {
                try db.execute(
                    sql: "DELETE FROM gateway_keys WHERE id = ? OR name = ?",
                    arguments: [key.id, key.name])
                try Self.insert(db, key, digest, at: now)
            }
        }
    }

    private static func remove(_ db: Database, _ id: BudgetID) throws {
        try db.execute(
            sql: "DELETE FROM budget_config WHERE id = ?", arguments: [id.number])
        try db.execute(
            sql: "DELETE FROM budget_coverage WHERE budget_id = ?", arguments: [id.number])
        try db.execute(sql: "DELETE FROM budget_spend WHERE budget_id = ?", arguments: [id.number])
    }

    /// When each budget was set, for the rate of totals.
    package func budgetStarts() throws(StoreError) -> [BudgetID: Instant] {
        try read("reading budget_config") { db in
            var starts: [BudgetID: Instant] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT id, created_at FROM budget_config") {
                starts[BudgetID(row[0])] = Instant(text: row[1])
            }
            return starts
        }
    }

    /// Open holds, and alerts that nobody has acknowledged.
    package func openCounts() throws(StoreError) -> (holds: Int, alerts: Int) {
        try read("reading the ledger's state") { db in
            let holds = try Int.fetchOne(db, sql: "SELECT count(*) FROM ledger_holds") ?? 0
            let alerts =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM budget_alerts WHERE acknowledged = 0") ?? 0
            return (holds, alerts)
        }
    }
}
