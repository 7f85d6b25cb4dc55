package import Accounting
package import Chronology
internal import Money
internal import Postgres
package import Stores

extension PostgresStore {
    /// Effective values: what the app's own columns say counts where ours say nothing.
    private static let budgetsSQL = """
        SELECT number, scope, name, (hourly_limit * 1000000000000)::numeric(38,0),
            (daily_limit * 1000000000000)::numeric(38,0),
            (weekly_limit * 1000000000000)::numeric(38,0),
            (monthly_limit * 1000000000000)::numeric(38,0),
            (total_limit * 1000000000000)::numeric(38,0),
            (per_call_limit * 1000000000000)::numeric(38,0), rolling_limits::text, rates::text,
            mode, near_limit, time_zone, week_start, thresholds::text, raises::text,
            breaker::text, on_store_outage, alert_email, alert_webhook
        FROM budget_limits
        """
    private static let allBudgetsSQL = budgetsSQL + " ORDER BY scope, name"
    private static let oneBudgetSQL = budgetsSQL + " WHERE scope = $1 AND name = $2"
    private static let firstLimit = 3
    private static let firstList = 9

    package func budgets() throws(StoreError) -> [Budget] {
        let rows = Self.stored(try run("reading budget_config", Self.allBudgetsSQL))
        var budgets: [Budget] = []
        for row in rows { budgets.append(try row.budget(zones: zones)) }
        return budgets
    }

    /// A row that says nothing that can be understood binds nothing, and keeps no other from it.
    package func budgets(
        skipping note: (StoreError) -> Void
    ) throws(StoreError) -> [Budget] {
        var budgets: [Budget] = []
        for row in Self.stored(try run("reading budget_config", Self.allBudgetsSQL)) {
            do throws(StoreError) {
                budgets.append(try row.budget(zones: zones))
            } catch {
                note(error)
            }
        }
        return budgets
    }

    private static func stored(_ result: PostgresResult) -> [StoredBudget] {
        result.rows.map { row in
            var stored = StoredBudget(
                number: result.number(row, 0) ?? 0, scope: result.text(row, 1) ?? "",
                name: result.text(row, 2) ?? "",
                limits: StoredBudget.windows.indices.map { limit(result, row, firstLimit + $0) },
                mode: result.text(row, firstList + 2) ?? "alert")
            stored.rolling = result.text(row, firstList) ?? "[]"
            stored.rates = result.text(row, firstList + 1) ?? "[]"
            stored.nearLimit = result.text(row, firstList + 3) ?? "strict"
            stored.timeZone = result.text(row, firstList + 4) ?? "UTC"
            stored.weekStart = result.text(row, firstList + 5) ?? "monday"
            stored.thresholds = result.text(row, firstList + 6) ?? "[]"
            stored.raises = result.text(row, firstList + 7) ?? "[]"
            stored.breaker = result.text(row, firstList + 8)
            stored.storeOutage = result.text(row, firstList + 9)
            stored.alertEmail = result.text(row, firstList + 10)
            stored.alertWebhook = result.text(row, firstList + 11)
            return stored
        }
    }

    /// The app can write any number: one that is too large binds at the largest, and one that is
    /// none (`NaN`) at zero. Neither is taken for no limit.
    private static func limit(_ result: PostgresResult, _ row: Int, _ column: Int) -> Int64? {
        guard result.text(row, column) != nil else { return nil }
        return Int64(clamping: result.amount(row, column)?.picodollars ?? 0)
    }

    package func change(
        _ names: [BudgetName], by actor: String, at now: Instant,
        _ body: (BudgetName, Budget?) throws -> Budget?
    ) throws(StoreError) -> [BudgetChange] {
        try transaction("changing budget_config") { connection in
            // One change of limits at a time, so that none is lost under another.
            _ = try connection.run(
                "SELECT version FROM change_marks WHERE subject = 'budgets' FOR UPDATE")
            return try names.map { name in
                let before = try fetch(name, connection)
                switch (before, try body(name, before)) {
                case (nil, nil): return BudgetChange(before: nil, after: nil)
                case (_, let budget?): try save(budget, isNew: before == nil, connection, at: now)
                case (let budget?, nil): try remove(budget.id, connection)
                }
                let after = try fetch(name, connection)
                if before != after {
                    let action =
                        before == nil
                        ? "limit.create" : after == nil ? "limit.remove" : "limit.change"
                    try Self.audit(
                        AuditEntry.Change(
                            actor: actor, action: action, subject: name.description,
                            before: before?.json, after: after?.json), connection, at: now)
                }
                return BudgetChange(before: before, after: after)
            }
        }
    }

    private func fetch(_ name: BudgetName, _ connection: PostgresConnection) throws -> Budget? {
        let rows = Self.stored(
            try connection.run(Self.oneBudgetSQL, [name.scope.description, name.name]))
        return try rows.first?.budget(zones: zones)
    }

