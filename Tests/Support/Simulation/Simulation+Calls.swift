internal import Accounting
internal import Chronology
internal import Gateway
internal import Money

extension Simulation {
    static let users = ["a", "b", "c"]

    mutating func randomAttributes() -> CallAttributes {
        var attributes = CallAttributes(user: Self.users[random(0...2)])
        if chance(2) { attributes.project = ["p", "q"][random(0...1)] }
        attributes.keys = [["k1", "id1"], ["k2", "id2"]][random(0...1)]
        attributes.provider = "openai"
        attributes.models = [["m", "m-2026-01-01"], ["n"]][random(0...1)]
        attributes.endpoint = "chat"
        if chance(3) { attributes.session = "s\(random(1...3))" }
        if chance(2) {
            attributes.tags = [
                CallAttributes.Tag(name: "feature", value: ["chat", "search"][random(0...1)])
            ]
        }
        return attributes
    }

    /// What the gateway takes the call for.
    private func believed(_ attributes: CallAttributes) -> CallAttributes {
        var attributes = attributes
        if mistake == .trustsClient, attributes.session != nil { attributes.user = "nobody" }
        if mistake == .skipsMissingAttribute, attributes.project == nil {
            attributes.project = "whatever"
        }
        return attributes
    }

    mutating func beginCall() {
        let attributes = randomAttributes()
        let bound = amount(0...900)
        let floor = chance(2) ? Amount(picodollars: bound.picodollars / 5) : nil
        let usual = chance(2) ? Amount(picodollars: bound.picodollars / 4) : nil
        let tokens = Int64(random(1...500))
        let attempt = newAttempt()
        let claim = CallClaim(
            attempt: attempt, attributes: attributes, bound: bound, floor: floor, usual: usual,
            tokens: tokens)
        let expected = expectation(claim)
        var record = RequestRecord(
            attempt: attempt, admittedAt: clock.now(), userID: attributes.user)
        record.attributes = believed(attributes)
        let held =
            mistake == .holdsTooLittle ? Amount(picodollars: bound.picodollars / 2) : bound
        let asked = mistake == .checksThenActs && chance(2) ? rival ?? bookkeeper : bookkeeper
        let result = asked.hold(
            held, floor: floor, usual: usual, tokens: tokens, for: record, receipt: Self.receipt)
        if journal.isWritable { latest = max(latest, clock.now()) }
        switch result {
        case .storeUnavailable:
            if journal.isWritable { note("a call was refused for a store that can be written") }
        case .waiting, .away: note("a ledger that is alone asked a shared store")
        case .refused(let refusal):
            if !expected.mayRefuse { note("a call was refused that fits: \(refusal)") }
        case .held(let admittance):
            if let wrong = expected.wrongAdmittance(admittance) { note(wrong) }
            admit(claim, admittance)
        }
    }

    private mutating func admit(_ claim: CallClaim, _ admittance: Admittance) {
        var call = Call(
            attempt: claim.attempt, attributes: claim.attributes,
            admittedAt: admittance.admittedAt, granted: admittance.granted, usual: claim.usual,
            tokens: claim.tokens)
        if mistake == .holdsTooLittle { call.granted = claim.bound }
        call.shadowed = Set(
            admittance.shadowRefusals.compactMap { refusal in
                switch refusal.subject {
                case .limit(let standing): standing.budget
                case .rate(let standing): standing.budget
                case .breaker(let trip): trip.budget
                }
            })
        calls[claim.attempt] = call
        order.append(claim.attempt)
        if mistake == .acknowledgesEarly { send(claim.attempt) }
    }

    static let receipt = JournalReceipt(loop: 0, address: ExchangeAddress(lane: 0, generation: 0))

    private mutating func newAttempt() -> AttemptID {
        nextID += 1
        return AttemptID(
            call: CallID(milliseconds: nextID, random: (nextID, nextID)), attempt: 1)
    }

