internal import Accounting
internal import Chronology
internal import Money

/// What gateways say to the store, as the program does, with outcomes that may be unknown.
extension FleetSimulation {
    enum Outcome { case done, nothing, inDoubt }

    /// Seconds for which a row waits while its gateway asks the store for more.
    static let longestWait: Int64 = 600

    mutating func outcome() -> Outcome {
        switch random(1...30) {
        case 1: .nothing
        case 2: .inDoubt
        default: .done
        }
    }

    /// Whether the store can be spoken with, and knows the same limits.
    mutating func isReady(_ replica: Int) -> Bool {
        guard !replicas[replica].isAway else { return false }
        if replicas[replica].isInDoubt || !replicas[replica].hasBegun { connect(replica) }
        if replicas[replica].version != model.version { takeUp(replica) }
        return !replicas[replica].isInDoubt && replicas[replica].hasBegun
    }

    mutating func lease(_ replica: Int, _ needs: [LeaseNeed]) -> Bool {
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

    mutating func ship(_ replica: Int) {
        guard isReady(replica), !replicas[replica].outbox.isEmpty else { return }
        send(replica, random(1...replicas[replica].outbox.count))
    }

    mutating func send(_ replica: Int, _ count: Int) {
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

    mutating func giveBack(_ replica: Int) {
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
    mutating func connect(_ replica: Int) {
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

    mutating func giveUpAll(_ replica: Int) {
        guard
            case .giveUp(let parts)? = replicas[replica].ledger.step(.giveUp(.all), at: now).first
        else { return }
        let answers = model.giveBack(parts, of: replica, at: now)
        _ = replicas[replica].ledger.step(.lease(answers), at: now)
    }

    mutating func endEarlier(_ replica: Int) {
        if replicas[replica].earlierRows == 0 { model.giveBackEarlier(of: replica) }
    }

    /// What calls in flight hold beyond their slices, as when a limit was set after them.
    mutating func cover(_ replica: Int) {
        let needs = replicas[replica].ledger.uncovered(at: now)
        if !needs.isEmpty { _ = lease(replica, needs) }
    }

    mutating func reconnect(_ replica: Int) {
        replicas[replica].isAway = false
        replicas[replica].isInDoubt = true
        _ = isReady(replica)
    }

    mutating func crash(_ replica: Int) {
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
}
