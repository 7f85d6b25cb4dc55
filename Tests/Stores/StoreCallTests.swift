import Accounting
import Chronology
import Foundation
import Money
import Reporting
import Stores
import TestSupport
import Testing

@Suite("Rows of every store")
struct StoreCallTests {
    /// JSON without the order and spaces in which a store happens to keep it.
    private func plain(_ row: CallRow) throws -> [String] {
        try row.cells.map { cell in
            guard case .json(let json) = cell else { return "\(cell)" }
            let value = try JSONSerialization.jsonObject(
                with: Data(json.utf8), options: .fragmentsAllowed)
            let data = try JSONSerialization.data(
                withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
            return String(decoding: data, as: UTF8.self)
        }
    }

    @Test("are written once, and read back as they were", arguments: StoreKind.present)
    func rows(kind: StoreKind) async throws {
        let (test, model) = (try StoreUnderTest(kind), try StoreUnderTest(.memory))
        var samples = StoreSamples(seed: 1, from: test.clock.now())
        let records = (1...60).map { samples.record($0) }
        for under in [test, model] {
            try await under.record(records)
            try await under.record(Array(records.prefix(20)))
        }
        var corrected = try #require(records.first { $0.status == .success })
        corrected.cost = corrected.cost + (try Amount(dollars: "0.5"))
        corrected.outputTokens += 7
        corrected.model = "m9"
        for under in [test, model] { try await under.correct(corrected) }
        let span = (Instant(seconds: 0), test.clock.now())
        for limit in [7, 1_000] {
            let rows = try test.store.calls(since: span.0, until: span.1, limit: limit)
            let expected = try model.store.calls(since: span.0, until: span.1, limit: limit)
            #expect(try rows.map(plain) == expected.map(plain))
        }
        let edge = records[5].admittedAt
        for (since, until) in [(edge, span.1), (span.0, edge)] {
            #expect(
                try test.store.calls(since: since, until: until, limit: 99).count
                    == model.store.calls(since: since, until: until, limit: 99).count)
        }
        let attempts = try test.store.attempts(of: corrected.attempt.call)
        #expect(attempts.count == 1 && attempts.first?.text("model") == "m9")
    }

    @Test("are listed by whatever is asked for, a page at a time", arguments: StoreKind.present)
    func lists(kind: StoreKind) async throws {
        let (test, model) = (try StoreUnderTest(kind), try StoreUnderTest(.memory))
        var samples = StoreSamples(seed: 4, from: test.clock.now())
        let records = (1...120).map { samples.record($0) }
        for under in [test, model] { try await under.record(records) }
        for _ in 0..<60 {
            let asked = try samples.query()
            var query = CallQuery(
                since: asked.since, until: asked.until, limit: Int.random(in: 1...40))
            query.filters = asked.filters
            query.status = ["success", "error", "blocked", nil, nil].randomElement() ?? nil
            query.offset = Int.random(in: 0...20)
            let (rows, expected) = (
                try test.store.calls(query).map(plain), try model.store.calls(query).map(plain)
            )
            #expect(rows == expected, "\(query)")
        }
    }

