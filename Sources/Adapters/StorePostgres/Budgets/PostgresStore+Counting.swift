package import Accounting
package import Chronology
internal import Metering
internal import Money
internal import Postgres
package import Stores

/// Spend from before a limit was set, and spend that others write.
extension PostgresStore {
    /// Seconds of history from which on rows are added up in stretches, not one by one.
    private static let exactSeconds: Int64 = 90_000
    /// Rows of others that are taken up in one transaction.
    private static let foreignRows = 500

    /// Counts the rows of before for windows that were never counted. Rows that come meanwhile
    /// wait, so that each is counted once.
    package func countMissing(
        _ split: SpendSplit, version: Int64, at now: Instant
    ) throws(StoreError) {
        guard try coverage(split).needsChange else { return }
        let names = try keyNames()
        try transaction("counting the spend from before a limit") { connection in
            let current = try connection.run(
                "SELECT version FROM change_marks WHERE subject = 'budgets' FOR UPDATE")
            // Whoever has changed the limits since counts by what they are now.
            guard current.number(0, 0) == version else { return }
            let coverage = try coverage(split, connection)
            // A window that is not counted now would miss what is spent until it comes back.
            for key in coverage.stale {
                _ = try connection.run(
                    """
                    DELETE FROM budget_coverage WHERE budget_number = $1::bigint AND signature = $2
                    """, [String(key.budget.number), key.signature])
            }
            let wanted = Set(coverage.missing)
            guard !wanted.isEmpty else { return }
            for key in wanted {
                _ = try connection.run(
                    """
                    UPDATE budget_windows SET settled_usd = 0
                    WHERE budget_number = $1::bigint AND signature = $2
                    """, [String(key.budget.number), key.signature])
            }
            try history(for: wanted, split, names, connection, at: now) { parts in
                try add(parts, connection)
            }
            for key in wanted {
                _ = try connection.run(
                    """
                    INSERT INTO budget_coverage (budget_number, signature)
                    VALUES ($1::bigint, $2) ON CONFLICT DO NOTHING
                    """, [String(key.budget.number), key.signature])
            }
        }
    }

    /// Windows that have to be counted, and such as are counted and have no limit any more.
    private struct Coverage {
        let missing: [CounterKey]
        let stale: [CounterKey]
        var needsChange: Bool { !missing.isEmpty || !stale.isEmpty }
    }

    private func coverage(_ split: SpendSplit) throws(StoreError) -> Coverage {
        try lend("reading budget_coverage") { connection throws(PostgresFailure) in
            try coverage(split, connection)
        }
    }

    private func coverage(
        _ split: SpendSplit, _ connection: PostgresConnection
    ) throws(PostgresFailure) -> Coverage {
        let result = try connection.run("SELECT budget_number, signature FROM budget_coverage")
        let covered = Set(
            result.rows.map { row in
                CounterKey(
                    budget: BudgetID(result.number(row, 0) ?? 0),
                    signature: result.text(row, 1) ?? "")
            })
        let counters = split.counters
        return Coverage(
            missing: counters.filter { !covered.contains($0) },
            stale: Array(covered.subtracting(counters)))
    }

    private func history(
        for wanted: Set<CounterKey>, _ split: SpendSplit, _ names: [String: String],
        _ connection: PostgresConnection, at now: Instant,
        _ body: ([SpendSplit.Part]) throws -> Void
    ) throws {
        var ledger = Ledger()
        _ = ledger.step(.configure(split.budgets), at: now)
        let range = HistoryRange(Array(wanted), of: ledger, at: now)
        let isExact = now.seconds - range.since.seconds <= Self.exactSeconds
        let first = try connection.run(
            """
            SELECT (extract(epoch FROM min("timestamp")) * 1000000)::bigint FROM spend_rows
            WHERE "timestamp" >= $1::timestamptz
            """, [max(range.since, Instant(microseconds: 0)).text])
        guard var moment = first.number(0, 0).map({ Instant(microseconds: $0) }) else { return }
        // A day at a time, which bounds what is in memory.
        while moment <= now.advanced(bySeconds: Instant.secondsPerDay) {
            let next = moment.advanced(bySeconds: Instant.secondsPerDay)
            let result = try connection.run(
                Self.historySQL, [moment.text, next.text, range.user, isExact.sqlText])
            var parts: [SpendSplit.Part] = []
            for row in result.rows {
                let spend = Spend(
                    result.amount(row, 10) ?? .zero,
                    by: Self.attributes(result, row, from: 0, names),
                    spentAt: Instant(microseconds: result.number(row, 11) ?? 0))
                parts += split.parts(of: spend).filter {
                    wanted.contains($0.entry.counter) && $0.entry.expiry > now
                }
            }
            if !parts.isEmpty { try body(parts) }
            moment = next
        }
    }

