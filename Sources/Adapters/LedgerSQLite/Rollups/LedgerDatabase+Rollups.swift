internal import GRDB
internal import Stores

extension LedgerDatabase {
    /// Rows that some rollup has not counted.
    func rollUpBacklog() throws(StoreError) -> Int64 {
        try read("looking for calls to roll up") { db in try RollupStatements(db: db).backlog() }
    }

    /// Counts some more rows, and returns how many are left.
    func rollUp(steps: Int, rows: Int64) throws(StoreError) -> Int64 {
        guard try rollUpBacklog() > 0 else { return 0 }
        return try write("rolling up calls") { db in
            let statements = RollupStatements(db: db)
            for _ in 0..<steps { try statements.step(rows: rows) }
            return try statements.backlog()
        }
    }
}
