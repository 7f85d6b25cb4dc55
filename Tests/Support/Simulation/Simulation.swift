internal import Accounting
internal import Chronology
internal import Gateway
internal import Money
internal import Synchronization

/// One seed's life of a gateway: calls, limits that change in mid-flight, a clock that jumps,
/// a disk that refuses, crashes between any two steps, and a start after each.
///
/// The bookkeeper, the ledger and the recovery are those of the program. The auditor is not: it
/// adds everything up again after each step, from what happened alone.
package struct Simulation {
    /// A call as the world sees it.
    struct Call {
        enum Stage { case holding, sent, ended, delivered }

        let attempt: AttemptID
        /// What is true of it.
        let attributes: CallAttributes
        var admittedAt: Instant
        var granted: Amount
        let usual: Amount?
        let tokens: Int64
        var stage = Stage.holding
        /// What the provider charges, once it has the request.
        var charge = Amount.zero
        var isVoid = false
        /// What was booked, once the call has ended.
        var booked: Amount?
        var isExact = false
        /// Of a process that is gone, and settled at its hold.
        var isExpired = false
        /// Never sent, as its hold could not be written.
        var isForgotten = false
        /// Budgets whose shadow lets it pass uncounted.
        var shadowed: Set<BudgetID> = []
    }

    var generator: SeededGenerator
    let mistake: Mistake?
    var store = MemoryStore()
    var journal = SimulatedJournal()
    let clock = SimulatedClock()
    var bookkeeper: Bookkeeper
    /// A second gateway on the same store, of a mistake.
    var rival: Bookkeeper?
    var calls: [AttemptID: Call] = [:]
    var order: [AttemptID] = []
    var foreign: [Spend] = []
    /// Budgets as the auditor knows them to be in force.
    var inForce: [Budget] = []
    /// Windows that are in force only when their spend has been counted.
    var pending: PendingBudgets?
    /// Windows whose spend from before has not been added yet.
    var uncounted: Set<CounterKey> = []
    var lastForeignSeen: Int64 = 0
    /// Rows of others that the gateway has counted.
    var seenForeign = 0
    /// The ledger's own time.
    var latest = Instant(seconds: 0)
    var startedAt = Instant(seconds: 0)
    struct RateKey: Hashable {
        let budget: BudgetID
        let measure: RateLimit.Measure
    }

    /// Calls that had ended before a rate was counted.
    var endedBefore: [RateKey: Set<AttemptID>] = [:]
    var nextID: UInt64 = 1
    var violation: String?

    struct PendingBudgets {
        let budgets: [Budget]
        let wanted: [CounterKey]
        let view: SimulatedView
    }

    package init(seed: UInt64, mistake: Mistake? = nil) {
        generator = SeededGenerator(seed: seed)
        self.mistake = mistake
        store.mistake = mistake
        bookkeeper = Bookkeeper(ledger: Ledger(), journal: journal, clock: clock)
        store.budgets = randomBudgets()
        crash()
    }

    mutating func random(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    mutating func chance(_ of: Int) -> Bool { random(1...of) == 1 }

    mutating func amount(_ range: ClosedRange<Int>) -> Amount {
        Amount(picodollars: Int128(random(range)) * 1_000_000)
    }

    /// One step, then the audit. Returns what is wrong, or nil.
    package mutating func step() -> String? {
        switch random(0...23) {
        case 0...7: beginCall()
        case 8...11: writeSome()
        case 12...15: endCall()
        case 16, 17: advance()
        case 18: changeBudgets()
        case 19: takeUpBudgets()
        case 20: addForeign()
        case 21: if chance(3) { failDisk() } else { repeatMessage() }
        case 22: if chance(4) { crash() } else { writeSome() }
        default: takeUpForeign()
        }
        return violation ?? audit()
    }

    /// Everything ends; nothing may be held or missing then.
    package mutating func rest() -> String? {
        journal.set(isWritable: true)
        writeAll()
        takeUpBudgets()
        takeUpForeign()
        for attempt in order where calls[attempt]?.stage == .sent { end(attempt) }
        writeAll()
        if let violation = violation ?? audit() { return violation }
        if let wrong = auditRows() { return wrong }
        return bookkeeper.openHolds == 0 && store.held.isEmpty ? nil : "holds are left at rest"
    }

    /// A whole life; nil, or the step at which it went wrong and how.
    package static func run(seed: UInt64, steps: Int, mistake: Mistake? = nil) -> String? {
        var simulation = Simulation(seed: seed, mistake: mistake)
        for step in 0..<steps {
            if let wrong = simulation.step() { return "seed \(seed), step \(step): \(wrong)" }
        }
        return simulation.rest().map { "seed \(seed), at rest: \($0)" }
    }

    mutating func note(_ wrong: String) { violation = violation ?? wrong }
}

/// A clock that a simulation sets.
final class SimulatedClock: WallClock {
    private let moment = Mutex(Instant(text: "2026-01-31T22:30:00") ?? Instant(seconds: 0))

    func now() -> Instant { moment.withLock { $0 } }
    func set(_ now: Instant) { moment.withLock { $0 = now } }
}

/// What the store was when the journal came to the request.
final class SimulatedView: Sendable {
    private let isOpen = Mutex(false)
    var isReady: Bool { isOpen.withLock { $0 } }
    func open() { isOpen.withLock { $0 = true } }
}
