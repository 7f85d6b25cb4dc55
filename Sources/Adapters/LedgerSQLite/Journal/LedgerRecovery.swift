internal import Accounting
package import Chronology
internal import GRDB
package import Money

/// What a start finds in the store.
package struct LedgerRecovery: Sendable {
    /// Spend of one user in the windows that are open.
    package struct Spend: Sendable {
        package let userID: String
        package let amount: Amount
        package let spentAt: Instant
    }

    /// Holds of a process that ended without settling them, booked in full.
    package let expiredHolds: Int
    package let spend: [Spend]
    /// The newest row that is counted in `spend`.
    package let lastRow: Int64
}

extension LedgerDatabase {
    /// Books open holds in full and adds up what the open windows have seen. A hold whose process
    /// died may have been charged, so it is never given back.
    package func recover(at now: Instant) throws(LedgerStoreError) -> LedgerRecovery {
        try write("recovering the ledger") { db in
            let expired = try expireHolds(db, at: now)
            let lastRow =
                try Int64.fetchOne(
                    db, sql: "SELECT ifnull(max(id), 0) FROM api_cost_tracking") ?? 0
            return LedgerRecovery(
                expiredHolds: expired, spend: try openSpend(db, at: now), lastRow: lastRow)
        }
    }

    private func expireHolds(_ db: Database, at now: Instant) throws -> Int {
        try db.execute(
            sql: """
                INSERT INTO api_cost_tracking (call_id, attempt, timestamp, user_id, project_id,
                    key_id, session_id, conversation_id, tags, provider, upstream, endpoint, model,
                    model_requested, usage_status, cost_picodollars, price_version,
                    held_picodollars, status, error_message, streamed, task_type, metadata)
                SELECT call_id, attempt, admitted_at, user_id, project_id, key_id, session_id,
                    conversation_id, tags, provider, upstream, endpoint, model, model, 'estimated',
                    held_picodollars, price_version, held_picodollars, 'error',
                    'the gateway ended before the call did; booked at its hold', streamed,
                    task_type, json_object('expired_at', ?)
                FROM ledger_holds WHERE true
                ON CONFLICT (call_id, attempt) WHERE call_id IS NOT NULL DO NOTHING
                """, arguments: [now.text])
        try db.execute(
            sql: """
                INSERT INTO model_performance_metrics (call_id, attempt, timestamp, user_id, model,
                    provider, task_type, response_time_ms, success, error_type, conversation_id)
                SELECT call_id, attempt, admitted_at, user_id, model, provider, task_type, 0, 0,
                    'expired', conversation_id
                FROM ledger_holds
                """)
        try db.execute(sql: "DELETE FROM ledger_holds")
        return db.changesCount
    }

    /// Sums by user and hour of the open month: every open window is made of whole hours.
    private func openSpend(_ db: Database, at now: Instant) throws -> [LedgerRecovery.Spend] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT user_id, substr(timestamp, 1, 13) AS hour, sum(cost_picodollars)
                FROM api_cost_tracking WHERE timestamp >= ? AND cost_picodollars <> 0
                GROUP BY user_id, hour
                """, arguments: [BudgetWindow.monthly.start(at: now).text])
        var spend: [LedgerRecovery.Spend] = []
        while let row = try rows.next() {
            let hour = Instant(text: row[1] + ":00") ?? now
            let picodollars: Int64 = row[2]
            spend.append(
                LedgerRecovery.Spend(
                    userID: row[0], amount: Amount(picodollars: Int128(picodollars)),
                    spentAt: hour))
        }
        return spend
    }

    /// Rows newer than `lastRow` that another program wrote, and the newest row now.
    package func foreignSpend(
        after lastRow: Int64, at now: Instant
    ) throws(LedgerStoreError) -> (spend: [LedgerRecovery.Spend], lastRow: Int64) {
        try read("reading foreign rows") { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT id, user_id, cost_picodollars, timestamp FROM api_cost_tracking
                    WHERE id > ? AND call_id IS NULL
                    """, arguments: [lastRow])
            var spend: [LedgerRecovery.Spend] = []
            while let row = try rows.next() {
                // A time that cannot be read counts as now: spend is never left out.
                let spentAt = Instant(text: row[3]) ?? now
                let picodollars: Int64 = row[2]
                spend.append(
                    LedgerRecovery.Spend(
                        userID: row[1], amount: Amount(picodollars: Int128(picodollars)),
                        spentAt: spentAt))
            }
            let newest =
                try Int64.fetchOne(
                    db, sql: "SELECT ifnull(max(id), 0) FROM api_cost_tracking") ?? lastRow
            return (spend, newest)
        }
    }
}
