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
import Stores
import TestSupport
import Testing
import ZoneDatabase

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
            try LedgerDatabase(
                directory: folder, isServer: true, clock: clock, zones: SystemZones())
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

        func limit(
            _ database: LedgerDatabase, _ scope: Scope, _ limits: [BudgetWindow: String],
            mode: Budget.Mode = .alert
        ) throws {
            let amounts = try limits.mapValues { try Amount(dollars: $0) }
            _ = try database.change(
                [BudgetName(scope)], by: "me", at: clock.now()
            ) { _, known in
                var budget = known ?? Budget(scope: scope)
                budget.limits = amounts
                budget.mode = mode
                return budget
            }
        }

        func settled(_ ledger: Ledger) throws -> [String] {
            ledger.standings(at: clock.now()).map(\.settled.dollars)
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
        await store.write([.conclude(record, []), .conclude(record, [])], to: database)
        await store.write([.conclude(record, [])], to: database)
        let total = try store.total(database)
        #expect(total.calls == 1 && total.cost.dollars == "0.250000000000")
        #expect(try database.openCounts().holds == 0)
    }

    @Test("books holds that a dead process left in full, once")
    func recovery() async throws {
        let store = Store()
        let database = try store.open()
        await store.write([.hold(try store.record(1)), .hold(try store.record(2))], to: database)
        await store.write([.conclude(try store.record(2), [])], to: database)
        try store.limit(database, .system, [.daily: "5"])
        let start = try database.start(at: store.clock.now())
        #expect(start.expiredHolds == 1)
        #expect(try store.settled(start.ledger) == ["1.250000000000"])
        let again = try database.start(at: store.clock.now())
        #expect(try again.expiredHolds == 0 && store.settled(again.ledger) == ["1.250000000000"])
        let row = try #require(
            try database.attempts(of: CallID(milliseconds: 1, random: (1, 2))).first)
        #expect(row.text("usage_status") == "estimated")
        #expect(row.money("cost_usd")?.dollars == "1.000000000000")
    }

    @Test("adds up open windows only, by hour, so that a restart counts what was spent")
    func openWindows() async throws {
        let store = Store()
        let database = try store.open()
        await store.write([.conclude(try store.record(1, cost: "1"), [])], to: database)
        store.clock.advance(seconds: 40 * 86_400)
        await store.write([.conclude(try store.record(2, cost: "2"), [])], to: database)
        try store.limit(database, .system, [.monthly: "5", .total: "9"])
        let start = try database.start(at: store.clock.now())
        #expect(try store.settled(start.ledger) == ["2.000000000000", "3.000000000000"])
    }

    @Test("keeps limits, changes only what is named, clears one, and notes who did it")
    func budgets() throws {
        let store = Store()
        let database = try store.open()
        try store.limit(database, .user("u1"), [.monthly: "50", .daily: "5"], mode: .enforce)
        try store.limit(database, .user("u1"), [.monthly: "50"], mode: .enforce)
        let budget = try #require(try database.budgets().first)
        #expect(budget.limits == [.monthly: try Amount(dollars: "50")] && budget.mode == .enforce)
        try store.limit(database, .system, [.daily: "1"])
        try store.limit(database, .system, [.daily: "1"])
        #expect(try database.budgets().map(\.scope) == [.system, .user("u1")])
        let name = BudgetName(.system)
        let removed = try database.change([name], by: "me", at: store.clock.now()) { _, _ in nil }
        #expect(removed.first?.before?.scope == .system)
        let audit = try database.auditEntries(
            since: Instant(seconds: 0), until: store.clock.now().advanced(bySeconds: 1), limit: 9)
        #expect(
            audit.map(\.change.action) == [
                "limit.remove", "limit.create", "limit.change", "limit.create",
            ])
        #expect(audit.first?.change.before == #"{"daily":"1.00","mode":"alert"}"#)
    }

    @Test("keeps every field of a budget")
    func budgetFields() throws {
        let store = Store()
        let database = try store.open()
        let zones = SystemZones()
        let fields: [(BudgetField, String)] = [
            (.hourly, "1.00"), (.weekly, "2.50"), (.total, "100.00"), (.perCall, "0.000001"),
            (.rolling, "5h=2.50,7d=20.00"), (.requestsPerMinute, "60"), (.moneyPerMinute, "1.00"),
            (.concurrentCalls, "3"), (.mode, "shadow"), (.nearLimit, "clamp"),
            (.timeZone, "America/New_York"), (.weekStart, "sunday"), (.alertAt, "80,100"),
            (.breaker, "stop"), (.burnFactor, "5"), (.burnFloor, "0.25"), (.burnLimit, "3.00"),
            (.stopFor, "30m"), (.alertEmail, "ops@example.com"),
            (.alertWebhook, "https://example.com/hook"),
        ]
        let name = BudgetName(.tag("feature", "chat"), "trial")
        _ = try database.change([name], by: "me", at: store.clock.now()) { _, _ in
            var budget = Budget(scope: name.scope, name: name.name)
            for (field, text) in fields { try budget.set(field, text, zones: zones) }
            return budget
        }
        let budget = try #require(try database.budgets().first)
        for (field, text) in fields where field != .alertWebhook {
            #expect(budget.text(of: field) == text, "\(field)")
        }
        // An address can hold a token, so that lists and the audit show its host alone.
        #expect(budget.alertWebhook == "https://example.com/hook")
        #expect(budget.text(of: .alertWebhook)?.hasPrefix("https://example.com/***#") == true)
    }

    @Test(
        "counts what was spent before a limit was set, whatever its scope",
        arguments: [
            ("system", "3.00"), ("user:u1", "1.00"), ("user:*", "1.00 2.00"), ("project:p", "1.00"),
            ("project:", "2.00"), ("project:*", "1.00 2.00"), ("key:web", "1.00"),
            ("key:key_1", "1.00"), ("provider:openai", "3.00"), ("model:m", "3.00"),
            ("model:m-2026-01-01", "1.00"), ("endpoint:chat_completions", "3.00"),
            ("session:s", "1.00"), ("session:", "2.00"), ("tag:feature=chat", "1.00"),
            ("tag:feature=", "2.00"), ("tag:feature=*", "1.00 2.00"), ("tag:team=", "3.00"),
        ])
    func history(scope: String, settled: String) async throws {
        let store = Store()
        let database = try store.open()
        let key = GatewayKey(id: "key_1", name: "web", userID: "u1", projectID: nil)
        try database.add(key, digest: [1], by: "me", at: store.clock.now())
        var first = try store.record(1, cost: "1")
        first.projectID = "p"
        first.keyID = "key_1"
        first.sessionID = "s"
        first.modelRequested = "m-2026-01-01"
        first.modelPriced = "m"
        first.tags = #"{"feature":"chat","team":"nobody vouches for it"}"#
        first.uncounted = ["tag:team"]
        var second = try store.record(2, user: "u2", cost: "2")
        second.modelRequested = "m"
        await store.write([.conclude(first, []), .conclude(second, [])], to: database)
        let wanted = try #require(Scope(text: scope))
        try store.limit(database, wanted, [.daily: "5"])
        let look = try database.ledger(at: store.clock.now())
        let start = try database.start(at: store.clock.now()).ledger
        let again = try database.start(at: store.clock.now()).ledger
        for ledger in [look, start, again] {
            let found = ledger.standings(at: store.clock.now()).map(\.settled.shortDollars)
            #expect(found.sorted().joined(separator: " ") == settled)
        }
    }

    @Test("keeps the spend of a total beyond what one number of picodollars holds")
    func largeTotals() async throws {
        let store = Store()
        let database = try store.open()
        try store.limit(database, .system, [.total: "1"])
        _ = try database.start(at: store.clock.now())
        let budget = try #require(try database.budgets().first)
        func entry(_ dollars: String) throws -> SpendEntry {
            SpendEntry(
                counter: CounterKey(budget: budget.id, signature: budget.signature(of: .total)),
                scope: .system, start: Instant(seconds: 0), expiry: Instant(microseconds: .max),
                amount: try Amount(dollars: dollars))
        }
        for id in UInt64(1)...4 {
            await store.write(
                [
                    .conclude(
                        try store.record(id, cost: "1"), [try entry("9223372.036854775807")])
                ], to: database)
        }
        await store.write([.foreign([try entry("0.5")], lastRow: 99)], to: database)
        let ledger = try database.start(at: store.clock.now()).ledger
        #expect(try store.settled(ledger) == ["36893488.647419103228"])
    }

    @Test("answers the queries of the app that it grew out of")
    func appQueries() async throws {
        let store = Store()
        let database = try store.open()
        try store.limit(database, .user("u1"), [.monthly: "50"])
        await store.write([.conclude(try store.record(1), [])], to: database)
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
                    db, sql: "SELECT count(*) FROM migration_history WHERE success = 1") == 13)
        }
    }

    @Test("counts spend that another program writes, once")
    func foreignRows() async throws {
        let store = Store()
        let database = try store.open()
        await store.write([.conclude(try store.record(1), [])], to: database)
        let start = try database.start(at: store.clock.now())
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
        let first = try database.foreignSpend(after: start.lastForeign, at: store.clock.now())
        #expect(first.spend.map(\.attributes.user) == ["app"])
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
        try database.add(key, digest: [1, 2, 3], by: "me", at: store.clock.now())
        #expect(try database.keys() == [[1, 2, 3]: key])
        #expect(throws: StoreError.self) {
            try database.add(key, digest: [4], by: "me", at: store.clock.now())
        }
        let now = store.clock.now()
        #expect(try database.rotateKey("web", digest: [9], by: "me", at: now))
        #expect(try database.keys() == [[9]: key])
        #expect(try database.revokeKey("web", by: "me", at: now))
        #expect(try database.keys().isEmpty)
        #expect(try !database.revokeKey("web", by: "me", at: now))
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
                .conclude(try store.record(1), []), .conclude(try store.record(2, user: "u2"), []),
                .conclude(try store.record(3), []),
            ], to: database)
        let report = try database.report(
            SpendQuery(
                dimensions: try #require(SpendDimension.list(by)), since: Instant(seconds: 0),
                until: store.clock.now().advanced(bySeconds: 1)))
        #expect(report.lines.count == lines)
        #expect(report.total.calls == 3 && report.total.cost.dollars == "0.750000000000")
    }
}
