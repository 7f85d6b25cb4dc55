internal import Accounting
package import Chronology
internal import Foundation
internal import GRDB
package import Gateway
internal import Metering
package import Stores

extension LedgerDatabase {
    /// Keys that are in force, by digest.
    package func keys() throws(StoreError) -> [[UInt8]: GatewayKey] {
        try read("reading gateway_keys") { db in
            var keys: [[UInt8]: GatewayKey] = [:]
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT digest, id, name, user_id, project_id, tags, trusted, required,
                        block_status
                    FROM gateway_keys
                    WHERE revoked_at IS NULL
                    """)
            while let row = try rows.next() {
                let digest: Data = row[0]
                keys[[UInt8](digest)] = Self.key(row)
            }
            return keys
        }
    }

    package func keyListings() throws(StoreError) -> [KeyListing] {
        try read("reading gateway_keys") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, name, user_id, project_id, tags, trusted, required, block_status,
                        created_at, revoked_at
                    FROM gateway_keys ORDER BY created_at, id
                    """
            ).map { row in
                KeyListing(
                    key: Self.key(row), createdAt: row["created_at"],
                    revokedAt: row["revoked_at"])
            }
        }
    }

    package func add(
        _ key: GatewayKey, digest: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError) {
        try write("adding a gateway key") { db in
            let isTaken =
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM gateway_keys WHERE name = ?)",
                    arguments: [key.name]) ?? false
            guard !isTaken else {
                throw StoreError(
                    "a key called '\(key.name)' exists; choose another name (revoked names stay"
                        + " taken, as their rows keep them)")
            }
            try Self.insert(db, key, digest, at: now)
            try Self.audit(
                db,
                AuditEntry.Change(
                    actor: actor, action: "key.create", subject: key.name, before: nil,
                    after: key.json), at: now)
        }
    }

    /// Whether a key of that name or id was in force.
    package func revokeKey(
        _ nameOrID: String, by actor: String, at now: Instant
    ) throws(StoreError) -> Bool {
        try changeKey(
            nameOrID, "key.revoke", by: actor, at: now,
            sql: """
                UPDATE gateway_keys SET revoked_at = ?
                WHERE (name = ? OR id = ?) AND revoked_at IS NULL
                """, value: now.text)
    }

    /// Gives a key another secret. Its id, its limits and what it has spent stay.
    package func rotateKey(
        _ nameOrID: String, digest: [UInt8], by actor: String, at now: Instant
    ) throws(StoreError) -> Bool {
        try changeKey(
            nameOrID, "key.rotate", by: actor, at: now,
            sql: """
                UPDATE gateway_keys SET digest = ?
                WHERE (name = ? OR id = ?) AND revoked_at IS NULL
                """, value: Data(digest))
    }

    private func changeKey(
        _ nameOrID: String, _ action: String, by actor: String, at now: Instant, sql: String,
        value: some DatabaseValueConvertible
    ) throws(StoreError) -> Bool {
        try write("changing a gateway key") { db in
            try db.execute(sql: sql, arguments: [value, nameOrID, nameOrID])
            guard db.changesCount > 0 else { return false }
            try Self.audit(
                db,
                AuditEntry.Change(
                    actor: actor, action: action, subject: nameOrID, before: nil, after: nil),
                at: now)
            return true
        }
    }

    private static func key(_ row: Row) -> GatewayKey {
        GatewayKey(
            id: row["id"], name: row["name"], userID: row["user_id"],
            projectID: row["project_id"],
            policy: StoredKeyPolicy(
                tags: row["tags"], trusted: row["trusted"], required: row["required"],
                blockStatus: row["block_status"]
            ).policy)
    }

    static func insert(
        _ db: Database, _ key: GatewayKey, _ digest: [UInt8], at now: Instant
    ) throws {
        let stored = StoredKeyPolicy(key.policy)
        try db.execute(
            sql: """
                INSERT INTO gateway_keys (id, name, digest, user_id, project_id, tags, trusted,
                    required, block_status, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                key.id, key.name, Data(digest), key.userID, key.projectID,
                stored.tags, stored.trusted, stored.required, stored.blockStatus, now.text,
            ])
    }
}