    /// `user_id` is what the app knows a limit by: a user, NULL for the whole system, and for any
    /// other limit of ours a text that is no user's.
    private static func userID(of budget: Budget) -> String? {
        if budget.name.isEmpty { return budget.scope == .system ? nil : plainUserID(budget.scope) }
        return "\(budget.scope)/\(budget.name)"
    }

    private static func plainUserID(_ scope: Scope) -> String {
        scope.userID ?? scope.description
    }

    private func save(
        _ budget: Budget, isNew: Bool, _ connection: PostgresConnection, at now: Instant
    ) throws {
        let stored = StoredBudget(budget)
        let values: [String?] =
            [stored.scope, stored.name, Self.userID(of: budget)]
            + stored.limits.map { $0.map { String($0) } }
            + [
                stored.rolling, stored.rates, stored.mode, stored.nearLimit, stored.timeZone,
                stored.weekStart, stored.thresholds, stored.raises, stored.breaker,
                stored.storeOutage, stored.alertEmail, stored.alertWebhook, now.text,
            ]
        if isNew {
            _ = try connection.run(Self.insertSQL, values)
        } else {
            _ = try connection.run(Self.updateSQL, values + [String(stored.number)])
        }
    }

    private static let insertSQL = """
        INSERT INTO budget_config (scope, name, user_id, hourly_limit, daily_limit, weekly_limit,
            monthly_limit, total_limit, per_call_limit, daily_limit_usd, monthly_limit_usd,
            rolling_limits, rates, mode, hard_stop_enabled, enabled, near_limit, time_zone,
            week_start, thresholds, alert_at_50, alert_at_75, alert_at_90, raises, breaker,
            on_store_outage, alert_email, alert_webhook, created_at, updated_at)
        VALUES ($1, $2, $3, $4::numeric * 0.000000000001, $5::numeric * 0.000000000001,
            $6::numeric * 0.000000000001, $7::numeric * 0.000000000001,
            $8::numeric * 0.000000000001, $9::numeric * 0.000000000001,
            $5::numeric * 0.000000000001, $7::numeric * 0.000000000001, $10::jsonb, $11::jsonb,
            $12, $12 = 'enforce', true, $13, $14, $15, $16::jsonb, $16::jsonb @> '50',
            $16::jsonb @> '75', $16::jsonb @> '90', $17::jsonb, $18::jsonb, $19, $20, $21,
            $22::timestamptz, $22::timestamptz)
        """

    private static let updateSQL = """
        UPDATE budget_config SET scope = $1, name = $2, user_id = $3,
            hourly_limit = $4::numeric * 0.000000000001,
            daily_limit = $5::numeric * 0.000000000001,
            weekly_limit = $6::numeric * 0.000000000001,
            monthly_limit = $7::numeric * 0.000000000001,
            total_limit = $8::numeric * 0.000000000001,
            per_call_limit = $9::numeric * 0.000000000001,
            daily_limit_usd = $5::numeric * 0.000000000001,
            monthly_limit_usd = $7::numeric * 0.000000000001, rolling_limits = $10::jsonb,
            rates = $11::jsonb, mode = $12, hard_stop_enabled = ($12 = 'enforce'),
            enabled = true, near_limit = $13, time_zone = $14, week_start = $15,
            thresholds = $16::jsonb, alert_at_50 = $16::jsonb @> '50',
            alert_at_75 = $16::jsonb @> '75', alert_at_90 = $16::jsonb @> '90',
            raises = $17::jsonb, breaker = $18::jsonb, on_store_outage = $19,
            alert_email = $20, alert_webhook = $21, updated_at = $22::timestamptz
        WHERE number = $23::bigint
        """

    private func remove(_ id: BudgetID, _ connection: PostgresConnection) throws {
        let number = [String(id.number)]
        for statement in Self.removalSQL { _ = try connection.run(statement, number) }
    }

    private static let removalSQL = [
        "DELETE FROM budget_leases WHERE budget_number = $1::bigint",
        "DELETE FROM budget_windows WHERE budget_number = $1::bigint",
        "DELETE FROM budget_coverage WHERE budget_number = $1::bigint",
        "DELETE FROM budget_config WHERE number = $1::bigint",
    ]

    package func budgetStarts() throws(StoreError) -> [BudgetID: Instant] {
        let result = try run(
            "reading budget_config",
            """
            SELECT number, (extract(epoch FROM created_at) * 1000000)::bigint
            FROM budget_config
            """)
        var starts: [BudgetID: Instant] = [:]
        for row in result.rows {
            guard let number = result.number(row, 0), let moment = result.number(row, 1) else {
                continue
            }
            starts[BudgetID(number)] = Instant(microseconds: moment)
        }
        return starts
    }
}
