package import Accounting
package import Chronology
internal import Money
internal import Postgres
package import Stores

extension PostgresStore {
    private static let tripColumns = """
        SELECT budget_number, budget_name, scope, action,
            (extract(epoch FROM tripped_at) * 1000000)::bigint,
            (extract(epoch FROM stops_until) * 1000000)::bigint,
            (burn_usd * 1000000000000)::numeric(38,0),
            (allowed_usd * 1000000000000)::numeric(38,0),
            (usual_usd * 1000000000000)::numeric(38,0), id
        FROM breaker_trips
        """
    private static let openSQL =
        tripColumns + " WHERE stops_until > $1::timestamptz AND reset_at IS NULL ORDER BY id"
    private static let resetSQL =
        tripColumns + " WHERE stops_until > $1::timestamptz AND reset_at IS NOT NULL"

    package func openTrips(at now: Instant) throws(StoreError) -> [BreakerTrip] {
        Self.trips(try run("reading breaker_trips", Self.openSQL, [now.text])).map(\.trip)
    }

    /// Trips that somebody has reset before their time.
    package func resetTrips(at now: Instant) throws(StoreError) -> [BreakerTrip] {
        Self.trips(try run("reading breaker_trips", Self.resetSQL, [now.text])).map(\.trip)
    }

    private static func trips(_ result: PostgresResult) -> [(id: Int64, trip: BreakerTrip)] {
        result.rows.compactMap { row in
            guard let scope = result.text(row, 2).flatMap({ Scope(stored: $0) }),
                let at = result.number(row, 4), let until = result.number(row, 5),
                let id = result.number(row, 9)
            else { return nil }
            let trip = BreakerTrip(
                budget: BudgetID(result.number(row, 0) ?? 0), name: result.text(row, 1) ?? "",
                scope: scope,
                action: BreakerRule.Action(rawValue: result.text(row, 3) ?? "") ?? .alert,
                cause: BreakerTrip.Cause(
                    burn: result.amount(row, 6) ?? .zero,
                    allowed: result.amount(row, 7) ?? .zero, usual: result.amount(row, 8)),
                at: Instant(microseconds: at), until: Instant(microseconds: until))
            return (id, trip)
        }
    }

    package func resetBreakers(
        _ scope: Scope?, by actor: String, at now: Instant
    ) throws(StoreError) -> [BreakerTrip] {
        try transaction("resetting loop breakers") { connection in
            let open = Self.trips(try connection.run(Self.openSQL, [now.text]))
                .filter { scope == nil || $0.trip.scope == scope }
            for (id, trip) in open {
                _ = try connection.run(
                    """
                    UPDATE breaker_trips SET reset_at = $1::timestamptz, reset_by = $2
                    WHERE id = $3::bigint
                    """, [now.text, actor, String(id)])
                try Self.audit(
                    AuditEntry.Change(
                        actor: actor, action: "breaker.reset", subject: trip.scope.description,
                        before: nil, after: nil), connection, at: now)
            }
            return open.map(\.trip)
        }
    }
}
