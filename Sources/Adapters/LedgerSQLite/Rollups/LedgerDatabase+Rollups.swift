internal import GRDB
package import Stores

extension LedgerDatabase {
    /// Counts some more rows in rollups; false once all are counted.
    package func rollUpNext(steps: Int = 1) throws(StoreError) -> Bool {
        try rollUp(steps: steps) > 0
    }

    /// Counts some more rows, and returns how many are left.
    func rollUp(steps: Int) throws(StoreError) -> Int64 {
        let backlog = try read("looking for calls to roll up") { db in
            try RollupStatements(db: db).backlog()
        }
        guard backlog > 0 else { return 0 }
        return try write("rolling up calls") { db in
            let statements = RollupStatements(db: db)
            for _ in 0..<steps { try statements.step() }
            return try statements.backlog()
        }
    }
}
