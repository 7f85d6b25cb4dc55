/// Why a statement has no result.
package struct PostgresFailure: Error, CustomStringConvertible, Equatable {
    package enum Kind: Sendable, Equatable {
        /// No connection was made, or the server said that it takes none: nothing was run.
        case unreachable
        /// The connection broke, or a deadline passed, after the statement was sent: it may have
        /// run or not.
        case inDoubt
        /// The server refused the statement; its transaction did nothing.
        case refused
    }

    package let kind: Kind
    /// Five letters of the class and condition; empty where the server said none. See
    /// https://www.postgresql.org/docs/15/errcodes-appendix.html.
    package let sqlState: String
    /// Without a line end, and without the password of the connection.
    package let message: String

    package init(_ kind: Kind, sqlState: String = "", _ message: String) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
    }

    package var description: String {
        sqlState.isEmpty ? message : "\(message) (SQLSTATE \(sqlState))"
    }

    /// Conditions that pass by themselves: serialisation failures, deadlocks, locks that were not
    /// to be had, cancelled statements, too many connections, a server that stops or starts.
    package var isPassing: Bool {
        switch kind {
        case .unreachable, .inDoubt: true
        case .refused:
            Self.passingStates.contains(sqlState) || sqlState.hasPrefix("08")
                || sqlState.hasPrefix("53")
        }
    }

    private static let passingStates: Set<String> = [
        "40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "25006",
    ]
}
