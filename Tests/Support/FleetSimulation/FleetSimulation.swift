internal import Accounting
internal import Chronology
internal import Money

/// One seed's life of one to eight gateways on one store: calls, limits that change in mid-flight,
/// statements whose outcome is in doubt, a store that is away, crashes, and starts after each.
///
/// The ledger of each gateway is the program's. The store is a model of its statements, which the
/// tests of replicas hold the real ones to. After each step everything is added up anew from the
/// calls alone.
package struct FleetSimulation {
    struct Row {
        let attempt: AttemptID
        let spend: Spend
        /// What it took out of slices of the process that settled it.
        var parts: [(key: LeaseKey, amount: Amount)]
    }

    struct Call {
        let claim: CallClaim
        let replica: Int
        let admittedAt: Instant
        let granted: Amount
        var cost: Amount?
    }

    struct Replica {
        var ledger = Ledger(isShared: true)
        var version = -1
        /// On its disk: the limits that it knew last.
        var mirrored = -1
        /// On its disk: what is to be told to the store.
        var outbox: [Row] = []
        /// The outcome of the last statement is not known.
        var isInDoubt = false
        var isAway = false
        /// Whether its slices of before its start are set aside.
        var hasBegun = false
        /// Rows that the store may have, or not.
        var doubtfulRows = 0
        /// Rows of before its start that are still to be told.
        var earlierRows = 0
    }

    var generator: SeededGenerator
    let mistake: FleetMistake?
    var model: SharedModel
    var replicas: [Replica]
    var calls: [AttemptID: Call] = [:]
    var open: [AttemptID] = []
    var now = Instant(seconds: 1_800_000_000)
    var nextID: UInt64 = 1
    var nextBudget: Int64 = 1
    /// What each window may come to: its limit, or more where it was lowered below what there was,
    /// and by what calls cost beyond their holds.
    var ceilings: [LeaseKey: Amount] = [:]
    var isSettled = false
    var violation: String?

    package static func run(
        seed: UInt64, steps: Int, mistake: FleetMistake? = nil
    ) -> String? {
        var simulation = FleetSimulation(seed: seed, mistake: mistake)
        for step in 1...steps {
            simulation.step()
            if let violation = simulation.violation ?? simulation.audit() {
                return "seed \(seed), step \(step): \(violation)"
            }
        }
        return simulation.rest().map { "seed \(seed), at rest: \($0)" }
    }

    init(seed: UInt64, mistake: FleetMistake?) {
        generator = SeededGenerator(seed: seed)
        self.mistake = mistake
        model = SharedModel(mistake: mistake)
        replicas = []
        let count = random(1...8)
        replicas = (0..<count).map { _ in Replica() }
        changeLimits()
        for index in replicas.indices { connect(index) }
    }

    mutating func random(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    mutating func chance(_ oneIn: Int) -> Bool { random(1...oneIn) == 1 }

    private mutating func step() {
        let replica = random(0...(replicas.count - 1))
        switch random(1...100) {
        case ...45: call(replica)
        case ...70: settle()
        case ...80: ship(replica)
        case ...86: giveBack(replica)
        case ...90: now = now.advanced(bySeconds: Int64(random(1...(chance(6) ? 5_000 : 30))))
        case ...93: crash(replica)
        case ...96: if chance(2) { changeLimits() } else { takeUp(replica) }
        case ...98: replicas[replica].isAway.toggle()
        default: reconnect(replica)
        }
        noteSettledLimits()
    }

    // MARK: Calls

    private static let users = ["u1", "u2", "u3"]

    private mutating func call(_ replica: Int) {
        var attributes = CallAttributes(user: Self.users[random(0...2)])
        if chance(2) { attributes.tags = [CallAttributes.Tag(name: "team", value: "a")] }
        let attempt = AttemptID(
            call: CallID(milliseconds: UInt64(now.seconds), random: (0, nextID)), attempt: 1)
        nextID += 1
        var claim = CallClaim(
            attempt: attempt, attributes: attributes,
            bound: Amount(picodollars: Int128(random(1...40))))
        for answers in 0..<CallClaim.patientAnswers + 2 {
            claim.answers = answers
            let actions = replicas[replica].ledger.step(.reserve(claim), at: now)
            switch actions.first {
            case .admit(let admittance):
                calls[attempt] = Call(
                    claim: claim, replica: replica, admittedAt: admittance.admittedAt,
                    granted: admittance.granted)
                open.append(attempt)
                return
            case .refuse(let refusal):
                check(refusal, claim)
                return
            case .lack:
                guard lease(replica, replicas[replica].ledger.needs(of: [claim], at: now)) else {
                    return
                }
                // Those who share the limit hear that it is waited for.
                for other in replicas.indices where other != replica && chance(2) {
                    giveBack(other)
                }
            default: return
            }
        }
    }

    private mutating func settle() {
        guard !open.isEmpty else { return }
        let attempt = open.remove(at: random(0...(open.count - 1)))
        guard let call = calls[attempt] else { return }
        let whole = Int(call.granted.picodollars)
        // One call in forty costs more than its hold, which is booked all the same.
        let cost = chance(40) ? whole + random(1...5) : chance(8) ? 0 : random(0...whole)
        conclude(attempt, Amount(picodollars: Int128(cost)))
    }

    mutating func conclude(_ attempt: AttemptID, _ cost: Amount) {
        guard let call = calls[attempt] else { return }
        calls[attempt]?.cost = cost
        let actions = replicas[call.replica].ledger.step(
            .settle(attempt, cost: cost, tokens: 0), at: now)
        var row = Row(
            attempt: attempt,
            spend: Spend(cost, by: call.claim.attributes, spentAt: call.admittedAt), parts: [])
        if case .book(let entries)? = actions.first {
            row.parts = entries.compactMap { entry in entry.lease.map { ($0, entry.amount) } }
        }
        replicas[call.replica].outbox.append(row)
        let excess = cost - call.granted
        if excess > .zero {
            for part in model.split.parts(of: row.spend) {
                ceilings[part.lease]? += excess
            }
        }
    }
}
