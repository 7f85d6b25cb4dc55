package import Accounting
package import Chronology
internal import GRDB
internal import Money
package import Stores

extension LedgerDatabase {
    /// Rows whose cost is still to be stated, by the name that it is then asked for by; the newest
    /// last. Those of whose bill nothing was heard for a month stay as they are booked.
    package func deferredBills(
        at now: Instant
    ) throws(StoreError) -> [(key: String, RequestRecord)] {
        try write("reading deferred bills") { db in
            try db.execute(
                sql: """
                    DELETE FROM deferred_bills WHERE NOT EXISTS (SELECT 1 FROM api_cost_tracking r
                        WHERE r.call_id = deferred_bills.call_id
                            AND r.attempt = deferred_bills.attempt AND r.timestamp > ?)
                    """, arguments: [Self.oldestDeferred(now).text])
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT d.deferred_key, r.call_id, r.attempt, r.timestamp, r.user_id,
                        r.provider, r.model, r.cost_picodollars, r.price_version, r.metadata,
                        r.held_picodollars, r.user_id, r.project_id, r.key_id, r.session_id,
                        r.endpoint, r.model_requested, r.model_priced, r.tags, r.uncounted
                    FROM deferred_bills d JOIN api_cost_tracking r
                        ON r.call_id = d.call_id AND r.attempt = d.attempt
                    ORDER BY r.timestamp
                    """)
            let spendRows = try SpendRows(db)
            var bills: [(key: String, RequestRecord)] = []
            while let row = try rows.next() {
                guard var record = Self.record(of: row) else { continue }
                record.attributes = spendRows.attributes(row)
                bills.append((row[0], record))
            }
            return bills
        }
    }

    private static let daysKept: Int64 = 31

    private static func oldestDeferred(_ now: Instant) -> Instant {
        now.advanced(bySeconds: -daysKept * Instant.secondsPerDay)
    }

    private static func record(of row: Row) -> RequestRecord? {
        guard let call = CallID(text: row[1]), let admittedAt = Instant(text: row[3]) else {
            return nil
        }
        var record = RequestRecord(
            attempt: AttemptID(call: call, attempt: row[2]), admittedAt: admittedAt,
            userID: row[4])
        record.provider = row[5]
        record.model = row[6]
        record.cost = Amount(picodollars: Int128(row[7] as Int64))
        record.priceVersion = row[8]
        record.metadata = row[9]
        record.held = Amount(picodollars: Int128(row[10] as Int64))
        return record
    }
}