    /// Every zone's windows begin at a quarter of an hour, so that sums of quarters are exact; they
    /// stand for their ends, since a rolling window must not forget them early.
    private static let historySQL = """
        SELECT user_id, project_id, key_id, session_id, provider, endpoint, model_requested,
            model_priced, tags::text, uncounted::text,
            (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (extract(epoch FROM CASE WHEN $4::boolean THEN "timestamp"
                ELSE date_bin('15 minutes', "timestamp", 'epoch'::timestamptz)
                    + interval '15 minutes' - interval '1 microsecond' END) * 1000000)::bigint
                AS moment
        FROM spend_rows
        WHERE "timestamp" >= $1::timestamptz AND "timestamp" < $2::timestamptz AND counted
            AND cost_usd <> 0 AND ($3::text IS NULL OR user_id = $3)
        GROUP BY user_id, project_id, key_id, session_id, provider, endpoint, model_requested,
            model_priced, tags::text, uncounted::text, moment
        """

    /// Takes up rows that the app or another program wrote; returns how many.
    package func takeUpForeignRows(
        _ split: SpendSplit, version: Int64, for replica: Replica
    ) throws(LeaseRefusal) -> Int {
        let names: [String: String]
        do throws(StoreError) {
            let new = try run(
                "looking for rows of others",
                "SELECT count(*) FROM (SELECT 1 FROM api_cost_tracking WHERE NOT counted LIMIT 1) n"
            )
            guard new.number(0, 0) == 1 else { return 0 }
            names = try keyNames()
        } catch {
            throw .failed(error)
        }
        return try outdatedOrFailed(replica) { connection throws(PostgresFailure) in
            _ = try connection.run("BEGIN")
            _ = try connection.run(Self.sharedVersionGuardSQL, [String(version)])
            let result = try connection.run(Self.foreignSQL, [String(Self.foreignRows)])
            let parts = result.rows.flatMap { row in
                split.parts(
                    of: Spend(
                        result.amount(row, 10) ?? .zero,
                        by: Self.attributes(result, row, from: 0, names),
                        spentAt: Instant(microseconds: result.number(row, 11) ?? 0)))
            }
            if !parts.isEmpty { try add(parts, connection) }
            _ = try connection.run("COMMIT")
            return result.rowCount
        }
    }

    /// Several gateways look at once; a row that one has locked is not waited for.
    private static let foreignSQL = """
        UPDATE api_cost_tracking SET counted = true
        WHERE id IN (SELECT id FROM api_cost_tracking WHERE NOT counted LIMIT $1::int
            FOR UPDATE SKIP LOCKED)
        RETURNING coalesce(payer_id, user_id::text), project_id, key_id, session_id, provider,
            endpoint, model_requested, model_priced, tags::text, uncounted::text,
            (cost_usd * 1000000000000)::numeric(38,0),
            (extract(epoch FROM "timestamp") * 1000000)::bigint
        """

    private func add(
        _ parts: [SpendSplit.Part], _ connection: PostgresConnection
    ) throws(PostgresFailure) {
        let entries = ShippedEntries(parts).json
        _ = try connection.run(ShippingSQL.makeWindows, [entries])
        _ = try connection.run(ShippingSQL.lockWindows, [entries])
        _ = try connection.run(ShippingSQL.addSpend, [entries])
    }

    // MARK: Standings

    /// How every window stands that is open or has no end.
    package func figures(at now: Instant) throws(StoreError) -> [LeaseKey: SharedFigures] {
        let result = try run(
            "reading budget_windows",
            """
            SELECT w.budget_number, w.signature, w.scope, w.window_start,
                ((w.settled_usd + coalesce(slots.settled, 0)) * 1000000000000)::numeric(38,0),
                (w.leased_usd * 1000000000000)::numeric(38,0)
            FROM budget_windows w
            LEFT JOIN (SELECT budget_number, signature, scope, sum(settled_usd) AS settled
                    FROM budget_windows WHERE window_start <> 0 AND expires_at > $1::bigint
                        AND signature ~ '^(shadow )?rolling_'
                    GROUP BY budget_number, signature, scope) AS slots
                ON w.window_start = 0 AND slots.budget_number = w.budget_number
                    AND slots.signature = w.signature AND slots.scope = w.scope
            WHERE w.expires_at > $1::bigint
                AND (w.window_start = 0 OR w.signature !~ '^(shadow )?rolling_')
            """, [String(now.microseconds)])
        var figures: [LeaseKey: SharedFigures] = [:]
        for row in result.rows {
            guard let key = Self.key(result, row) else { continue }
            figures[key] = SharedFigures(
                settled: result.amount(row, 4) ?? .zero, leased: result.amount(row, 5) ?? .zero)
        }
        return figures
    }

    package func standings(at now: Instant) throws(StoreError) -> [BudgetStanding] {
        let split = SpendSplit(try budgets())
        var figures = try figures(at: now)
        for lease in split.fixedWindows(at: now) where figures[lease] == nil {
            figures[lease] = SharedFigures(settled: .zero, leased: .zero)
        }
        return figures.compactMap { split.standing($0.key, $0.value, at: now) }
            .sorted {
                ($0.scope.description, $0.name, $0.window.order)
                    < ($1.scope.description, $1.name, $1.window.order)
            }
    }
}
