import Accounting
import Chronology
import Money
import Testing

/// What the ledger decides, call by call.
@Suite("Ledger policies")
struct LedgerPolicyTests {
    private let noon = Instant(text: "2026-11-20T12:00:00") ?? Instant(seconds: 0)

    private func dollars(_ text: String) throws -> Amount { try Amount(dollars: text) }

    private func attempt(_ id: UInt64) -> AttemptID {
        AttemptID(call: CallID(milliseconds: id, random: (id, id)), attempt: 1)
    }

    private func ledger(_ budget: Budget) -> Ledger {
        var ledger = Ledger()
        if case .want(let keys)? = ledger.step(.configure([budget]), at: noon).first {
            _ = ledger.step(.count([], for: keys, isLast: true), at: noon)
        }
        return ledger
    }

    private func attributes(_ user: String = "u1") -> CallAttributes {
        var attributes = CallAttributes(user: user)
        attributes.session = "s1"
        return attributes
    }

    private func claim(_ id: UInt64, _ bound: String, usual: String? = nil) throws -> CallClaim {
        CallClaim(
            attempt: attempt(id), attributes: attributes(), bound: try dollars(bound),
            usual: try usual.map(dollars))
    }

    private func isAdmitted(_ actions: [LedgerAction]) -> Bool {
        if case .admit? = actions.first { return true }
        return false
    }

    @Test("a learned budget sets a safety stock aside beside what is usual")
    func learned() throws {
        var budget = Budget(
            id: BudgetID(1), scope: .system, limits: [.daily: try dollars("10")], mode: .enforce,
            nearLimit: .learned)
        budget.thresholds = []
        var ledger = ledger(budget)
        var count: UInt64 = 0
        while isAdmitted(
            ledger.step(.reserve(try claim(count, "1", usual: "0.1")), at: noon))
        {
            count += 1
        }
        // Strictly 10 would fit. With n in flight some can cost 1 instead of 0.1: of 34 calls
        // 6 × 0.9 is kept, and 34 × 0.1 + 5.4 = 8.8; of 52 it is 52 × 0.1 + 5.4 > 10.
        #expect(count > 30 && count < 53)
        let standing = try #require(ledger.standings(at: noon).first)
        #expect(standing.held <= standing.limit)
        for id in 0..<count { _ = ledger.step(.void(attempt(id)), at: noon) }
        #expect(ledger.standings(at: noon).first?.held == .zero)
    }

    @Test("what is usual is said of 200 calls and more, and lies above 99 of 100")
    func usual() throws {
        var history = CostHistory()
        for index in 0..<199 { history.note(Amount(picodollars: Int128(index))) }
        #expect(history.usual == nil)
        for index in 199..<10_000 { history.note(Amount(picodollars: Int128(index * 1_000))) }
        let usual = try #require(history.usual)
        #expect(usual.picodollars >= 9_900_000 && usual.picodollars <= 9_900_000 * 9 / 8)
        history.note(Amount(picodollars: Int128(Int64.max)))
        history.note(.zero)
        #expect(history.usual != nil)
    }

    @Test("a loop breaker trips at many times the usual minute, and not at the usual")
    func breaker() throws {
        var budget = Budget(id: BudgetID(1), scope: Scope(.session, "*"))
        budget.breaker = BreakerRule(action: .stop, factor: 5, floor: try dollars("0.01"))
        var ledger = ledger(budget)
        var id: UInt64 = 0
        func spend(_ cost: String, at moment: Instant) throws -> [LedgerAction] {
            id += 1
            guard isAdmitted(ledger.step(.reserve(try claim(id, cost)), at: moment)) else {
                return []
            }
            return ledger.step(
                .settle(attempt(id), cost: try dollars(cost), tokens: 1), at: moment)
        }
        var now = noon
        for _ in 0..<10 {
            now = now.advanced(bySeconds: 60)
            for action in try spend("0.1", at: now) {
                if case .trip = action { Issue.record("tripped at the usual") }
            }
        }
        now = now.advanced(bySeconds: 61)
        var trips = 0
        for _ in 0..<8 {
            for action in try spend("0.1", at: now) {
                guard case .trip(let trip) = action else { continue }
                trips += 1
                #expect(trip.scope == Scope(.session, "s1"))
                #expect(trip.cause.text.contains("usual are 0.10"))
            }
        }
        #expect(trips == 1)
        #expect(!isAdmitted(ledger.step(.reserve(try claim(999, "0.1")), at: now)))
        let later = now.advanced(bySeconds: budget.breaker?.stopSeconds ?? 0)
        #expect(isAdmitted(ledger.step(.reserve(try claim(999, "0.1")), at: later)))
    }

    @Test("a rolling window gives room again as its oldest spend leaves it")
    func rolling() throws {
        var ledger = ledger(
            Budget(
                id: BudgetID(1), scope: .system,
                limits: [.rolling(seconds: 3_600): try dollars("1")], mode: .enforce))
        #expect(isAdmitted(ledger.step(.reserve(try claim(1, "0.6")), at: noon)))
        _ = ledger.step(.settle(attempt(1), cost: try dollars("0.6"), tokens: 1), at: noon)
        guard
            case .refuse(let refusal)? =
                ledger.step(.reserve(try claim(2, "0.6")), at: noon.advanced(bySeconds: 600)).first
        else {
            Issue.record("not refused")
            return
        }
        // A slot of a minute counts until all of it is an hour old.
        let opensAt = try #require(refusal.opensAt)
        #expect(opensAt == noon.advanced(bySeconds: 3_660))
        let before = Instant(microseconds: opensAt.microseconds - 1)
        #expect(!isAdmitted(ledger.step(.reserve(try claim(3, "0.6")), at: before)))
        #expect(isAdmitted(ledger.step(.reserve(try claim(4, "0.6")), at: opensAt)))
    }

    @Test(
        "names of models that a limit counts by",
        arguments: [
            ("gpt-4o-2024-08-06", "gpt-4o", ["gpt-4o", "gpt-4o-2024-08-06"]),
            ("claude-3-5-haiku-latest", nil, ["claude-3-5-haiku-latest", "claude-3-5-haiku"]),
            ("claude-sonnet-4@20250514", nil, ["claude-sonnet-4@20250514", "claude-sonnet-4"]),
            ("m", "m", ["m"]), (nil, nil, []),
        ] as [(String?, String?, [String])])
    func modelNames(requested: String?, priced: String?, names: [String]) {
        #expect(ModelNames.all(requested: requested, priced: priced) == names)
    }

    @Test(
        "scopes are read from text and written back",
        arguments: [
            "system", "user:u1", "user:*", "project:", "key:web", "model:ft:gpt-4o:me",
            "tag:feature=chat", "tag:feature=", "tag:feature=*", "tag:a=b=c", "session:s-1",
        ])
    func scopes(text: String) throws {
        #expect(try #require(Scope(text: text)).description == text)
        #expect(Scope(stored: text)?.description == text)
    }

    @Test(
        "what is no scope is refused",
        arguments: ["", "a b", "planet:earth", "tag:x", "tag:=x", "system:x", "user:\u{7}", "a:b"])
    func badScopes(text: String) { #expect(Scope(text: text) == nil) }
}
