package import Accounting
package import Chronology
internal import GRDB
internal import Money
package import Stores

/// Reads and writes the trips of loop breakers.
struct BreakerStatements {
    let db: Database

    private static let columns = """
        SELECT budget_id, budget_name, scope, action, tripped_at, stops_until, burn_picodollars,
            allowed_picodollars, usual_picodollars
        FROM breaker_trips
        """
    private static let openSQL = columns + " WHERE stops_until > ? AND reset_at IS NULL"
    private static let resetSQL = columns + " WHERE stops_until > ? AND reset_at IS NOT NULL"

    func insert(_ trip: BreakerTrip) throws {
        try db.execute(
            sql: """
                INSERT INTO breaker_trips (budget_id, budget_name, scope, action, tripped_at,
                    stops_until, burn_picodollars, allowed_picodollars, usual_picodollars, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                trip.budget.number, trip.name, trip.scope.description, trip.action.rawValue,
                trip.at.text, trip.until.text, trip.cause.burn.stored ?? .max,
                trip.cause.allowed.stored ?? .max, trip.cause.usual?.stored, trip.cause.text,
            ])
    }

    func open(at now: Instant) throws -> [BreakerTrip] { try trips(Self.openSQL, at: now) }
    func reset(at now: Instant) throws -> [BreakerTrip] { try trips(Self.resetSQL, at: now) }

    private func trips(_ sql: String, at now: Instant) throws -> [BreakerTrip] {
        try Row.fetchAll(db, sql: sql, arguments: [now.text]).compactMap { row in
            guard let scope = Scope(stored: row[2]), let at = Instant(text: row[4]),
                let until = Instant(text: row[5])
            else { return nil }
            let usual: Int64? = row[8]
            return BreakerTrip(
                budget: BudgetID(row[0]), name: row[1], scope: scope,
                action: BreakerRule.Action(rawValue: row[3]) ?? .alert,
                cause: BreakerTrip.Cause(
                    burn: Amount(picodollars: Int128(row[6] as Int64)),
                    allowed: Amount(picodollars: Int128(row[7] as Int64)),
                    usual: usual.map { Amount(picodollars: Int128($0)) }),
                at: at, until: until)
        }
    }
}

extension LedgerDatabase {
    /// Trips that hold now.
    package func openTrips(at now: Instant) throws(StoreError) -> [BreakerTrip] {
        try read("reading breaker_trips") { db in try BreakerStatements(db: db).open(at: now) }
    }

    /// Trips that somebody has reset before their time.
    package func resetTrips(at now: Instant) throws(StoreError) -> [BreakerTrip] {
        try read("reading breaker_trips") { db in try BreakerStatements(db: db).reset(at: now) }
    }

    /// Resets the open trips of a scope, or of all, and returns them.
    package func resetBreakers(
        _ scope: Scope?, by actor: String, at now: Instant
    ) throws(StoreError) -> [BreakerTrip] {
        try write("resetting loop breakers") { db in
            let open = try BreakerStatements(db: db).open(at: now)
                .filter { scope == nil || $0.scope == scope }
            for trip in open {
                try db.execute(
                    sql: """
                        UPDATE breaker_trips SET reset_at = ?, reset_by = ?
                        WHERE budget_id = ? AND scope = ? AND tripped_at = ?
                        """,
                    arguments: [
                        now.text, actor, trip.budget.number, trip.scope.description, trip.at.text,
                    ])
                try Self.audit(
                    db,
                    AuditEntry.Change(
                        actor: actor, action: "breaker.reset", subject: trip.scope.description,
                        before: nil, after: nil), at: now)
            }
            return open
        }
    }
}
