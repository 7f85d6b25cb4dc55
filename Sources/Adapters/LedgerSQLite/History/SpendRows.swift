internal import Accounting
internal import Chronology
internal import Foundation
internal import GRDB
internal import Money
internal import Stores

/// Reads rows back as what they count by.
struct SpendRows: LedgerSource {
    let db: Database
    /// Names of gateway keys by id: limits name keys by either.
    private let keyNames: [String: String]

    init(_ db: Database) throws {
        self.db = db
        var names: [String: String] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT id, name FROM gateway_keys")
        while let row = try rows.next() { names[row[0]] = row[1] }
        keyNames = names
    }

    /// Spend that is handed over at once, which bounds how much of a long history is in memory.
    static let chunk = 500

    /// Columns of rows and of holds alike, as `attributes` reads them.
    private static let attributeColumns = """
        user_id, project_id, key_id, session_id, provider, endpoint, model_requested,
        model_priced, tags, uncounted
        """

    private static let historySQL = """
        SELECT cost_picodollars, timestamp,
        """ + " " + attributeColumns + """
             FROM api_cost_tracking
            WHERE timestamp >= ? AND cost_picodollars <> 0 AND (call_id IS NOT NULL OR id <= ?)
            """
    private static let userHistorySQL = historySQL + " AND user_id = ?"
    private static let foreignSQL = """
        SELECT cost_picodollars, timestamp,
        """ + " " + attributeColumns + """
             FROM api_cost_tracking WHERE id > ? AND call_id IS NULL
            """
    private static let holdsSQL = """
        SELECT held_picodollars, admitted_at,
        """ + " " + attributeColumns + """
            , call_id, attempt FROM ledger_holds ORDER BY call_id, attempt
            """

    /// Rows since a moment that the ledger has counted elsewhere: all of our own, and those of
    /// others up to `lastForeign`. `user`: only this user's.
    func history(
        since: Instant, lastForeign: Int64, user: String?, at now: Instant,
        _ body: ([Spend]) throws -> Void
    ) throws {
        let since = since.microseconds <= 0 ? "" : since.text
        let rows =
            if let user {
                try Row.fetchCursor(
                    db, sql: Self.userHistorySQL, arguments: [since, lastForeign, user])
            } else {
                try Row.fetchCursor(db, sql: Self.historySQL, arguments: [since, lastForeign])
            }
        try hand(rows, at: now, body)
    }

    /// Rows newer than `lastRow` that another program wrote.
    func foreign(after lastRow: Int64, at now: Instant) throws -> [Spend] {
        var spend: [Spend] = []
        let rows = try Row.fetchCursor(db, sql: Self.foreignSQL, arguments: [lastRow])
        try hand(rows, at: now) { spend += $0 }
        return spend
    }

    private func hand(
        _ rows: RowCursor, at now: Instant, _ body: ([Spend]) throws -> Void
    ) throws {
        var chunk: [Spend] = []
        while let row = try rows.next() {
            chunk.append(spend(row, at: now))
            if chunk.count >= Self.chunk {
                try body(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        if !chunk.isEmpty { try body(chunk) }
    }

    private func spend(_ row: Row, at now: Instant) -> Spend {
        let picodollars: Int64 = row[0]
        // A time that cannot be read counts as now: spend is never left out.
        return Spend(
            Amount(picodollars: Int128(picodollars)), by: attributes(row),
            spentAt: Instant(text: row[1]) ?? now)
    }

    func holds(at now: Instant) throws -> [HeldCall] {
        try Row.fetchAll(db, sql: Self.holdsSQL).compactMap { row in
            guard let call = CallID(text: row["call_id"]) else { return nil }
            let spend = spend(row, at: now)
            return HeldCall(
                claim: CallClaim(
                    attempt: AttemptID(call: call, attempt: row["attempt"]),
                    attributes: spend.attributes, bound: spend.amount),
                admittedAt: spend.spentAt)
        }
    }

    func counted() throws -> Set<CounterKey> { try SpendStatements(db: db).counted() }
    func lastForeign() throws -> Int64 { try SpendStatements(db: db).lastForeign() }

    func entries(at now: Instant) throws -> [SpendEntry] {
        try SpendStatements(db: db).entries(at: now)
    }

    func openTrips(at now: Instant) throws -> [BreakerTrip] {
        try BreakerStatements(db: db).open(at: now)
    }

    /// The newest of our own rows and holds: the ledger's time never steps back, not at a start
    /// either.
    func newestMoment(before now: Instant) throws -> Instant? {
        try String.fetchOne(
            db,
            sql: """
                SELECT max(newest) FROM (
                    SELECT * FROM (SELECT timestamp AS newest FROM api_cost_tracking
                        WHERE call_id IS NOT NULL AND timestamp <= ?1
                        ORDER BY timestamp DESC LIMIT 1)
                    UNION ALL SELECT admitted_at FROM ledger_holds WHERE admitted_at <= ?1)
                """, arguments: [now.advanced(bySeconds: LedgerStart.maximumStepBackSeconds).text]
        ).flatMap { Instant(text: $0) }
    }

    func newestRow() throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT ifnull(max(id), 0) FROM api_cost_tracking") ?? 0
    }

    /// What a row counts by; it must have the columns of `attributeColumns` by their names.
    func attributes(_ row: Row) -> CallAttributes {
        StoredAttributes(
            user: row["user_id"], project: row["project_id"], key: row["key_id"],
            session: row["session_id"], provider: row["provider"], endpoint: row["endpoint"],
            modelRequested: row["model_requested"], modelPriced: row["model_priced"],
            tags: row["tags"], uncounted: row["uncounted"]
        ).attributes(keyNames: keyNames)
    }
}
