package import Accounting
package import Chronology
package import Gateway
internal import Metering
internal import Money
internal import Postgres
package import Stores

/// Takes rows up from the ledgers of the processes, each once: the call's id and attempt decide.
/// What the rows add to windows, and take from the slices that they were spent out of, is written
/// in the same transaction.
extension PostgresStore {
    package struct Shipment: Sendable {
        package let rows: [OutboxRow]
        /// What settled calls took out of slices of this process, by attempt.
        package let leaseParts: [AttemptID: [LeasePart]]
        /// The limits that decide what the rows count in, and their version.
        package let split: SpendSplit
        package let version: Int64
        package let hasUUIDUsers: UUIDUsers

        package init(
            rows: [OutboxRow], leaseParts: [AttemptID: [LeasePart]], split: SpendSplit,
            version: Int64, hasUUIDUsers: UUIDUsers
        ) {
            self.rows = rows
            self.leaseParts = leaseParts
            self.split = split
            self.version = version
            self.hasUUIDUsers = hasUUIDUsers
        }
    }

    /// Which tables of an app have users by uuid. No migration changes it.
    package struct UUIDUsers: Sendable {
        let costs: Bool
        let metrics: Bool
    }

    /// Writes rows that are new to the store, and tells how every window that they count in stands
    /// then. Rows that are there already change nothing.
    package func ship(
        _ shipment: Shipment, of replica: Replica, at now: Instant
    ) throws(LeaseRefusal) -> [LeaseAnswer] {
        let rows = "[\(shipment.rows.map { $0.json.withoutNUL }.joined(separator: ","))]"
        let entries = ShippedEntries(shipment).json
        let results = try outdatedOrFailed(replica) {
            connection throws(PostgresFailure) in
            try connection.transaction(
                Self.turn + [
                    PostgresStatement(Self.epochGuardSQL, [replica.id, String(replica.epoch)]),
                    PostgresStatement(Self.sharedVersionGuardSQL, [String(shipment.version)]),
                    PostgresStatement(ShippingSQL.makeWindows, [entries]),
                    PostgresStatement(ShippingSQL.lockWindows, [entries]),
                    PostgresStatement(
                        shipment.hasUUIDUsers.costs
                            ? ShippingSQL.insertUUIDRows : ShippingSQL.insertRows,
                        [rows, entries, replica.id, String(now.microseconds)]),
                    PostgresStatement(
                        shipment.hasUUIDUsers.metrics
                            ? ShippingSQL.insertUUIDMetrics : ShippingSQL.insertMetrics,
                        [rows]),
                ])
        }
        var answers = Self.answers(results[Self.turn.count + 4])
        for (index, answer) in answers.enumerated() {
            answers[index].shipped = shipment.shipped(under: answer.key)
        }
        return answers
    }

    /// Replaces a row that has changed since it was taken up, and counts the difference. False
    /// where the row is gone, as after a retention.
    package func correct(
        _ row: OutboxRow, split: SpendSplit, version: Int64, of replica: Replica, at now: Instant
    ) throws(LeaseRefusal) -> Bool {
        try outdatedOrFailed(replica) { connection throws(PostgresFailure) in
            _ = try connection.pipeline(
                [PostgresStatement("BEGIN"), PostgresConnection.timeouts] + Self.turn)
            _ = try connection.run(Self.epochGuardSQL, [replica.id, String(replica.epoch)])
            _ = try connection.run(Self.sharedVersionGuardSQL, [String(version)])
            let found = try connection.run(
                """
                SELECT (cost_usd * 1000000000000)::numeric(38,0) FROM api_cost_tracking
                WHERE call_id = $1::uuid AND attempt = $2::int FOR UPDATE
                """, [row.attempt.call.description, String(row.attempt.attempt)])
            guard let booked = found.rowCount == 1 ? found.amount(0, 0) : nil else {
                _ = try connection.run("ROLLBACK")
                return false
            }
            let difference = Spend(
                row.spend.amount - booked, by: row.spend.attributes, spentAt: row.spend.spentAt)
            let entries = ShippedEntries(
                split.parts(of: difference, shadowRefusals: row.shadowRefusals)
            ).json
            _ = try connection.run(ShippingSQL.makeWindows, [entries])
            _ = try connection.run(ShippingSQL.lockWindows, [entries])
            _ = try connection.run(ShippingSQL.addSpend, [entries])
            _ = try connection.run(ShippingSQL.correctRow, ["[\(row.json.withoutNUL)]"])
            _ = try connection.run("COMMIT")
            return true
        }
    }

    /// The turn that every writer of rows takes (see `0002_rollups`), before a window is locked
    /// that others lease from. It is not waited for long, as leases wait behind it. Milliseconds.
    private static let turn = [
        PostgresStatement("SELECT set_config('lock_timeout', '500', true)"),
        PostgresStatement("SELECT pg_advisory_xact_lock(1397115975, 2)"),
        PostgresStatement("SELECT set_config('lock_timeout', '6000', true)"),
    ]
    /// Of a lock that was not to be had in time.
    private static let lockNotAvailable = "55P03"

