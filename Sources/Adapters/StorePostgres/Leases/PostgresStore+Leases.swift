package import Accounting
package import Chronology
internal import Metering
package import Money
internal import Postgres
package import Stores

/// Slices of limits. A window's row says what is settled and what all processes have leased of it;
/// a lease's row says what one of them has. A slice is never taken from a process that is silent:
/// what it may have spent stays leased until it comes back, or the window ends.
extension PostgresStore {
    /// Why the store gives nothing, where that is not its absence.
    package enum LeaseRefusal: Error, Sendable {
        /// A later start of this process has taken its place.
        case fenced
        /// The limits have changed since they were read.
        case outdated
        /// Another transaction keeps locked what is to be written.
        case busy
        case failed(StoreError)
    }

    /// One over so many times the number of living processes is the share of what is free that a
    /// process gets beyond what it needs: slices shrink as the limit nears.
    private static let shareDivisor = 4

    /// Asks for what is missing; the answer has the whole of each slice. `version` is that of the
    /// limits that the needs were computed by.
    package func lease(
        _ needs: [LeaseNeed], for replica: Replica, version: Int64, at now: Instant
    ) throws(LeaseRefusal) -> [LeaseAnswer] {
        let asked = Self.json(needs)
        let results = try guarded(
            replica, version,
            [
                PostgresStatement(Self.makeWindowsSQL, [asked]),
                PostgresStatement(Self.lockSQL, [asked]),
                PostgresStatement(
                    Self.leaseSQL,
                    [
                        asked, replica.id, String(now.microseconds), String(Self.shareDivisor),
                    ]),
            ])
        return results.last.map { Self.answers($0) } ?? []
    }

    /// Gives parts of slices back.
    package func giveBack(
        _ parts: [LeaseKey: Amount], of replica: Replica, at now: Instant
    ) throws(LeaseRefusal) -> [LeaseAnswer] {
        let given = Self.json(
            parts.map {
                LeaseNeed(key: $0.key, expiry: $0.key.start, limit: .zero, amount: $0.value)
            })
        let results = try outdatedOrFailed(replica) { connection throws(PostgresFailure) in
            try connection.transaction([
                PostgresStatement(Self.epochGuardSQL, [replica.id, String(replica.epoch)]),
                PostgresStatement(Self.lockSQL, [given]),
                PostgresStatement(
                    Self.giveBackSQL, [given, replica.id, String(now.microseconds)]),
            ])
        }
        return results.last.map { Self.answers($0) } ?? []
    }

    /// Sets aside what earlier starts of a process had leased: what they spent of it may still be
    /// on its way, so that it is given back only with `giveBackEarlier`.
    package func setAsideEarlier(of replica: Replica) throws(StoreError) {
        _ = try run(
            "setting aside the leases of an earlier start",
            """
            UPDATE budget_leases SET replica_id = replica_id || '#' || $2::text
            WHERE replica_id = $1
            """, [replica.id, String(replica.epoch)])
    }

    /// Gives back what earlier starts had leased: everything that they spent is told.
    package func giveBackEarlier(of replica: Replica) throws(StoreError) {
        try lend("giving up the leases of an earlier start") { connection throws(PostgresFailure) in
            _ = try connection.transaction([
                PostgresStatement(Self.lockOwnSQL, ["\(replica.id)#"]),
                PostgresStatement(Self.dropOwnSQL, ["\(replica.id)#"]),
            ])
        }
    }

    /// Forgets windows that nobody counts in any more.
    package func prune(before moment: Instant) throws(StoreError) {
        for statement in [
            "DELETE FROM budget_leases l USING budget_windows w WHERE w.expires_at < $1::bigint"
                + " AND (l.budget_number, l.signature, l.scope, l.window_start)"
                + " = (w.budget_number, w.signature, w.scope, w.window_start)",
            "DELETE FROM budget_windows WHERE expires_at < $1::bigint",
        ] {
            _ = try run("tidying budget_windows", statement, [String(moment.microseconds)])
        }
    }

    /// What a process has leased, and how those windows stand.
    package func leases(of replica: Replica, at now: Instant) throws(StoreError) -> [LeaseAnswer] {
        Self.answers(
            try run(
                "reading budget_leases", Self.leasesSQL,
                [replica.id, String(now.microseconds)]))
    }

    private static let leasesSQL = """
        SELECT w.budget_number, w.signature, w.scope, w.window_start,
            (l.amount_usd * 1000000000000)::numeric(38,0),
            ((w.settled_usd + coalesce((SELECT sum(p.settled_usd) FROM budget_windows p
                WHERE w.window_start = 0 AND p.budget_number = w.budget_number
                    AND p.signature = w.signature AND p.scope = w.scope AND p.window_start <> 0
                    AND p.expires_at > $2::bigint), 0)) * 1000000000000)::numeric(38,0),
            (w.leased_usd * 1000000000000)::numeric(38,0)
        FROM budget_leases l JOIN budget_windows w
            USING (budget_number, signature, scope, window_start)
        WHERE l.replica_id = $1
        """

