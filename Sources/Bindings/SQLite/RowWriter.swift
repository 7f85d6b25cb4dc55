internal import CSQLite

/// Runs one prepared statement again and again, with values bound in order.
///
/// Made for the ledger's hot statements: a binding costs one call into SQLite and no allocation.
/// Owner: the thread that owns the statement's connection. See https://sqlite.org/c3ref/stmt.html.
package struct RowWriter: ~Copyable {
    package struct Failure: Error {
        /// SQLite's result code; https://sqlite.org/rescode.html.
        package let code: Int32
        package let message: String
    }

    private let statement: OpaquePointer
    private var nextIndex: Int32 = 1

    /// `statement` is a sqlite3_stmt that the caller keeps alive.
    package init(borrowing statement: OpaquePointer) { self.statement = statement }

    package mutating func bind(_ text: String?) {
        if var text {
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { bytes in
                    // An empty string has no address, and SQLite takes none for NULL.
                    _ =
                        bytes.baseAddress.map {
                            sf_bind_text(statement, nextIndex, $0, Int32(bytes.count))
                        } ?? sf_bind_text(statement, nextIndex, "", 0)
                }
            }
        } else {
            sqlite3_bind_null(statement, nextIndex)
        }
        nextIndex += 1
    }

    package mutating func bind(_ number: Int64?) {
        if let number {
            sqlite3_bind_int64(statement, nextIndex, number)
        } else {
            sqlite3_bind_null(statement, nextIndex)
        }
        nextIndex += 1
    }

    package mutating func bind(_ flag: Bool) { bind(flag ? 1 : 0) }

    /// Runs the statement, which returns no rows, and makes it ready for the next values.
    package mutating func run() throws(Failure) {
        precondition(
            nextIndex == sqlite3_bind_parameter_count(statement) + 1,
            "every parameter of a statement is bound")
        let code = sqlite3_step(statement)
        nextIndex = 1
        sqlite3_reset(statement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            let reason = String(cString: sqlite3_errmsg(sqlite3_db_handle(statement)))
            throw Failure(code: code, message: reason)
        }
    }
}