    /// The hold is on disk: the request goes out, and the provider begins to charge.
    private mutating func send(_ attempt: AttemptID) {
        guard var call = calls[attempt], call.stage == .holding else { return }
        call.stage = .sent
        // One in twenty costs more than its bound, as at a provider that breaks its word.
        let breaksWord = chance(20)
        let share = breaksWord ? random(100...150) : random(0...100)
        let basis = mistake == .ignoresClamp ? call.granted + call.granted : call.granted
        call.charge = Amount(picodollars: basis.picodollars * Int128(share) / 100)
        if chance(8) {
            call.isVoid = true
            call.charge = .zero
        }
        if !breaksWord, call.charge > call.granted { note("more was charged than was granted") }
        calls[attempt] = call
    }

    /// Some entries become durable, and who waits for them goes on.
    mutating func writeSome() {
        guard journal.isWritable else {
            journal.set(isWritable: true)
            return
        }
        let told = journal.write(random(1...6), to: &store)
        for (entry, attempt) in told { tell(entry, attempt) }
        openView()
    }

    mutating func writeAll() {
        while journal.waitingCount > 0 {
            let told = journal.write(journal.waitingCount, to: &store)
            for (entry, attempt) in told { tell(entry, attempt) }
            openView()
        }
    }

    private mutating func tell(_ entry: JournalEntry, _ attempt: AttemptID) {
        switch entry {
        case .hold: send(attempt)
        case .conclude: calls[attempt]?.stage = .delivered
        default: break
        }
    }

    mutating func failDisk() {
        journal.set(isWritable: false)
        for attempt in journal.fail(random(1...4)) {
            bookkeeper.forget(attempt)
            latest = max(latest, clock.now())
            if calls[attempt]?.stage == .holding {
                calls[attempt]?.stage = .delivered
                calls[attempt]?.isForgotten = true
            }
        }
    }

    mutating func endCall() {
        let open = order.filter { calls[$0]?.stage == .sent }
        guard !open.isEmpty else { return }
        end(open[random(0...(open.count - 1))])
    }

    /// The reply is whole, or broken off, or the client has left.
    mutating func end(_ attempt: AttemptID) {
        guard var call = calls[attempt], call.stage == .sent else { return }
        call.stage = .ended
        let hangsUp = chance(5) && !call.isVoid
        call.isExact = !hangsUp
        let known = hangsUp ? max(call.granted, call.charge) : call.charge
        call.booked = known
        calls[attempt] = call
        if mistake == .leaksHold, call.isVoid { return }
        var cost = known
        if mistake == .forgetsOverage { cost = min(cost, call.granted) }
        if mistake == .refundsHangUp, hangsUp { cost = .zero }
        conclude(call, cost)
        if mistake == .settlesTwice, chance(4) {
            bookkeeper.add(
                [Spend(cost, by: call.attributes, spentAt: call.admittedAt)], lastRow: 0)
        }
    }

    private mutating func conclude(_ call: Call, _ cost: Amount) {
        var record = RequestRecord(
            attempt: call.attempt, admittedAt: call.admittedAt, userID: call.attributes.user)
        record.attributes = call.attributes
        record.cost = cost
        record.inputTokens = call.tokens
        record.held = call.granted
        record.usageStatus = call.isExact ? "exact" : "estimated"
        if mistake == .countsAtEnd {
            record.cost = .zero
            bookkeeper.conclude(record, receipt: Self.receipt)
            bookkeeper.add([Spend(cost, by: call.attributes, spentAt: clock.now())], lastRow: 0)
        } else {
            bookkeeper.conclude(record, receipt: Self.receipt)
            if mistake == .checksThenActs { rival?.conclude(record, receipt: Self.receipt) }
        }
        if mistake == .acknowledgesEarly { calls[call.attempt]?.stage = .delivered }
        latest = max(latest, clock.now())
    }

    /// A message that comes late and again changes nothing.
    mutating func repeatMessage() {
        let ended = order.filter {
            (calls[$0]?.stage == .ended || calls[$0]?.stage == .delivered)
                && calls[$0]?.isForgotten == false
        }
        guard !ended.isEmpty, mistake == nil, let call = calls[ended[random(0...(ended.count - 1))]]
        else { return }
        conclude(call, amount(0...900))
    }
}
