internal import Accounting
package import Chronology
internal import Foundation
internal import GRDB
package import Gateway
internal import Metering

/// A gateway key as lists show it.
package struct KeyListing: Sendable {
    package let key: GatewayKey
    package let createdAt: String
    package let revokedAt: String?
}

extension LedgerDatabase {
    /// Keys that are in force, by digest.
    package func keys() throws(LedgerStoreError) -> [[UInt8]: GatewayKey] {
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
                keys[[UInt8](digest)] = KeyRow.key(row)
            }
            return keys
        }
    }

    package func keyListings() throws(LedgerStoreError) -> [KeyListing] {
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
                    key: KeyRow.key(row), createdAt: row["created_at"],
                    revokedAt: row["revoked_at"])
            }
        }
    }

    package func add(
        _ key: GatewayKey, digest: [UInt8], by actor: String, at now: Instant
    ) throws(LedgerStoreError) {
        try write("adding a gateway key") { db in
            let isTaken =
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM gateway_keys WHERE name = ?)",
                    arguments: [key.name]) ?? false
            guard !isTaken else {
                throw LedgerStoreError(
                    "a key called '\(key.name)' exists; choose another name (revoked names stay"
                        + " taken, as their rows keep them)")
            }
            try db.execute(
                sql: """
                    INSERT INTO gateway_keys (id, name, digest, user_id, project_id, tags, trusted,
                        required, block_status, created_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.id, key.name, Data(digest), key.userID, key.projectID,
                    KeyRow.tags(key.policy), KeyRow.trusted(key.policy),
                    KeyRow.required(key.policy), key.policy.blockStatus, now.text,
                ])
            try Self.audit(
                db,
                AuditEntry.Change(
                    actor: actor, action: "key.create", subject: key.name, before: nil,
                    after: KeyRow.json(key)), at: now)
        }
    }

    /// Whether a key of that name or id was in force.
    package func revokeKey(
        _ nameOrID: String, by actor: String, at now: Instant
    ) throws(LedgerStoreError) -> Bool {
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
    ) throws(LedgerStoreError) -> Bool {
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
    ) throws(LedgerStoreError) -> Bool {
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
}

/// A key as the columns of `gateway_keys` have it.
private enum KeyRow {
    static func key(_ row: Row) -> GatewayKey {
        var policy = KeyPolicy()
        policy.tags = (decoded(row["tags"]) as [String: String]? ?? [:])
            .map { CallAttributes.Tag(name: $0.key, value: $0.value) }
            .sorted { $0.name < $1.name }
        let trusted: [String] = decoded(row["trusted"]) ?? []
        policy.trusted = Set(trusted.compactMap(KeyPolicy.Claim.init))
        policy.required = decoded(row["required"]) ?? []
        policy.blockStatus = row["block_status"]
        return GatewayKey(
            id: row["id"], name: row["name"], userID: row["user_id"],
            projectID: row["project_id"], policy: policy)
    }

    private static func decoded<Value: Decodable>(_ text: String) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    static func tags(_ policy: KeyPolicy) -> String {
        var object = JSONObjectText()
        for tag in policy.tags { object.add(tag.name, tag.value) }
        return object.closed
    }

    static func trusted(_ policy: KeyPolicy) -> String { list(policy.trusted.map(\.rawValue)) }
    static func required(_ policy: KeyPolicy) -> String { list(policy.required) }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.sorted().map(\.jsonQuoted).joined(separator: ",") + "]"
    }

    static func json(_ key: GatewayKey) -> String {
        var object = JSONObjectText()
        object.add("id", key.id)
        object.add("user_id", key.userID)
        object.add("project_id", key.projectID)
        object.addRaw("tags", tags(key.policy))
        object.addRaw("trusted", trusted(key.policy))
        object.addRaw("required", required(key.policy))
        object.add("block_status", Int64(key.policy.blockStatus))
        return object.closed
    }
}
