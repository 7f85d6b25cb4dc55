import Accounting
import Chronology
import Foundation
import Gateway
import Money
import Reporting
import StorePostgres
import Stores
import TestSupport
import Testing

/// What holds of every store: values in memory, SQLite, PostgreSQL, and PostgreSQL through a pooler
/// in transaction mode.
@Suite("Every store")
struct StoreConformanceTests {
    @Test("of the machine is among those that are tested")
    func allArePresent() {
        let isAsked = ProcessInfo.processInfo.environment["SPENDFUSE_TEST_ALL_STORES"] != nil
        #expect(!isAsked || StoreKind.present == StoreKind.allCases)
    }

    @Test("changes limits as a whole or not at all, and says who did", arguments: StoreKind.present)
    func limits(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let (user, system) = (BudgetName(.user("u1")), BudgetName(.system, "cap"))
        func set(_ names: [BudgetName], _ dollars: String?, failing: BudgetName? = nil) throws
            -> [BudgetChange]
        {
            try test.store.change(names, by: "anna", at: test.clock.now()) { name, known in
                if name == failing { throw StoreError("no") }
                guard let dollars else { return nil }
                var budget = known ?? Budget(scope: name.scope, name: name.name)
                budget.limits = [.monthly: try Amount(dollars: dollars)]
                return budget
            }
        }
        #expect(throws: StoreError.self) { try set([user, system], "5", failing: system) }
        #expect(try test.store.budgets().isEmpty)
        _ = try set([user, system], "5")
        let first = try test.store.budgets()
        #expect(first.map(\.scope) == [.system, .user("u1")])
        #expect(first.map(\.name) == ["cap", ""])
        test.clock.advance(seconds: 60)
        let changes = try set([user], "7.5")
        #expect(changes.first?.before?.limits[.monthly]?.dollars == "5.000000000000")
        #expect(changes.first?.after?.limits[.monthly]?.dollars == "7.500000000000")
        #expect(changes.first?.after?.id == first[1].id, "a limit that changes stays itself")
        _ = try set([user], nil)
        _ = try set([user], "1")
        let last = try test.store.budgets()
        #expect(last[1].id > first[1].id, "a limit that is set again is another one")
        let audit = try test.store.auditEntries(
            since: Instant(seconds: 0), until: test.clock.now().advanced(bySeconds: 1), limit: 9)
        #expect(
            audit.map(\.change.action) == [
                "limit.create", "limit.remove", "limit.change", "limit.create", "limit.create",
            ])
        #expect(Set(audit.map(\.change.actor)) == ["anna"])
        let newest = try test.store.auditEntries(
            since: test.clock.now(), until: test.clock.now().advanced(bySeconds: 1), limit: 2)
        #expect(newest.map(\.change.action) == ["limit.create", "limit.remove"])
        #expect(
            try test.store.budgetStarts()[last[0].id]
                == first.first.map { _ in
                    test.clock.now().advanced(bySeconds: -60)
                })
    }

    @Test("keeps every field of a limit", arguments: StoreKind.present)
    func limitFields(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let name = BudgetName(.tag("feature", "chat"), "all")
        var wanted = Budget(scope: name.scope, name: name.name)
        wanted.limits = [
            .hourly: try Amount(dollars: "0.000000000001"), .daily: try Amount(dollars: "2"),
            .weekly: try Amount(dollars: "3"), .monthly: try Amount(dollars: "4"),
            .total: try Amount(dollars: "9000000"), .perCall: try Amount(dollars: "6"),
            .rolling(seconds: 7_200): try Amount(dollars: "7"),
        ]
        wanted.mode = .enforce
        wanted.nearLimit = .clamp
        wanted.thresholds = [10, 100, 150]
        wanted.rates = [RateLimit(.requests, 60)]
        wanted.raises = [
            LimitRaise(
                window: .daily, amount: try Amount(dollars: "5"),
                until: try #require(Instant(text: "2026-12-01T00:00:00")))
        ]
        wanted.breaker = BreakerRule(
            action: .stop, factor: 5, floor: try Amount(dollars: "0.5"), ceiling: nil,
            stopSeconds: 600)
        wanted.alertEmail = "a@example.org"
        wanted.alertWebhook = "https://example.org/hook?a='b'"
        let chosen = wanted
        let changes = try test.store.change([name], by: "me", at: test.clock.now()) { _, _ in
            chosen
        }
        wanted.id = try #require(changes.first?.after?.id)
        #expect(try test.store.budgets() == [wanted])
    }

    @Test("keeps keys by name, once, and tells which are in force", arguments: StoreKind.present)
    func keys(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        var policy = KeyPolicy()
        policy.tags = [CallAttributes.Tag(name: "team", value: "a'b")]
        policy.trusted = [.session]
        policy.required = ["project"]
        policy.blockStatus = 403
        let web = GatewayKey(
            id: "key_1", name: "web", userID: "u1", projectID: "shop", policy: policy)
        try test.store.add(web, digest: [1, 2, 3], by: "me", at: test.clock.now())
        #expect(throws: StoreError.self) {
            try test.store.add(
                GatewayKey(id: "key_2", name: "web", userID: "u2", projectID: nil),
                digest: [4], by: "me", at: test.clock.now())
        }
        #expect(
            try test.store.rotateKey("web", digest: [9], by: "me", at: test.clock.now()))
        #expect(try !test.store.revokeKey("nobody", by: "me", at: test.clock.now()))
        #expect(try test.store.keyListings().map(\.key) == [web])
        #expect(try test.store.keyListings().first?.revokedAt == nil)
        #expect(try test.store.revokeKey("key_1", by: "me", at: test.clock.now()))
        #expect(try !test.store.revokeKey("web", by: "me", at: test.clock.now()))
        #expect(try test.store.keyListings().first?.revokedAt == test.clock.now().text)
        let audit = try test.store.auditEntries(
            since: Instant(seconds: 0), until: test.clock.now().advanced(bySeconds: 1), limit: 9)
        #expect(audit.map(\.change.action) == ["key.revoke", "key.rotate", "key.create"])
    }
}
