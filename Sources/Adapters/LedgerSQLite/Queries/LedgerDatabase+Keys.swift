package import Chronology
internal import Foundation
internal import GRDB
package import Gateway

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
                    SELECT digest, id, name, user_id, project_id FROM gateway_keys
                    WHERE revoked_at IS NULL
                    """)
            while let row = try rows.next() {
                let digest: Data = row[0]
                keys[[UInt8](digest)] = GatewayKey(
                    id: row[1], name: row[2], userID: row[3], projectID: row[4])
            }
            return keys
        }
    }

    package func keyListings() throws(LedgerStoreError) -> [KeyListing] {
        try read("reading gateway_keys") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, name, user_id, project_id, created_at, revoked_at FROM gateway_keys
                    ORDER BY created_at, id
                    """
            ).map { row in
                KeyListing(
                    key: GatewayKey(
                        id: row[0], name: row[1], userID: row[2], projectID: row[3]),
                    createdAt: row[4], revokedAt: row[5])
            }
        }
    }

    package func add(
        _ key: GatewayKey, digest: [UInt8], at now: Instant
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
                    INSERT INTO gateway_keys (id, name, digest, user_id, project_id, created_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.id, key.name, Data(digest), key.userID, key.projectID, now.text,
                ])
        }
    }

    /// Whether a key of that name or id was in force.
    package func revokeKey(_ nameOrID: String, at now: Instant) throws(LedgerStoreError) -> Bool {
        try write("revoking a gateway key") { db in
            try db.execute(
                sql: """
                    UPDATE gateway_keys SET revoked_at = ?
                    WHERE (name = ? OR id = ?) AND revoked_at IS NULL
                    """, arguments: [now.text, nameOrID, nameOrID])
            return db.changesCount > 0
        }
    }
}
