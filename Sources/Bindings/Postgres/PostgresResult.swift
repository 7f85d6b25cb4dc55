internal import CPostgres

/// What a statement returned; frees the memory of libpq when it goes.
///
/// Values are texts as the server writes them. Owner: whoever ran the statement.
package final class PostgresResult {
    private let result: OpaquePointer
    package let rowCount: Int
    private let columnCount: Int

    /// Takes the result over.
    init(taking result: OpaquePointer) {
        self.result = result
        rowCount = Int(PQntuples(result))
        columnCount = Int(PQnfields(result))
    }

    deinit { PQclear(result) }

    /// Rows that the statement inserted, changed, removed or returned.
    package var affectedRows: Int {
        PQcmdTuples(result).map { Int(String(cString: $0)) ?? 0 } ?? 0
    }

    /// Nil for NULL.
    package func text(_ row: Int, _ column: Int) -> String? {
        precondition(row < rowCount && column < columnCount, "a cell outside of its result")
        if PQgetisnull(result, Int32(row), Int32(column)) == 1 { return nil }
        return PQgetvalue(result, Int32(row), Int32(column)).map { String(cString: $0) }
    }

    package func number(_ row: Int, _ column: Int) -> Int64? {
        text(row, column).flatMap { Int64($0) }
    }

    package func flag(_ row: Int, _ column: Int) -> Bool { text(row, column) == "t" }

    package var columnNames: [String] {
        (0..<columnCount).map { index in
            PQfname(result, Int32(index)).map { String(cString: $0) } ?? ""
        }
    }
}