    /// Windows of this process's slices that others wait for.
    package func contended(_ replica: Replica) throws(StoreError) -> Set<LeaseKey> {
        let result = try run(
            "looking for leases that others wait for",
            """
            SELECT w.budget_number, w.signature, w.scope, w.window_start
            FROM budget_leases l JOIN budget_windows w
                USING (budget_number, signature, scope, window_start)
            WHERE l.replica_id = $1 AND l.amount_usd > 0
                AND w.contended_at > now() - interval '3 seconds'
            """, [replica.id])
        return Set(result.rows.compactMap { Self.key(result, $0) })
    }

    /// The version of a subject of `change_marks`.
    package func changeMarks() throws(StoreError) -> [String: Int64] {
        let result = try run(
            "watching the shared store", "SELECT subject, version FROM change_marks")
        var marks: [String: Int64] = [:]
        for row in result.rows { marks[result.text(row, 0) ?? ""] = result.number(row, 1) }
        return marks
    }

    // MARK: Statements

    /// Runs statements in one transaction, unless the process is fenced or the limits have changed:
    /// a division by zero ends the transaction then, as statements of a pipeline cannot look at
    /// each other's results.
    private func guarded(
        _ replica: Replica, _ version: Int64, _ statements: [PostgresStatement]
    ) throws(LeaseRefusal) -> [PostgresResult] {
        let guards = [
            PostgresStatement(Self.epochGuardSQL, [replica.id, String(replica.epoch)]),
            PostgresStatement(Self.versionGuardSQL, [String(version)]),
        ]
        let outcome: Result<[PostgresResult], PostgresFailure>
        do throws(StoreError) {
            outcome = try lend("leasing") { connection throws(PostgresFailure) in
                do throws(PostgresFailure) {
                    return .success(try connection.transaction(guards + statements))
                } catch {
                    guard error.sqlState == Self.divisionByZero else { throw error }
                    return .failure(error)
                }
            }
        } catch {
            throw .failed(error)
        }
        if case .success(let results) = outcome { return results }
        throw try isFenced(replica) ? .fenced : .outdated
    }

    static let divisionByZero = "22012"
    static let versionGuardSQL = """
        SELECT 1 / count(*) FROM change_marks WHERE subject = 'budgets' AND version = $1::bigint
        """

    func isFenced(_ replica: Replica) throws(LeaseRefusal) -> Bool {
        do throws(StoreError) {
            return try run(
                "looking for this gateway's epoch",
                "SELECT count(*) FROM replicas WHERE replica_id = $1 AND epoch = $2::bigint",
                [replica.id, String(replica.epoch)]
            ).number(0, 0) == 0
        } catch {
            throw .failed(error)
        }
    }

    private static let makeWindowsSQL = """
        INSERT INTO budget_windows (budget_number, signature, scope, window_start, expires_at)
        SELECT n, g, s, t, e FROM json_to_recordset($1::json)
            AS a(n bigint, g text, s text, t bigint, e bigint)
        ORDER BY n, g, s, t
        ON CONFLICT DO NOTHING
        """

    /// Every process locks windows in the same order, so that none waits for another in a circle.
    static let lockSQL = """
        SELECT 1 FROM budget_windows w JOIN json_to_recordset($1::json)
                AS a(n bigint, g text, s text, t bigint)
            ON w.budget_number = a.n AND w.signature = a.g AND w.scope = a.s
                AND w.window_start = a.t
        ORDER BY w.budget_number, w.signature, w.scope, w.window_start FOR UPDATE OF w
        """

    /// Of a rolling window the spend is in slots, which are rows of their own under the same names;
    /// its own row, under zero, has what is leased.
    private static let leaseSQL = """
        WITH asked AS (SELECT n, g, s, t, l * 0.000000000001 AS l, a * 0.000000000001 AS a
            FROM json_to_recordset($1::json)
                AS a(n bigint, g text, s text, t bigint, l numeric, a numeric)),
        standing AS (SELECT asked.*, w.leased_usd AS leased,
                w.settled_usd + coalesce((SELECT sum(p.settled_usd) FROM budget_windows p
                    WHERE asked.t = 0 AND p.budget_number = n AND p.signature = g AND p.scope = s
                        AND p.window_start <> 0 AND p.expires_at > $3::bigint), 0) AS settled
            FROM asked JOIN budget_windows w ON w.budget_number = n AND w.signature = g
                AND w.scope = s AND w.window_start = t),
        living AS (SELECT greatest(1, count(*)) AS replicas FROM replicas
            WHERE expires_at > now()),
        granted AS (SELECT standing.*, greatest(0, l - settled - leased) AS free,
                CASE WHEN a <= 0 THEN 0
                    WHEN a > l - settled - leased THEN greatest(0, l - settled - leased)
                    ELSE a + trunc((l - settled - leased - a) / ($4::int * living.replicas), 12)
                END AS amount
            FROM standing, living),
        windows AS (UPDATE budget_windows w SET leased_usd = w.leased_usd + granted.amount,
                contended_at = CASE WHEN a > free THEN now() ELSE w.contended_at END
            FROM granted WHERE w.budget_number = n AND w.signature = g AND w.scope = s
                AND w.window_start = t AND (amount > 0 OR a > free)),
        leases AS (INSERT INTO budget_leases (budget_number, signature, scope, window_start,
                replica_id, amount_usd, updated_at)
            SELECT n, g, s, t, $2, amount, now() FROM granted WHERE amount > 0
            ON CONFLICT (budget_number, signature, scope, window_start, replica_id)
            DO UPDATE SET amount_usd = budget_leases.amount_usd + excluded.amount_usd,
                updated_at = now())
        SELECT n, g, s, t,
            ((coalesce(mine.amount_usd, 0) + amount) * 1000000000000)::numeric(38,0),
            (settled * 1000000000000)::numeric(38,0),
            ((leased + amount) * 1000000000000)::numeric(38,0)
        FROM granted LEFT JOIN budget_leases mine ON mine.budget_number = n AND mine.signature = g
            AND mine.scope = s AND mine.window_start = t AND mine.replica_id = $2
        """

