package import Accounting
package import Chronology
internal import GRDB
internal import Gateway
internal import Money
package import Stores

/// What a start finds in the store: the ledger as the last process left it.
package struct LedgerStart: Sendable {
    /// How far a clock may have been set back between two processes, so that the windows of the
    /// last one stay open. A row that is farther ahead was dated by a clock that was wrong.
    static let maximumStepBackSeconds = Instant.secondsPerDay

    package let ledger: Ledger
    /// Holds of a process that ended without settling them, booked in full.
    package let expiredHolds: Int
    /// The newest row of others that is counted.
    package let lastForeign: Int64
}

extension LedgerDatabase {
    /// Takes up where the last process ended, in one transaction: books open holds in full, since
    /// what was sent may have been charged, and counts what others wrote meanwhile.
    /// `isShared`: the limits are those of several processes, of which this one leases slices.
    package func start(
        isShared: Bool = false, at now: Instant
    ) throws(StoreError) -> LedgerStart {
        try write("recovering the ledger") { db in
            let now = max(now, try SpendRows(db).newestMoment(before: now) ?? now)
            let statements = SpendStatements(db: db)
            try statements.dropStale(at: now)
            var loading = try LedgerLoading(
                try SpendRows(db), budgets: try fetchBudgets(db), isShared: isShared, at: now)
            try statements.drop(except: loading.live)
            try loading.countHistory()
            let lastForeign = try loading.addForeign()
            let expired = try loading.expireHolds()
            try Self.expireHolds(db, at: now)
            try statements.add(loading.booked)
            try statements.note(counted: Array(loading.wanted))
            try statements.note(lastForeign: lastForeign)
            let journal = JournalStatements(db: db)
            for alert in loading.alerts { try journal.insertAlert(alert) }
            return LedgerStart(
                ledger: loading.ledger, expiredHolds: expired, lastForeign: lastForeign)
        }
    }

    /// The ledger as the store has it now, for a look: nothing is changed, and calls in flight
    /// hold.
    package func ledger(at now: Instant) throws(StoreError) -> Ledger {
        try read("reading the budgets' state") { db in
            var loading = try LedgerLoading(
                try SpendRows(db), budgets: try fetchBudgets(db), at: now)
            try loading.countHistory()
            _ = try loading.addForeign()
            try loading.resumeHolds()
            return loading.ledger
        }
    }

    private static func expireHolds(_ db: Database, at now: Instant) throws {
        try db.execute(
            sql: """
                INSERT INTO api_cost_tracking (call_id, attempt, timestamp, user_id, project_id,
                    key_id, session_id, conversation_id, tags, provider, upstream, endpoint, model,
                    model_requested, model_priced, uncounted, usage_status, cost_picodollars,
                    price_version, held_picodollars, status, error_message, streamed, task_type,
                    metadata)
                SELECT call_id, attempt, admitted_at, user_id, project_id, key_id, session_id,
                    conversation_id, tags, provider, upstream, endpoint, model,
                    ifnull(model_requested, model), model_priced, uncounted, 'estimated',
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
    }
}
