internal import GRDB

extension LedgerDatabase {
    /// A number that changes whenever another connection commits, such as a command line's.
    /// See the pragma data_version.
    package func changeMark() throws(LedgerStoreError) -> Int64 {
        do {
            return try queue.writeWithoutTransaction { db in
                try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
            }
        } catch {
            throw LedgerStoreError(error, doing: "watching the ledger", path: path)
        }
    }
}
