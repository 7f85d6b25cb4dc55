internal import GRDB
package import Stores

extension LedgerDatabase {
    /// A number that changes whenever another connection commits, such as a command line's.
    /// See the pragma data_version.
    package func changeMark() throws(StoreError) -> Int64 {
        do {
            return try queue.writeWithoutTransaction { db in
                try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
            }
        } catch {
            throw StoreError(error, doing: "watching the ledger", path: path)
        }
    }

    /// Versions of what is configured in the store, by subject: `budgets`, `keys`, `breakers`.
    package func changeMarks() throws(StoreError) -> [String: Int64] {
        try read("watching the ledger") { db in
            var marks: [String: Int64] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT subject, version FROM change_marks") {
                marks[row[0]] = row[1]
            }
            return marks
        }
    }
}
