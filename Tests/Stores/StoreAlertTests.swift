import Accounting
import Chronology
import Money
import Stores
import TestSupport
import Testing

@Suite("Alerts of every store")
struct StoreAlertTests {
    /// Alerts of a limit of one dollar a day that calls of 60 cents pass.
    private func alerts(_ test: StoreUnderTest) throws -> [BudgetAlert] {
        let changes = try test.store.change(
            [BudgetName(.user("u1"))], by: "me", at: test.clock.now()
        ) { name, _ in
            var budget = Budget(scope: name.scope)
            budget.limits = [.daily: try Amount(dollars: "1")]
            budget.alertEmail = "a@example.org"
            return budget
        }
        let budget = try #require(changes.first?.after)
        var ledger = Ledger()
        let now = test.clock.now()
        for case .want(let keys) in ledger.step(.configure([budget]), at: now) {
            _ = ledger.step(.count([], for: keys, isLast: true), at: now)
        }
        var alerts: [BudgetAlert] = []
        for number in UInt64(1)...2 {
            let attempt = AttemptID(
                call: CallID(milliseconds: number, random: (1, 1)), attempt: 1)
            let claim = CallClaim(
                attempt: attempt, attributes: CallAttributes(user: "u1"),
                bound: try Amount(dollars: "0.6"))
            let actions =
                ledger.step(.reserve(claim), at: now)
                + ledger.step(
                    .settle(attempt, cost: try Amount(dollars: "0.6"), tokens: 1), at: now)
            for case .alert(let alert) in actions { alerts.append(alert) }
        }
        return alerts
    }

    @Test(
        "are kept once, newest first, until somebody acknowledges them",
        arguments: StoreKind.present)
    func acknowledging(kind: StoreKind) async throws {
        let test = try StoreUnderTest(kind)
        let raised = try alerts(test)
        #expect(raised.map(\.threshold) == [50, 75, 90, 100])
        for alert in raised + raised { try await test.raise(alert) }
        let open = try test.store.alerts(all: false, since: Instant(seconds: 0), limit: 99)
        #expect(open.map(\.threshold) == [100, 90, 75, 50])
        #expect(open.allSatisfy { $0.scope == "user:u1" && $0.userID == "u1" })
        #expect(try test.store.openCounts().alerts == 4)
        let oldest = try #require(open.last)
        #expect(oldest.percent == "60.00" && oldest.severity == "warning")
        #expect(try test.store.acknowledge([oldest.id], by: "anna", at: test.clock.now()) == 1)
        #expect(try test.store.acknowledge([oldest.id], by: "anna", at: test.clock.now()) == 0)
        #expect(try test.store.openCounts().alerts == 3)
        #expect(
            try test.store.alerts(all: false, since: Instant(seconds: 0), limit: 2)
                .map(\.threshold) == [100, 90])
        #expect(try test.store.acknowledge(nil, by: "anna", at: test.clock.now()) == 3)
        let all = try test.store.alerts(all: true, since: Instant(seconds: 0), limit: 99)
        #expect(all.map(\.acknowledgedBy) == Array(repeating: "anna", count: 4))
        let later = test.clock.now().advanced(bySeconds: 1)
        #expect(try test.store.alerts(all: true, since: later, limit: 99).isEmpty)
    }

    @Test("are handed to each channel once, and by one process", arguments: StoreKind.present)
    func deliveries(kind: StoreKind) async throws {
        let test = try StoreUnderTest(kind)
        let alert = try #require(try alerts(test).first)
        try await test.raise(alert)
        let now = test.clock.now()
        for _ in 1...2 {
            var count = 0
            try test.store.dispatchAlerts(
                limit: 10, at: now, channels: { _ in ["ops", "mail"] },
                messageID: {
                    count += 1
                    return "message \(count)"
                })
        }
        let due = try test.store.dueDeliveries(limit: 10, at: now)
        #expect(due.map(\.channel).sorted() == ["mail", "ops"])
        #expect(due.allSatisfy { $0.budgetEmail == "a@example.org" && $0.attempts == 0 })
        #expect(Set(due.map(\.messageID)).count == 2)
        let (ops, mail) = (
            try #require(due.first { $0.channel == "ops" }),
            try #require(due.first { $0.channel == "mail" })
        )
        let retry = now.advanced(bySeconds: 30)
        #expect(try test.store.claim(ops, until: retry))
        #expect(try !test.store.claim(ops, until: retry), "another process has it")
        try test.store.note(
            DeliveryAttempt(isDelivered: false, status: 503, error: "busy", milliseconds: 5),
            of: ops, isLast: false, at: now)
        try test.store.dropDelivery(mail.id)
        #expect(try test.store.dueDeliveries(limit: 10, at: now).isEmpty)
        func shown() throws -> String? {
            try test.store.alerts(all: true, since: Instant(seconds: 0), limit: 9).first?.deliveries
        }
        #expect(try shown() == "ops: waiting (busy)")
        let again = try #require(try test.store.dueDeliveries(limit: 10, at: retry).first)
        #expect(again.attempts == 1 && again.messageID == ops.messageID)
        #expect(try test.store.claim(again, until: retry.advanced(bySeconds: 60)))
        try test.store.note(
            DeliveryAttempt(isDelivered: true, status: 200, error: nil, milliseconds: 5),
            of: again, isLast: false, at: retry)
        #expect(try shown() == "ops: delivered")
        #expect(
            try test.store.dueDeliveries(limit: 10, at: retry.advanced(bySeconds: 999)).isEmpty)
    }
}
