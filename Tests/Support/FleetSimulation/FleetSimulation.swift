internal import Accounting
internal import Chronology
internal import Money

/// One seed's life of one to eight gateways on one store: calls, limits that change in mid-flight,
/// statements whose outcome is in doubt, a store that is away, crashes, and starts after each.
///
/// The ledger of each gateway is the program's. The store is a model of its statements; the same
/// cases run against both in the conformance tests. After each step everything is added up anew
/// from the calls alone.
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

    private mutating func conclude(_ attempt: AttemptID, _ cost: Amount) {
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

    // MARK: The store

    private enum Outcome { case done, nothing, inDoubt }

    /// Seconds for which a row waits while its gateway asks the store for more.
    private static let longestWait: Int64 = 600

    private mutating func outcome() -> Outcome {
        switch random(1...30) {
        case 1: .nothing
        case 2: .inDoubt
        default: .done
        }
    }

    /// Whether the store can be spoken with, and knows the same limits.
    private mutating func isReady(_ replica: Int) -> Bool {
        guard !replicas[replica].isAway else { return false }
        if replicas[replica].isInDoubt || !replicas[replica].hasBegun { connect(replica) }
        if replicas[replica].version != model.version { takeUp(replica) }
        return !replicas[replica].isInDoubt && replicas[replica].hasBegun
    }

    private mutating func lease(_ replica: Int, _ needs: [LeaseNeed]) -> Bool {
        guard isReady(replica) else { return false }
        // As the program does in each round; here only rows that waited for long, so that others
        // are on their way meanwhile.
        let isOld = replicas[replica].outbox.contains {
            $0.spend.spentAt.advanced(bySeconds: Self.longestWait) < now
        }
        if isOld { send(replica, replicas[replica].outbox.count) }
        guard !replicas[replica].isInDoubt else { return false }
        let outcome = outcome()
        guard outcome != .nothing else {
            replicas[replica].isInDoubt = true
            return false
        }
        let answers = model.lease(needs, for: replica, of: replicas.count, at: now)
        guard outcome == .done else {
            replicas[replica].isInDoubt = true
            return false
        }
        _ = replicas[replica].ledger.step(.lease(answers), at: now)
        return true
    }

    private mutating func ship(_ replica: Int) {
        guard isReady(replica), !replicas[replica].outbox.isEmpty else { return }
        send(replica, random(1...replicas[replica].outbox.count))
    }

    private mutating func send(_ replica: Int, _ count: Int) {
        let rows = Array(replicas[replica].outbox.prefix(count))
        replicas[replica].doubtfulRows = rows.count
        let outcome = outcome()
        guard outcome != .nothing else {
            replicas[replica].isInDoubt = true
            return
        }
        let answers = model.ship(rows, from: replica, at: now)
        guard outcome == .done else {
            replicas[replica].isInDoubt = true
            return
        }
        replicas[replica].outbox.removeFirst(rows.count)
        replicas[replica].doubtfulRows = 0
        replicas[replica].earlierRows = max(0, replicas[replica].earlierRows - rows.count)
        endEarlier(replica)
        _ = replicas[replica].ledger.step(.lease(answers), at: now)
    }

    private mutating func giveBack(_ replica: Int) {
        guard isReady(replica) else { return }
        let before = replicas[replica].ledger
        let choice: LeaseChoice = chance(2) ? .all : .unused(seconds: 0)
        guard
            case .giveUp(let parts)? = replicas[replica].ledger.step(.giveUp(choice), at: now)
                .first
        else { return }
        if mistake == .givesBackWhatItKeeps { replicas[replica].ledger = before }
        let outcome = outcome()
        guard outcome != .nothing else {
            replicas[replica].isInDoubt = true
            return
        }
        let answers = model.giveBack(parts, of: replica, at: now)
        guard outcome == .done else {
            replicas[replica].isInDoubt = true
            return
        }
        if mistake == .givesBackWhatItKeeps { return }
        _ = replicas[replica].ledger.step(.lease(answers), at: now)
    }

    /// As the program does after a start or a lost connection: an earlier start's slices are set
    /// aside until all is told that it spent, then limits, then what is leased.
    private mutating func connect(_ replica: Int) {
        replicas[replica].isInDoubt = false
        let isFirst = !replicas[replica].hasBegun
        if isFirst {
            replicas[replica].hasBegun = true
            replicas[replica].earlierRows = replicas[replica].outbox.count
            model.setAsideEarlier(of: replica)
            if mistake == .givesBackBeforeShipping { model.giveBackEarlier(of: replica) }
        }
        let hasChanged = replicas[replica].mirrored != model.version
        if replicas[replica].version != model.version { configure(replica) }
        endEarlier(replica)
        // What an earlier start held beyond its slices is in none.
        let tellsAll = hasChanged || isFirst && mistake != .givesBackBeforeShipping
        if tellsAll, !replicas[replica].outbox.isEmpty {
            send(replica, replicas[replica].outbox.count)
        }
        guard !replicas[replica].isInDoubt else { return }
        replicas[replica].mirrored = model.version
        if replicas[replica].doubtfulRows > 0 { send(replica, replicas[replica].doubtfulRows) }
        guard !replicas[replica].isInDoubt else { return }
        guard mistake != .trustsItselfAfterDoubt else { return }
        var answers = replicas[replica].ledger.everyLease(at: now).map {
            model.answer($0.key, replica, at: now)
        }
        for index in answers.indices { answers[index].endsBorrowing = true }
        _ = replicas[replica].ledger.step(.lease(answers), at: now)
        // A limit may be lower than the slices that were leased before.
        giveUpAll(replica)
        cover(replica)
    }

    private mutating func giveUpAll(_ replica: Int) {
        guard
            case .giveUp(let parts)? = replicas[replica].ledger.step(.giveUp(.all), at: now).first
        else { return }
        let answers = model.giveBack(parts, of: replica, at: now)
        _ = replicas[replica].ledger.step(.lease(answers), at: now)
    }

    private mutating func endEarlier(_ replica: Int) {
        if replicas[replica].earlierRows == 0 { model.giveBackEarlier(of: replica) }
    }

    /// What calls in flight hold beyond their slices, as when a limit was set after them.
    private mutating func cover(_ replica: Int) {
        let needs = replicas[replica].ledger.uncovered(at: now)
        if !needs.isEmpty { _ = lease(replica, needs) }
    }

    private mutating func reconnect(_ replica: Int) {
        replicas[replica].isAway = false
        replicas[replica].isInDoubt = true
        _ = isReady(replica)
    }

    private mutating func crash(_ replica: Int) {
        for attempt in open where calls[attempt]?.replica == replica {
            guard let call = calls[attempt] else { continue }
            // What was sent may have been charged in full.
            calls[attempt]?.cost = mistake == .voidsAtCrash ? .zero : call.granted
            replicas[replica].outbox.append(
                Row(
                    attempt: attempt,
                    spend: Spend(
                        mistake == .voidsAtCrash ? .zero : call.granted,
                        by: call.claim.attributes, spentAt: call.admittedAt), parts: []))
            if mistake == .voidsAtCrash { calls[attempt]?.cost = call.granted }
        }
        open.removeAll { calls[$0]?.replica == replica }
        for index in replicas[replica].outbox.indices {
            replicas[replica].outbox[index].parts = []
        }
        replicas[replica].ledger = Ledger(isShared: true)
        replicas[replica].version = -1
        replicas[replica].hasBegun = false
        replicas[replica].isAway = false
        replicas[replica].doubtfulRows = 0
        connect(replica)
    }

    mutating func finish(_ attempt: AttemptID) {
        guard let call = calls[attempt] else { return }
        conclude(attempt, call.granted)
    }

    /// Tells everything and gives everything back.
    mutating func flush(_ replica: Int) {
        guard isReady(replica) else { return }
        while !replicas[replica].outbox.isEmpty, !replicas[replica].isInDoubt {
            send(replica, replicas[replica].outbox.count)
        }
        if !replicas[replica].isInDoubt { giveBack(replica) }
    }

    // MARK: Limits

    private mutating func changeLimits() {
        var budgets = model.budgets
        if budgets.isEmpty || chance(3) {
            let scopes: [Scope] = [
                .system, .user("u1"), Scope(.user, "*"), .tag("team", "a"),
            ]
            let scope = scopes[random(0...3)]
            let windows: [BudgetWindow] = [.hourly, .daily, .total, .rolling(seconds: 3_600)]
            var budget = Budget(
                id: BudgetID(nextBudget), scope: scope, name: "b\(nextBudget)", mode: .enforce)
            nextBudget += 1
            for _ in 1...random(1...2) {
                budget.limits[windows[random(0...3)]] = Amount(
                    picodollars: Int128(random(20...2_000)))
            }
            budgets.append(budget)
        } else if chance(4), budgets.count > 1 {
            budgets.remove(at: random(0...(budgets.count - 1)))
        } else {
            let place = random(0...(budgets.count - 1))
            for window in budgets[place].windows {
                budgets[place].limits[window] = Amount(
                    picodollars: Int128(random(20...2_000)))
            }
        }
        model.set(budgets, at: now)
        isSettled = false
        ceilings = [:]
    }

    private mutating func configure(_ replica: Int) {
        _ = replicas[replica].ledger.step(.configure(model.budgets), at: now)
        replicas[replica].version = model.version
    }

    private mutating func takeUp(_ replica: Int) {
        guard replicas[replica].version != model.version, !replicas[replica].isAway else { return }
        configure(replica)
        guard replicas[replica].hasBegun else { return }
        // Rows of before are in no slice of a limit that is new.
        while !replicas[replica].outbox.isEmpty, !replicas[replica].isInDoubt {
            send(replica, replicas[replica].outbox.count)
        }
        guard !replicas[replica].isInDoubt else { return }
        replicas[replica].mirrored = model.version
        giveUpAll(replica)
        cover(replica)
    }
}
