internal import Accounting
internal import Chronology
internal import GRDB
internal import Money
internal import SQLite

/// Reads and writes the settled spend of budgets' windows.
struct SpendStatements {
    let db: Database

    /// Adds to what is kept. Entries of one window come together, so that a group of calls writes
    /// each window once.
    func add(_ entries: [SpendEntry]) throws {
        var sums: [SpendEntry.Place: SpendEntry] = [:]
        for entry in entries {
            if sums[entry.place] == nil {
                sums[entry.place] = entry
            } else {
                sums[entry.place]?.amount += entry.amount
            }
        }
        for entry in sums.values { try add(entry) }
    }

    private func add(_ entry: SpendEntry) throws {
        let (dollars, rest) = entry.amount.wholeDollars
        try JournalStatements(db: db).run(
            """
            INSERT INTO budget_spend (budget_id, signature, scope, window_start, expires_at,
                settled_dollars, settled_rest)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (budget_id, signature, scope, window_start) DO UPDATE SET
                settled_dollars = settled_dollars + excluded.settled_dollars
                    + (settled_rest + excluded.settled_rest) / 1000000000000,
                settled_rest = (settled_rest + excluded.settled_rest) % 1000000000000
            """
        ) { row in
            row.bind(entry.counter.budget.number)
            row.bind(entry.counter.signature)
            row.bind(entry.scope.description)
            row.bind(entry.start.microseconds)
            row.bind(entry.expiry.microseconds)
            row.bind(dollars)
            row.bind(rest)
        }
    }

    /// Forgets what was counted of windows that are to be counted anew.
    func forget(_ keys: [CounterKey]) throws {
        for key in keys {
            try db.execute(
                sql: "DELETE FROM budget_spend WHERE budget_id = ? AND signature = ?",
                arguments: [key.budget.number, key.signature])
            try db.execute(
                sql: "DELETE FROM budget_coverage WHERE budget_id = ? AND signature = ?",
                arguments: [key.budget.number, key.signature])
        }
    }

    func note(counted keys: [CounterKey]) throws {
        for key in keys {
            try db.execute(
                sql: """
                    INSERT INTO budget_coverage (budget_id, signature) VALUES (?, ?)
                    ON CONFLICT DO NOTHING
                    """, arguments: [key.budget.number, key.signature])
        }
    }

    func note(lastForeign row: Int64) throws {
        try db.execute(
            sql: "UPDATE ledger_state SET last_foreign_row = ?", arguments: [row])
    }

    func lastForeign() throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT last_foreign_row FROM ledger_state") ?? 0
    }

    /// Windows of which all spend has been counted.
    func counted() throws -> Set<CounterKey> {
        let rows = try Row.fetchAll(db, sql: "SELECT budget_id, signature FROM budget_coverage")
        return Set(
            rows.map { CounterKey(budget: BudgetID($0[0]), signature: $0[1]) })
    }

    func entries(at now: Instant) throws -> [SpendEntry] {
        var entries: [SpendEntry] = []
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT budget_id, signature, scope, window_start, expires_at, settled_dollars,
                    settled_rest
                FROM budget_spend WHERE expires_at > ?
                """, arguments: [now.microseconds])
        while let row = try rows.next() {
            guard let scope = Scope(stored: row[2]) else { continue }
            let dollars: Int64 = row[5]
            let rest: Int64 = row[6]
            entries.append(
                SpendEntry(
                    counter: CounterKey(budget: BudgetID(row[0]), signature: row[1]),
                    scope: scope, start: Instant(microseconds: row[3]),
                    expiry: Instant(microseconds: row[4]),
                    amount: Amount(
                        picodollars: Int128(dollars) * Amount.picodollarsPerDollar
                            + Int128(rest))))
        }
        return entries
    }

    /// Drops windows that are over, and would be if the clock were set back.
    func dropEnded(at now: Instant) throws {
        let moment = now.advanced(bySeconds: -LedgerStart.maximumStepBackSeconds)
        try db.execute(
            sql: "DELETE FROM budget_spend WHERE expires_at <= ?",
            arguments: [moment.microseconds])
        try db.execute(
            sql: "UPDATE ledger_state SET tidied_until = max(tidied_until, ?)",
            arguments: [moment.microseconds])
    }

    /// A clock that was ahead has dropped windows that are open by this one: all are counted anew.
    func distrustTidying(at now: Instant) throws {
        let until =
            try Int64.fetchOne(db, sql: "SELECT tidied_until FROM ledger_state") ?? 0
        guard until > now.microseconds else { return }
        try db.execute(sql: "DELETE FROM budget_coverage")
        try db.execute(sql: "UPDATE ledger_state SET tidied_until = 0")
    }

    /// Drops what matters to nobody any more: of windows that are over, of budgets that are gone,
    /// and of windows whose counting was cut short.
    func dropStale(at now: Instant) throws {
        try distrustTidying(at: now)
        try dropEnded(at: now)
        try db.execute(
            sql: """
                DELETE FROM budget_coverage
                WHERE budget_id NOT IN (SELECT id FROM budget_config)
                """)
        try db.execute(
            sql: """
                DELETE FROM budget_spend WHERE NOT EXISTS (SELECT 1 FROM budget_coverage c
                    WHERE c.budget_id = budget_spend.budget_id
                        AND c.signature = budget_spend.signature)
                """)
    }

    /// Forgets what was counted of windows that no budget has now: should one come back, spend
    /// will have passed by.
    func drop(except live: Set<CounterKey>) throws {
        for key in try counted().subtracting(live) {
            try db.execute(
                sql: "DELETE FROM budget_coverage WHERE budget_id = ? AND signature = ?",
                arguments: [key.budget.number, key.signature])
        }
    }
}

extension Amount {
    /// Whole dollars, rounded down, and the picodollars above them.
    fileprivate var wholeDollars: (dollars: Int64, rest: Int64) {
        let (quotient, remainder) = picodollars.quotientAndRemainder(
            dividingBy: Self.picodollarsPerDollar)
        return remainder < 0
            ? (Int64(quotient) - 1, Int64(remainder + Self.picodollarsPerDollar))
            : (Int64(quotient), Int64(remainder))
    }
}
