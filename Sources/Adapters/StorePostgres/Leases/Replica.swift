internal import Postgres
package import Stores

/// This process among those that share the store. A later start of the same one has a higher epoch,
/// and the earlier one gets nothing any more.
package struct Replica: Sendable {
    package let id: String
    package let epoch: Int64
    /// Microseconds from the time that this process goes by to the store's.
    package let clockOffset: Int64
}

extension PostgresStore {
    /// Seconds that a process counts as alive after its last word.
    package static let replicaLifeSeconds = 30

    /// Microseconds from `nowMicroseconds`, which is read before and after, to the store's time.
    package func clockOffset(_ nowMicroseconds: () -> Int64) throws(StoreError) -> Int64 {
        let before = nowMicroseconds()
        let result = try run(
            "reading the shared store's clock",
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        let middle = before + (nowMicroseconds() - before) / 2
        return (result.number(0, 0) ?? middle) - middle
    }

    /// Takes the next epoch for a process. `nowMicroseconds` is read before and after.
    package func register(
        _ id: String, address: String, nowMicroseconds: () -> Int64
    ) throws(StoreError) -> Replica {
        let before = nowMicroseconds()
        let result = try run(
            "registering this gateway",
            """
            INSERT INTO replicas (replica_id, epoch, started_at, renewed_at, expires_at, address)
            VALUES ($1, 1, now(), now(), now() + make_interval(secs => $2::int), $3)
            ON CONFLICT (replica_id) DO UPDATE SET epoch = replicas.epoch + 1,
                started_at = now(), renewed_at = now(), expires_at = excluded.expires_at,
                address = excluded.address, stopped_at = NULL
            RETURNING epoch, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
            """, [id, String(Self.replicaLifeSeconds), address])
        let middle = before + (nowMicroseconds() - before) / 2
        return Replica(
            id: id, epoch: result.number(0, 0) ?? 0,
            clockOffset: (result.number(0, 1) ?? middle) - middle)
    }

    /// Says that the process is alive; false where a later start has taken its place.
    ///
    /// Returns the offset of the store's clock as `clockOffset` does; nil where it is fenced.
    package func renew(
        _ replica: Replica, nowMicroseconds: () -> Int64
    ) throws(StoreError) -> Int64? {
        let before = nowMicroseconds()
        let result = try run(
            "renewing this gateway's leases",
            """
            UPDATE replicas SET renewed_at = now(),
                expires_at = now() + make_interval(secs => $3::int)
            WHERE replica_id = $1 AND epoch = $2::bigint
            RETURNING (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
            """, [replica.id, String(replica.epoch), String(Self.replicaLifeSeconds)])
        guard result.rowCount == 1, let moment = result.number(0, 0) else { return nil }
        return moment - (before + (nowMicroseconds() - before) / 2)
    }

    /// Says that the process has ended well.
    package func deregister(_ replica: Replica) throws(StoreError) {
        _ = try run(
            "leaving the shared store",
            """
            UPDATE replicas SET stopped_at = now(), expires_at = now()
            WHERE replica_id = $1 AND epoch = $2::bigint
            """, [replica.id, String(replica.epoch)])
    }
}
