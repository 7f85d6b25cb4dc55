import Accounting
import Chronology
import Foundation
import GRDB
import Gateway
import LedgerSQLite
import Logging
import Money
import Pricing
import Reporting
import TestSupport
import Testing

/// The embedded store, in a folder of its own for each test.
@Suite("The ledger on SQLite")
struct LedgerTests {
    final class Mailbox: EventMailbox {
        func post(_ events: [AddressedEvent]) {}
    }

    struct Store {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "spendfuse-\(UUID().uuidString)").path
        let clock = TestClock("2026-11-20T10:00:00")

        func open() throws -> LedgerDatabase {
            try LedgerDatabase(directory: folder, isServer: true, clock: clock)
        }

        func write(_ entries: [JournalEntry], to database: LedgerDatabase) async {
            let journal = SQLiteJournal(database, logger: Logger(label: "test"))
            journal.deliver(to: [Mailbox()])
            for entry in entries { journal.append(entry, receipt: nil) }
            #expect(await journal.flush(seconds: 10))
        }

        func record(_ id: UInt64, user: String = "u1", cost: String = "0.25") throws
            -> RequestRecord
        {
            var record = RequestRecord(
                attempt: AttemptID(call: CallID(milliseconds: id, random: (1, 2)), attempt: 1),
                admittedAt: clock.now(), userID: user)
            record.provider = "openai"
            record.endpoint = "chat_completions"
            record.model = "m"
            record.cost = try Amount(dollars: cost)
            record.held = try Amount(dollars: "1")
            record.usageStatus = "exact"
            return record
        }

