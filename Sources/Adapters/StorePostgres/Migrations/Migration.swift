internal import Crypto
internal import Foundation

/// One step of the shared store's schema.
///
/// Its file is a query that looks at the database as it is and returns the statements that bring it
/// to where it should be, each with the statement that undoes it: what a plan shows is what is run.
package struct Migration: Sendable {
    package let name: String
    let planSQL: String
    /// SHA-256 of the file, so that a step that was changed after it was applied is noticed.
    package let checksum: String

    private init(_ name: String, _ bytes: [UInt8]) {
        self.name = "spendfuse_\(name)"
        planSQL = String(decoding: bytes, as: UTF8.self)
        checksum = SHA256.hash(data: Data(bytes)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }

    package static let all = [
        Migration("0001_tables", PackageResources._001_tables_sql),
        Migration("0001_twins", PackageResources._001_twins_sql),
        Migration("0002_ledger", PackageResources._002_ledger_sql),
        Migration("0002_rollups", PackageResources._002_rollups_sql),
        Migration("0003_views", PackageResources._003_views_sql),
        Migration("0004_functions", PackageResources._004_functions_sql),
        Migration("0005_security", PackageResources._005_security_sql),
        Migration("0006_sharing", PackageResources._006_sharing_sql),
    ]

    static let verification = String(
        decoding: PackageResources.verify_sql, as: UTF8.self)
}

/// A statement of a plan.
package struct PlannedStatement: Sendable {
    package let statement: String
    /// Nil where nothing is to be undone.
    package let undo: String?
    /// Why, for people.
    package let note: String?
}