    /// Runs with the limits locked against changes; a change that came first is an outdated one.
    func outdatedOrFailed<Value>(
        _ replica: Replica,
        _ body: (PostgresConnection) throws(PostgresFailure) -> Value
    ) throws(LeaseRefusal) -> Value {
        let outcome: Value?
        var isBusy = false
        do throws(StoreError) {
            outcome = try lend("writing rows") { connection throws(PostgresFailure) in
                do throws(PostgresFailure) {
                    return try body(connection)
                } catch {
                    isBusy = error.sqlState == Self.lockNotAvailable
                    guard isBusy || error.sqlState == Self.divisionByZero else { throw error }
                    return nil
                }
            }
        } catch {
            throw .failed(error)
        }
        if let outcome { return outcome }
        if isBusy { throw .busy }
        throw try isFenced(replica) ? .fenced : .outdated
    }

    /// A later start of the process waits for what this one has begun, and refuses what it begins
    /// after that.
    static let epochGuardSQL = """
        SELECT 1 / count(*) FROM (SELECT 1 FROM replicas
            WHERE replica_id = $1 AND epoch = $2::bigint FOR SHARE) AS own
        """

    /// The limits stay as they are until the transaction has ended.
    static let sharedVersionGuardSQL = """
        SELECT 1 / count(*) FROM (SELECT 1 FROM change_marks
            WHERE subject = 'budgets' AND version = $1::bigint FOR SHARE) AS current
        """

    package func hasUUIDUsers() throws(StoreError) -> UUIDUsers {
        let result = try run(
            "reading the columns of users",
            """
            SELECT bool_or(attrelid = to_regclass('api_cost_tracking')),
                bool_or(attrelid = to_regclass('model_performance_metrics'))
            FROM pg_catalog.pg_attribute
            WHERE attrelid IN (to_regclass('api_cost_tracking'),
                    to_regclass('model_performance_metrics'))
                AND attname = 'user_id' AND atttypid = 'uuid'::regtype
            """)
        return UUIDUsers(costs: result.flag(0, 0), metrics: result.flag(0, 1))
    }

    /// Writes an alert, once for each budget, window and threshold, whoever finds it first.
    package func insertAlert(json: String) throws(StoreError) {
        _ = try run("writing budget_alerts", ShippingSQL.insertAlert, [json.withoutNUL])
    }

    package func insertTrip(json: String, of replica: Replica) throws(StoreError) {
        _ = try run(
            "writing breaker_trips", ShippingSQL.insertTrip, [json.withoutNUL, replica.id])
    }
}

extension PostgresStore.Shipment {
    fileprivate func shipped(under key: LeaseKey) -> Amount {
        leaseParts.values.reduce(.zero) { sum, parts in
            parts.reduce(sum) { $1.key == key ? $0 + $1.amount : $0 }
        }
    }
}

/// What rows add to windows, and take from slices, as statements read it.
struct ShippedEntries {
    let json: String

    init(_ shipment: PostgresStore.Shipment) {
        var objects: [String] = []
        for row in shipment.rows {
            let leased = shipment.leaseParts[row.attempt] ?? []
            for part in shipment.split.parts(
                of: row.spend, shadowRefusals: row.shadowRefusals)
            {
                objects.append(Self.object(part, row.attempt, part.entry.start, part.entry.amount))
                let taken = leased.first { $0.key == part.lease }
                // Under its own name a window is told of in any case.
                objects.append(
                    Self.object(part, row.attempt, part.lease.start, .zero, taken?.amount ?? .zero))
            }
        }
        json = "[\(objects.joined(separator: ","))]".withoutNUL
    }

    init(_ parts: [SpendSplit.Part]) {
        let objects = parts.flatMap { part in
            // Under its own name a rolling window is seen by those who list windows.
            [
                Self.object(part, nil, part.entry.start, part.entry.amount),
                Self.object(part, nil, part.lease.start, .zero),
            ]
        }
        json = "[\(objects.joined(separator: ","))]".withoutNUL
    }

    private static func object(
        _ part: SpendSplit.Part, _ attempt: AttemptID?, _ start: Instant, _ settled: Amount,
        _ taken: Amount = .zero
    ) -> String {
        var object = JSONObjectText()
        object.add("c", attempt?.call.description)
        object.add("k", attempt.map { Int64($0.attempt) } ?? 0)
        object.add("n", part.entry.counter.budget.number)
        object.add("g", part.entry.counter.signature)
        object.add("s", part.entry.scope.description)
        object.add("t", start.microseconds)
        object.add("p", part.lease.start.microseconds)
        let expiry = start == part.entry.start ? part.entry.expiry : part.leaseExpiry
        object.add("e", expiry.microseconds)
        object.addRaw("a", settled.wireText)
        object.addRaw("x", taken.wireText)
        return object.closed
    }
}

extension String {
    /// PostgreSQL keeps no NUL in a text or a jsonb. The escape is dropped from texts, and from
    /// JSON that is itself a text in here, where its backslash is doubled.
    var withoutNUL: String {
        guard contains("\\u0000") else { return self }
        var bytes: [UInt8] = []
        var source = utf8[...]
        let escape = Array("\\u0000".utf8)
        let nested = Array("\\\\u0000".utf8)
        while let byte = source.first {
            if byte != UInt8(ascii: "\\") {
                bytes.append(byte)
                source = source.dropFirst()
            } else if source.starts(with: escape) {
                source = source.dropFirst(escape.count)
            } else if source.starts(with: nested) {
                source = source.dropFirst(nested.count)
            } else {
                bytes += source.prefix(2)
                source = source.dropFirst(2)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