        func total(_ database: LedgerDatabase) throws -> SpendReport.Line {
            let since = Instant(seconds: 0)
            return try database.report(
                SpendQuery(
                    dimensions: [.model], since: since, until: clock.now().advanced(bySeconds: 1))
            ).total
        }
    }

    @Test("writes a row once, however often its entry comes, and takes its hold away")
    func idempotent() async throws {
        let store = Store()
        let database = try store.open()
        let record = try store.record(1)
        await store.write([.hold(record)], to: database)
        #expect(try database.openCounts().holds == 1)
        await store.write([.conclude(record), .conclude(record)], to: database)
        await store.write([.conclude(record)], to: database)
        let total = try store.total(database)
        #expect(total.calls == 1 && total.cost.dollars == "0.250000000000")
        #expect(try database.openCounts().holds == 0)
    }

    @Test("books holds that a dead process left in full, once")
    func recovery() async throws {
        let store = Store()
        let database = try store.open()
        await store.write([.hold(try store.record(1)), .hold(try store.record(2))], to: database)
        await store.write([.conclude(try store.record(2))], to: database)
        let recovery = try database.recover(at: store.clock.now())
        #expect(recovery.expiredHolds == 1)
        #expect(recovery.spend.reduce(Amount.zero) { $0 + $1.amount }.dollars == "1.250000000000")
        #expect(try database.recover(at: store.clock.now()).expiredHolds == 0)
        let row = try #require(
            try database.attempts(of: CallID(milliseconds: 1, random: (1, 2))).first)
        #expect(row.text("usage_status") == "estimated")
        #expect(row.money("cost_usd")?.dollars == "1.000000000000")
    }

    @Test("adds up open windows only, by hour, so that a restart counts what was spent")
    func openWindows() async throws {
        let store = Store()
        let database = try store.open()
        await store.write([.conclude(try store.record(1, cost: "1"))], to: database)
        store.clock.advance(seconds: 40 * 86_400)
        await store.write([.conclude(try store.record(2, cost: "2"))], to: database)
        let recovery = try database.recover(at: store.clock.now())
        #expect(recovery.spend.map(\.amount.dollars) == ["2.000000000000"])
    }

    @Test("keeps limits, changes only what is named, and clears one")
    func budgets() throws {
        let store = Store()
        let database = try store.open()
        var change = BudgetChange()
        change.limits[.monthly] = .set(try Amount(dollars: "50"))
        change.limits[.daily] = .set(try Amount(dollars: "5"))
        change.isHardStop = true
        _ = try database.change(.user("u1"), change, at: store.clock.now())
        var second = BudgetChange()
        second.limits[.daily] = .clear
        let budget = try #require(
            try database.change(.user("u1"), second, at: store.clock.now()))
        #expect(budget.limits == [.monthly: try Amount(dollars: "50")] && budget.mode == .enforce)
        _ = try database.change(.system, change, at: store.clock.now())
        _ = try database.change(.system, change, at: store.clock.now())
        #expect(try database.budgets().map(\.scope) == [.system, .user("u1")])
        #expect(try database.removeBudget(.system))
        #expect(try !database.removeBudget(.system))
    }

    @Test("answers the queries of the app that it grew out of")
    func appQueries() async throws {
        let store = Store()
        let database = try store.open()
        var change = BudgetChange()
        change.limits[.monthly] = .set(try Amount(dollars: "50"))
        _ = try database.change(.user("u1"), change, at: store.clock.now())
        await store.write([.conclude(try store.record(1))], to: database)
        let reader = try DatabaseQueue(path: database.path)
        try await reader.read { db in
            let row = try #require(
                try Row.fetchOne(
                    db, sql: "SELECT * FROM api_cost_tracking ORDER BY timestamp DESC LIMIT 10"))
            #expect(row["cost_usd"] == "0.250000000000")
            #expect(
                try String.fetchOne(
                    db, sql: "SELECT monthly_limit FROM budget_config WHERE user_id = 'u1'")
                    == "50.000000000000")
            let metrics = try Row.fetchOne(
                db,
                sql: """
                    SELECT model_name, AVG(response_time_ms), AVG(total_tokens)
                    FROM model_performance_metrics GROUP BY model_name
                    """)
            #expect(metrics?[0] == "m")
            #expect(
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM migration_history WHERE success = 1") == 5)
        }
    }

    @Test("counts spend that another program writes, once")
    func foreignRows() async throws {
        let store = Store()
        let database = try store.open()
        await store.write([.conclude(try store.record(1))], to: database)
        let recovery = try database.recover(at: store.clock.now())
        let mark = try database.changeMark()
        let app = try DatabaseQueue(path: database.path)
        try await app.write { db in
            try db.execute(
                sql: """
                    INSERT INTO api_cost_tracking (timestamp, user_id, model, cost_picodollars)
                    VALUES ('2026-11-20T09:00:00.000000Z', 'app', 'x', 7)
                    """)
        }
        #expect(try database.changeMark() != mark)
        let first = try database.foreignSpend(after: recovery.lastRow, at: store.clock.now())
        #expect(first.spend.map(\.userID) == ["app"])
        #expect(
            try database.foreignSpend(after: first.lastRow, at: store.clock.now()).spend.isEmpty)
    }

    @Test("keeps every version of a price in cost_models, and only the sheet's active")
    func costModels() async throws {
        let store = Store()
        let database = try store.open()
        func book(_ price: String, _ version: String) throws -> PriceBook {
            let sheet = """
                schema: 1
                provider: p
                version: \(version)
                models:
                  - id: m
                    context_window: 1
                    maximum_output: 1
                    prices: [{ per_million: { input: \(price), output: 1 } }]
                """
            return PriceBook(sheets: [
                try PriceSheetReader(file: "p.yaml").read(sheet, provider: "p")
            ])
        }
        try database.store(try book("2", "2026-01-01"), at: store.clock.now())
        try database.store(try book("3", "2026-02-01"), at: store.clock.now())
        let reader = try DatabaseQueue(path: database.path)
        let rows = try await reader.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT price_version, cost_per_1k_input_tokens, active FROM cost_models
                    ORDER BY id
                    """
            ).map { "\($0[0] as String) \($0[1] as String) \($0[2] as Int)" }
        }
        #expect(
            rows == [
                "p/m@always#2026-01-01 0.002000000000 0", "p/m@always#2026-02-01 0.003000000000 1",
            ])
    }

    @Test("finds a key by its digest until it is revoked, and keeps its name taken")
    func keys() throws {
        let store = Store()
        let database = try store.open()
        let key = GatewayKey(id: "key_1", name: "web", userID: "u1", projectID: nil)
        try database.add(key, digest: [1, 2, 3], at: store.clock.now())
        #expect(try database.keys() == [[1, 2, 3]: key])
        #expect(throws: LedgerStoreError.self) {
            try database.add(key, digest: [4], at: store.clock.now())
        }
        #expect(try database.revokeKey("web", at: store.clock.now()))
        #expect(try database.keys().isEmpty && !database.revokeKey("web", at: store.clock.now()))
    }

    @Test(
        "adds up by any one or two dimensions",
        arguments: [
            ("model", 1), ("user", 2), ("day", 1), ("user,model", 2), ("hour,user", 2),
        ])
    func reports(by: String, lines: Int) async throws {
        let store = Store()
        let database = try store.open()
        await store.write(
            [
                .conclude(try store.record(1)), .conclude(try store.record(2, user: "u2")),
                .conclude(try store.record(3)),
            ], to: database)
        let report = try database.report(
            SpendQuery(
                dimensions: try #require(SpendDimension.list(by)), since: Instant(seconds: 0),
                until: store.clock.now().advanced(bySeconds: 1)))
        #expect(report.lines.count == lines)
        #expect(report.total.calls == 3 && report.total.cost.dollars == "0.750000000000")
    }
}
