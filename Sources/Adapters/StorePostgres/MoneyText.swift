internal import Money
internal import Postgres

extension PostgresResult {
    /// Of a column of whole picodollars; nil for NULL.
    func amount(_ row: Int, _ column: Int) -> Amount? {
        text(row, column).flatMap { Int128($0) }.map { Amount(picodollars: $0) }
    }
}

extension Amount {
    /// Whole picodollars, as statements take them.
    var wireText: String { String(picodollars) }
}
