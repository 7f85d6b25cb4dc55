internal import Accounting
package import Chronology
internal import GRDB
internal import Money
package import Reporting
package import Stores

extension LedgerDatabase {
    /// Calls that were sent, in the order of time.
    package func pastCalls(
        since: Instant, until: Instant, _ body: (PastCall) -> Void
    ) throws(StoreError) {
        try read("reading past calls") { db in
            let spendRows = try SpendRows(db)
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT call_id, attempt, timestamp, request_duration_ms, held_picodollars,
                        cost_picodollars, total_tokens, user_id, project_id, key_id, session_id,
                        provider, endpoint, model_requested, model_priced, tags, uncounted, id
                    FROM api_cost_tracking
                    WHERE timestamp >= ? AND timestamp < ? AND status <> 'blocked'
                        AND ifnull(endpoint, '') <> 'adjustment'
                    ORDER BY timestamp, id
                    """, arguments: [since.text, until.text])
            while let row = try rows.next() {
                guard let admittedAt = Instant(text: row["timestamp"]) else { continue }
                let id: Int64 = row["id"]
                let text: String? = row["call_id"]
                // Rows of others have no id; the row's own number stands for it.
                let call =
                    text.flatMap { CallID(text: $0) }
                    ?? CallID(milliseconds: 0, random: (0, UInt64(id)))
                body(
                    PastCall(
                        callID: text ?? "row \(id)",
                        attempt: AttemptID(call: call, attempt: row["attempt"]),
                        attributes: spendRows.attributes(row), admittedAt: admittedAt,
                        milliseconds: row["request_duration_ms"] ?? 0,
                        held: Amount(picodollars: Int128(row["held_picodollars"] as Int64)),
                        cost: Amount(picodollars: Int128(row["cost_picodollars"] as Int64)),
                        tokens: row["total_tokens"]))
            }
        }
    }
}
