package import Chronology
package import Gateway
internal import Postgres
package import Stores

extension PostgresStore {
    private static let keyColumns = """
        SELECT id, name, user_id, project_id, tags::text, trusted::text, required::text,
            block_status
        """
    private static let inForceSQL =
        keyColumns + ", digest FROM gateway_keys WHERE revoked_at IS NULL"
    private static let listingSQL =
        keyColumns + """
            , to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                to_char(revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            FROM gateway_keys ORDER BY created_at, id
            """

    private static func key(_ result: PostgresResult, _ row: Int) -> GatewayKey {
        GatewayKey(
            id: result.text(row, 0) ?? "", name: result.text(row, 1) ?? "",
            userID: result.text(row, 2) ?? "", projectID: result.text(row, 3),
            policy: StoredKeyPolicy(
                tags: result.text(row, 4) ?? "{}", trusted: result.text(row, 5) ?? "[]",
                required: result.text(row, 6) ?? "[]",
                blockStatus: result.number(row, 7).map { Int($0) } ?? 402
            ).policy)
    }

    /// Keys that are in force, by digest.
    package func keys() throws(StoreError) -> [[UInt8]: GatewayKey] {
        let result = try run("reading gateway_keys", Self.inForceSQL)
        var keys: [[UInt8]: GatewayKey] = [:]
        for row in result.rows {
            guard let digest = result.text(row, 8).flatMap({ [UInt8](byteaText: $0) }) else {
                continue
            }
            keys[digest] = Self.key(result, row)
        }
        return keys
    }

    /// The pepper of the key digests of all gateways that share this store.
    package func sharedPepper() throws(StoreError) -> [UInt8]? {
        let result = try run(
            "reading installation", "SELECT key_pepper FROM installation WHERE id = 1")
        guard result.rowCount == 1,
            let pepper = result.text(0, 0).flatMap({ [UInt8](byteaText: $0) })
        else {
            throw StoreError(
                "the table 'installation' of the database has no row; run 'spendfuse migrate"
                    + " verify'")
        }
        return pepper
    }

    package func keyListings() throws(StoreError) -> [KeyListing] {
        let result = try run("reading gateway_keys", Self.listingSQL)
        return result.rows.map { row in
            KeyListing(
                key: Self.key(result, row), createdAt: result.text(row, 8) ?? "",
                revokedAt: result.text(row, 9))
        }
    }

    package func add(
        _ key: GatewayKey, digest: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError) {
        try transaction("adding a gateway key") { connection in
            try insert(key, digest, by: actor, connection, at: now)
        }
    }

    package func revokeKey(
        _ nameOrID: String, by actor: String, at now: Instant
    ) throws(StoreError) -> Bool {
        try changeKey(
            nameOrID, "key.revoke", by: actor, at: now,
            """
            UPDATE gateway_keys SET revoked_at = $1::timestamptz
            WHERE (name = $2 OR id = $2) AND revoked_at IS NULL
            """, now.text)
    }

    package func rotateKey(
        _ nameOrID: String, digest: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError) -> Bool {
        try changeKey(
            nameOrID, "key.rotate", by: actor, at: now,
            """
            UPDATE gateway_keys SET digest = $1::bytea
            WHERE (name = $2 OR id = $2) AND revoked_at IS NULL
            """, digest.byteaText)
    }

    private func changeKey(
        _ nameOrID: String, _ action: String, by actor: String, at now: Instant, _ sql: String,
        _ value: String
    ) throws(StoreError) -> Bool {
        try transaction("changing a gateway key") { connection in
            let result = try connection.run(sql, [value, nameOrID])
            guard result.affectedRows > 0 else { return false }
            try Self.audit(
                AuditEntry.Change(
                    actor: actor, action: action, subject: nameOrID, before: nil, after: nil),
                connection, at: now)
            return true
        }
    }

    /// Takes the keys of an installation over into a store that has none, with the pepper that
    /// their digests were made with.
    package func take(
        _ keys: [[UInt8]: GatewayKey], pepper: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError) {
        try transaction("taking gateway keys over") { connection in
            let result = try connection.run(
                """
                UPDATE installation SET key_pepper = $1::bytea
                WHERE id = 1 AND NOT EXISTS (SELECT 1 FROM gateway_keys)
                """, [pepper.byteaText])
            guard result.affectedRows == 1 else { return }
            for (digest, key) in keys { try insert(key, digest, by: actor, connection, at: now) }
        }
    }

    private func insert(
        _ key: GatewayKey, _ digest: [UInt8], by actor: String, _ connection: PostgresConnection,
        at now: Instant
    ) throws {
        let stored = StoredKeyPolicy(key.policy)
        let result = try connection.run(
            """
            INSERT INTO gateway_keys (id, name, digest, user_id, project_id, tags, trusted,
                required, block_status, created_at)
            VALUES ($1, $2, $3::bytea, $4, $5, $6::jsonb, $7::jsonb, $8::jsonb, $9::int,
                $10::timestamptz)
            ON CONFLICT (name) DO NOTHING
            """,
            [
                key.id, key.name, digest.byteaText, key.userID, key.projectID, stored.tags,
                stored.trusted, stored.required, String(stored.blockStatus), now.text,
            ])
        guard result.affectedRows == 1 else {
            throw StoreError(
                "a key called '\(key.name)' exists; choose another name (revoked names stay"
                    + " taken, as their rows keep them)")
        }
        try Self.audit(
            AuditEntry.Change(
                actor: actor, action: "key.create", subject: key.name, before: nil,
                after: key.json), connection, at: now)
    }
}
