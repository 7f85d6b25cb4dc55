package import Accounting
package import Chronology
internal import GRDB
package import Stores

/// The store as it was at one moment, on a connection of its own.
package final class LedgerView: Sendable {
    private let pool: DatabasePool
    private let snapshot: DatabaseSnapshot

    init(path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "ledger view"
        pool = try DatabasePool(path: path, configuration: configuration)
        snapshot = try pool.makeSnapshot()
    }

    /// Hands over the spend that windows have to count, some at a time.
    package func history(
        for keys: [CounterKey], of budgets: [Budget], lastForeign: Int64, at now: Instant,
        _ body: ([Spend]) -> Void
    ) throws {
        var ledger = Ledger()
        _ = ledger.step(.configure(budgets), at: now)
        let range = HistoryRange(keys, of: ledger, at: now)
        try snapshot.read { db in
            try SpendRows(db).history(
                since: range.since, lastForeign: lastForeign, user: range.user, at: now, body)
        }
    }
}

extension LedgerDatabase {
    package func view() throws -> LedgerView { try LedgerView(path: path) }

    /// Rows that another program wrote since, and the newest row now.
    package func foreignSpend(
        after lastRow: Int64, at now: Instant
    ) throws(StoreError) -> (spend: [Spend], lastRow: Int64) {
        try read("reading foreign rows") { db in
            let spend = try SpendRows(db).foreign(after: lastRow, at: now)
            let newest =
                try Int64.fetchOne(
                    db, sql: "SELECT ifnull(max(id), 0) FROM api_cost_tracking") ?? lastRow
            return (spend, newest)
        }
    }

    /// Forgets the spend of windows that are over.
    package func dropStaleSpend(at now: Instant) throws(StoreError) {
        try write("tidying budget_spend") { db in
            try SpendStatements(db: db).dropEnded(at: now)
        }
    }

    /// Costs of the newest calls with an exact usage, for what a model's calls usually cost.
    package func recentCosts(
        limit: Int, _ body: (String, String, String, Int64) -> Void
    ) throws(StoreError) {
        try read("reading recent costs") { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT provider, ifnull(model_priced, model_requested), endpoint,
                        cost_picodollars
                    FROM api_cost_tracking WHERE usage_status = 'exact' AND call_id IS NOT NULL
                        AND ifnull(model_priced, model_requested) IS NOT NULL
                        AND endpoint IS NOT NULL
                    ORDER BY id DESC LIMIT ?
                    """, arguments: [limit])
            while let row = try rows.next() { body(row[0], row[1], row[2], row[3]) }
        }
    }
}
