package import Accounting
package import Chronology
internal import GRDB
internal import Metering

/// A budget by what people call it.
package struct BudgetName: Hashable, Sendable, CustomStringConvertible {
    package let scope: Scope
    package let name: String

    package init(_ scope: Scope, _ name: String = "") {
        self.scope = scope
        self.name = name
    }

    package var description: String { name.isEmpty ? "\(scope)" : "\(scope) (\(name))" }
}

/// What became of a budget that somebody changed.
package struct BudgetChange: Sendable {
    package let before: Budget?
    package let after: Budget?
}

extension LedgerDatabase {
    package func budgets() throws(LedgerStoreError) -> [Budget] {
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
    ) throws(LedgerStoreError) -> [BudgetChange] {
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
        let values = try BudgetRow.values(of: budget)
        try db.execute(
            sql: """
                INSERT INTO budget_config (scope, name, user_id, hourly_limit_picodollars,
                    daily_limit_picodollars, weekly_limit_picodollars, monthly_limit_picodollars,
                    total_limit_picodollars, per_call_limit_picodollars, rolling_limits, rates,
                    mode, near_limit, time_zone, week_start, thresholds, raises, breaker,
                    alert_email, alert_webhook, created_at, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
                    breaker = excluded.breaker, alert_email = excluded.alert_email,
                    alert_webhook = excluded.alert_webhook, updated_at = excluded.updated_at
                """, arguments: StatementArguments(identity + values + [now.text, now.text]))
    }

    private static func remove(_ db: Database, _ id: BudgetID) throws {
        try db.execute(
            sql: "DELETE FROM budget_config WHERE id = ?", arguments: [id.number])
        try db.execute(
            sql: "DELETE FROM budget_coverage WHERE budget_id = ?", arguments: [id.number])
        try db.execute(sql: "DELETE FROM budget_spend WHERE budget_id = ?", arguments: [id.number])
    }

    /// When each budget was set, for the rate of totals.
    package func budgetStarts() throws(LedgerStoreError) -> [BudgetID: Instant] {
        try read("reading budget_config") { db in
            var starts: [BudgetID: Instant] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT id, created_at FROM budget_config") {
                starts[BudgetID(row[0])] = Instant(text: row[1])
            }
            return starts
        }
    }

    /// Open holds, and alerts that nobody has acknowledged.
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

extension Budget {
    /// A JSON object of its fields, for the audit.
    var json: String {
        var object = JSONObjectText()
        for (field, text) in fields { object.add(field.rawValue, text) }
        return object.closed
    }
}
