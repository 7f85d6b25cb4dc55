import Accounting
import Chronology
import Foundation
import GRDB
import Logging
import Money
import Reporting
import Stores
import TestSupport
import Testing
import ZoneDatabase

@testable import LedgerSQLite

/// What the engine does with each statement of a report.
@Suite("Reports on SQLite")
struct QueryPlanTests {
    private static let queries: [SpendQuery] = {
        let now = Instant(seconds: 1_790_000_000)
        var queries: [SpendQuery] = []
        let all = SpendDimension.plain + [.tag("team")]
        for first in all {
            for second in [nil] + all.map(Optional.some) where second != first {
                for filters in [[], [SpendFilter(.user, "u1")], [SpendFilter(.model, "m")]] {
                    queries.append(
                        SpendQuery(
                            dimensions: [first] + [second].compactMap(\.self),
                            since: now.advanced(bySeconds: -100 * 86_400), until: now,
                            filters: filters))
                }
            }
        }
        return queries
    }()

    @Test("go through an index, whatever they are by")
    func plans() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "spendfuse-\(UUID().uuidString)").path
        let database = try LedgerDatabase(
            directory: folder, isServer: true, clock: TestClock("2026-11-20"),
            zones: SystemZones())
        let statements = try statements { trace in
            database.queue.writeWithoutTransaction { db in trace(db) }
            for query in Self.queries { _ = try database.report(query) }
            _ = try database.calls(
                since: Instant(seconds: 0), until: Instant(seconds: 9), limit: 5)
            try database.pastCalls(since: Instant(seconds: 0), until: Instant(seconds: 9)) { _ in }
        }
        #expect(statements.count > 300)
        try database.queue.read { db in
            for statement in statements {
                let steps = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + statement)
                    .map { $0["detail"] as String }
                let scans = steps.filter {
                    $0.hasPrefix("SCAN") && !$0.contains("json_each")
                        && !$0.contains("CONSTANT ROW")
                }
                #expect(scans.isEmpty, "\(scans) in \(statement)")
            }
        }
    }

    /// The distinct statements that run while `body` does.
    private func statements(_ body: ((Database) -> Void) throws -> Void) throws -> Set<String> {
        let seen = SeenStatements()
        try body { db in
            db.trace { event in
                if case .statement(let statement) = event,
                    statement.sql.contains("api_cost_tracking")
                        || statement.sql.contains("cost_rollups")
                {
                    seen.note(statement.expandedSQL)
                }
            }
        }
        return seen.all
    }
}

private final class SeenStatements: @unchecked Sendable {  // guarded by the lock
    private let lock = NSLock()
    private var statements: Set<String> = []

    func note(_ statement: String) { lock.withLock { _ = statements.insert(statement) } }
    var all: Set<String> { lock.withLock { statements } }
}