    @Test("are judged by the same samples and ratings", arguments: StoreKind.present)
    func judging(kind: StoreKind) async throws {
        let (test, model) = (try StoreUnderTest(kind), try StoreUnderTest(.memory))
        var samples = StoreSamples(seed: 5, from: test.clock.now())
        let records = (1...120).map { samples.record($0) }
        for under in [test, model] { try await under.record(records) }
        for (number, record) in records.enumerated() where number % 3 == 0 {
            for under in [test, model] {
                _ = try under.store.rate(record.attempt.call, number % 2 == 0 ? .up : .down)
            }
        }
        for (days, limit) in [(9, 500), (2, 500), (9, 25)] {
            let since = test.clock.now().advanced(bySeconds: -Int64(days) * 86_400)
            var query = CallQuery(since: since, until: test.clock.now(), limit: limit)
            query.filters = days == 2 ? [SpendFilter(.user, "u1")] : []
            let shown = try test.store.samples(query)
            let expected = try model.store.samples(query)
            #expect(shown.map { "\($0)" } == expected.map { "\($0)" })
            #expect(shown.count > 10)
            let (first, last) = (
                CivilDate(since), CivilDate(since).advanced(byDays: Int64(days) / 2)
            )
            #expect(
                try test.store.ratings(since: first, through: last)
                    == model.store.ratings(since: first, through: last))
        }
        let today = CivilDate(test.clock.now())
        #expect(
            try !test.store.ratings(since: today.advanced(byDays: -9), through: today).isEmpty)
    }

    @Test(
        "add up to what their reports say, whatever is asked",
        arguments: StoreKind.present, [UInt64(1), 2])
    func reports(kind: StoreKind, seed: UInt64) async throws {
        let (test, model) = (try StoreUnderTest(kind), try StoreUnderTest(.memory))
        var samples = StoreSamples(seed: seed, from: test.clock.now())
        func compare(_ queries: Int, _ what: Comment) throws {
            for _ in 0..<queries {
                let query = try samples.query()
                let (shown, expected) = (
                    try test.store.report(query).table, try model.store.report(query).table
                )
                let isEqual = "\(shown.rows)" == "\(expected.rows)"
                #expect(isEqual, what)
                if !isEqual { Issue.record("\(query)\n\(shown.rows)\n\(expected.rows)") }
            }
        }
        let first = (1...150).map { samples.record($0) }
        for under in [test, model] { try await under.record(first) }
        try await test.rollUp()
        try compare(150, "rolled up")
        // Some that are not rolled up yet, and a change of one that is.
        let later = (200...260).map { samples.record($0) }
        for under in [test, model] { try await under.record(later) }
        for var record in first.filter({ $0.status == .success }).prefix(5) {
            record.cost = record.cost + (try Amount(dollars: "1"))
            record.model = "m3"
            record.usageStatus = "estimated"
            for under in [test, model] { try await under.correct(record) }
        }
        try compare(150, "with rows that are new and changed")
        try await test.rollUp()
        try compare(80, "rolled up again")
        // Some are deleted by retention, and then all: their numbers come again.
        for under in [test, model] {
            try under.deleteCalls(before: under.clock.now().advanced(bySeconds: -2 * 86_400))
        }
        try compare(80, "partly deleted")
        for under in [test, model] {
            try under.deleteCalls(before: under.clock.now().advanced(bySeconds: 1))
        }
        let last = (300...360).map { samples.record($0) }
        for under in [test, model] { try await under.record(last) }
        try compare(40, "written anew")
        try await test.rollUp()
        try compare(80, "written anew and rolled up")
    }

    @Test("count in limits that are set after them", arguments: StoreKind.present)
    func standings(kind: StoreKind) async throws {
        let (test, model) = (try StoreUnderTest(kind), try StoreUnderTest(.memory))
        var samples = StoreSamples(seed: 3, from: test.clock.now())
        let records = (1...80).map { samples.record($0) }
        for under in [test, model] {
            try await under.record(records)
            let names = [Scope.system, .user("u1"), Scope(.project, "web"), .user("nobody")]
                .map { BudgetName($0) }
            _ = try under.store.change(names, by: "me", at: under.clock.now()) { name, _ in
                var budget = Budget(scope: name.scope)
                budget.limits = [
                    .daily: try Amount(dollars: "1"), .monthly: try Amount(dollars: "9"),
                    .total: try Amount(dollars: "90"),
                    .rolling(seconds: 172_800): try Amount(dollars: "5"),
                ]
                return budget
            }
            try under.countLimits()
        }
        func shown(_ under: StoreUnderTest) throws -> [String] {
            try under.store.standings(at: under.clock.now())
                .map { "\($0.label) \($0.window.name) \($0.settled.dollars)" }.sorted()
        }
        #expect(try shown(test) == shown(model))
        #expect(try shown(test).count == 16)
    }

    @Test("are replayed in the order of time", arguments: StoreKind.present)
    func pastCalls(kind: StoreKind) async throws {
        let (test, model) = (try StoreUnderTest(kind), try StoreUnderTest(.memory))
        var samples = StoreSamples(seed: 4, from: test.clock.now())
        let records = (1...50).map { samples.record($0) }
        func calls(_ under: StoreUnderTest) throws -> [String] {
            var lines: [String] = []
            try under.store.pastCalls(
                since: records[0].admittedAt, until: under.clock.now()
            ) { call in
                lines.append(
                    "\(call.callID) \(call.admittedAt) \(call.cost) \(call.held) \(call.tokens)"
                        + " \(call.milliseconds) \(call.attributes.user)")
            }
            return lines
        }
        for under in [test, model] { try await under.record(records) }
        #expect(try calls(test) == calls(model))
        #expect(try calls(test).isEmpty == false)
    }

    @Test("are listed by what they cost, and rated", arguments: StoreKind.present)
    func dearest(kind: StoreKind) async throws {
        let (test, model) = (try StoreUnderTest(kind), try StoreUnderTest(.memory))
        var samples = StoreSamples(seed: 6, from: test.clock.now())
        let records = (1...70).map { samples.record($0) }
        for under in [test, model] { try await under.record(records) }
        func dearest(_ under: StoreUnderTest, _ since: Instant, _ limit: Int) throws -> [String] {
            try under.store.dearestCalls(since: since, until: under.clock.now(), limit: limit)
                .map { "\($0.text("call_id") ?? "") \($0.money("cost_usd")?.dollars ?? "")" }
        }
        for (since, limit) in [(Instant(seconds: 0), 10), (records[3].admittedAt, 99)] {
            #expect(try dearest(test, since, limit) == dearest(model, since, limit))
        }
        #expect(try dearest(test, test.clock.now(), 5).isEmpty)
        let call = try #require(records.first { $0.status == .success }).attempt.call
        #expect(try test.store.rate(call, .up))
        #expect(try !test.store.rate(CallID(milliseconds: 1, random: (0, 0)), .up))
    }

    @Test("are adjusted beside themselves, once", arguments: StoreKind.present)
    func adjustments(kind: StoreKind) async throws {
        let test = try StoreUnderTest(kind)
        var samples = StoreSamples(seed: 5, from: test.clock.now())
        var records = (1...3).map { samples.record($0) }
        for index in records.indices {
            records[index].status = .success
            records[index].usageStatus = "exact"
            records[index].cost = try Amount(dollars: "2")
            records[index].metadata = #"{"unpriced":true}"#
            records[index].model = "m1"
        }
        records[2].model = nil
        try await test.record(records)
        try await test.rollUp()
        let unpriced = try test.store.unpriced(since: Instant(seconds: 0))
        #expect(unpriced.reduce(0) { $0 + $1.calls } == 3)
        #expect(unpriced.contains { $0.what == "(no model)" && $0.calls == 1 })
        let adjustment = PriceAdjustment(
            callID: records[0].attempt.call.description, attempt: 1, model: "m1",
            booked: try Amount(dollars: "2"), earlier: .zero, cost: try Amount(dollars: "0.5"),
            version: "v2", versionBefore: nil)
        #expect(try test.store.adjust([adjustment], at: test.clock.now()) == 1)
        #expect(try test.store.adjust([adjustment], at: test.clock.now()) == 0)
        let sums = try test.store.adjustments(
            since: Instant(seconds: 0), until: test.clock.now())
        #expect(sums.values.map(\.dollars) == ["-1.500000000000"])
        let total = try test.store.report(
            SpendQuery(
                dimensions: [.user], since: Instant(seconds: 0), until: test.clock.now())
        ).total
        #expect(total.cost.dollars == "4.500000000000" && total.calls == 3)
    }
}