    private static let giveBackSQL = """
        WITH given AS (SELECT n, g, s, t, a * 0.000000000001 AS a
            FROM json_to_recordset($1::json)
                AS a(n bigint, g text, s text, t bigint, a numeric)),
        parts AS (SELECT given.*, l.amount_usd AS had, least(l.amount_usd, given.a) AS part
            FROM given JOIN budget_leases l ON l.budget_number = n AND l.signature = g
                AND l.scope = s AND l.window_start = t AND l.replica_id = $2),
        windows AS (UPDATE budget_windows w SET leased_usd = w.leased_usd - part
            FROM parts WHERE w.budget_number = n AND w.signature = g AND w.scope = s
                AND w.window_start = t),
        leases AS (UPDATE budget_leases l SET amount_usd = l.amount_usd - part, updated_at = now()
            FROM parts WHERE l.budget_number = n AND l.signature = g AND l.scope = s
                AND l.window_start = t AND l.replica_id = $2)
        SELECT n, g, s, t, ((had - part) * 1000000000000)::numeric(38,0),
            ((w.settled_usd + coalesce((SELECT sum(p.settled_usd) FROM budget_windows p
                WHERE parts.t = 0 AND p.budget_number = n AND p.signature = g AND p.scope = s
                    AND p.window_start <> 0 AND p.expires_at > $3::bigint), 0))
                * 1000000000000)::numeric(38,0),
            ((w.leased_usd - part) * 1000000000000)::numeric(38,0)
        FROM parts JOIN budget_windows w ON w.budget_number = n AND w.signature = g
            AND w.scope = s AND w.window_start = t
        """

    private static let lockOwnSQL = """
        SELECT 1 FROM budget_windows w JOIN budget_leases l
            USING (budget_number, signature, scope, window_start)
        WHERE starts_with(l.replica_id, $1)
        ORDER BY w.budget_number, w.signature, w.scope, w.window_start FOR UPDATE OF w
        """

    private static let dropOwnSQL = """
        WITH gone AS (DELETE FROM budget_leases WHERE starts_with(replica_id, $1) RETURNING *),
        dropped AS (SELECT budget_number, signature, scope, window_start,
                sum(amount_usd) AS amount_usd
            FROM gone GROUP BY budget_number, signature, scope, window_start)
        UPDATE budget_windows w SET leased_usd = w.leased_usd - dropped.amount_usd
        FROM dropped WHERE w.budget_number = dropped.budget_number
            AND w.signature = dropped.signature AND w.scope = dropped.scope
            AND w.window_start = dropped.window_start
        """

    // MARK: Values

    static func json(_ needs: [LeaseNeed]) -> String {
        let objects = needs.map { need in
            var object = JSONObjectText()
            object.add("n", need.key.counter.budget.number)
            object.add("g", need.key.counter.signature)
            object.add("s", need.key.scope.description)
            object.add("t", need.key.start.microseconds)
            object.add("e", need.expiry.microseconds)
            object.addRaw("l", need.limit.wireText)
            object.addRaw("a", need.amount.wireText)
            return object.closed
        }
        return "[\(objects.joined(separator: ","))]".withoutNUL
    }

    static func key(_ result: PostgresResult, _ row: Int) -> LeaseKey? {
        guard let number = result.number(row, 0), let signature = result.text(row, 1),
            let scope = result.text(row, 2).flatMap({ Scope(stored: $0) }),
            let start = result.number(row, 3)
        else { return nil }
        return LeaseKey(
            counter: CounterKey(budget: BudgetID(number), signature: signature), scope: scope,
            start: Instant(microseconds: start))
    }

    static func answers(_ result: PostgresResult) -> [LeaseAnswer] {
        result.rows.compactMap { row in
            guard let key = key(result, row) else { return nil }
            return LeaseAnswer(
                key: key, amount: result.amount(row, 4) ?? .zero,
                figures: SharedFigures(
                    settled: result.amount(row, 5) ?? .zero,
                    leased: result.amount(row, 6) ?? .zero))
        }
    }
}
