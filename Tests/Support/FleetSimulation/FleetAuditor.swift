internal import Accounting
internal import Chronology
internal import Money

/// Adds everything up anew, from the calls alone.
extension FleetSimulation {
    /// What all calls have spent and hold in each window that is open.
    private func totals() -> [LeaseKey: Amount] {
        let split = model.split
        var totals: [LeaseKey: Amount] = [:]
        for call in calls.values {
            let spend = Spend(
                call.cost ?? call.granted, by: call.claim.attributes, spentAt: call.admittedAt)
            for part in split.parts(of: spend) where part.entry.expiry > now {
                totals[part.lease, default: .zero] += part.entry.amount
            }
        }
        return totals
    }

    private func limit(of key: LeaseKey) -> Amount? {
        model.split.standing(
            key, SharedFigures(settled: .zero, leased: .zero), at: now)?.limit
    }

    /// Limits bind from when every gateway has them; what there was by then stays.
    mutating func noteSettledLimits() {
        let areUp = replicas.allSatisfy {
            $0.mirrored == model.version && $0.version == model.version && $0.hasBegun
                && !$0.isInDoubt
        }
        let totals = totals()
        if !isSettled, areUp {
            isSettled = true
            for (key, total) in totals {
                guard let limit = limit(of: key) else { continue }
                ceilings[key] = max(limit, total + model.leased(key))
            }
            // Calls that flew when a limit was set, and that it has not been leased for since.
            for replica in replicas.indices {
                for need in replicas[replica].ledger.uncovered(at: now) {
                    ceilings[need.key]? += need.amount
                }
            }
        }
        guard isSettled else { return }
        // A window that has begun since has its limit.
        for key in totals.keys where ceilings[key] == nil { ceilings[key] = limit(of: key) }
    }

    func audit() -> String? {
        guard isSettled else { return nil }
        for (key, total) in totals() {
            guard let ceiling = ceilings[key], limit(of: key) != nil else { continue }
            if total > ceiling {
                return "\(key.scope) \(key.counter.signature) is at \(total.picodollars) of"
                    + " \(ceiling.picodollars)"
            }
        }
        return nil
    }

    /// A refusal for good must be true of the calls there were.
    mutating func check(_ refusal: Refusal, _ claim: CallClaim) {
        guard isSettled, refusal.reason == .spent || refusal.reason == .exceedsRemainder,
            case .limit(let standing) = refusal.subject
        else { return }
        let totals = totals()
        let open = totals.filter {
            $0.key.counter.budget == standing.budget && $0.key.scope == standing.scope
        }
        // What others hold can be given back, so that it is no reason to refuse for good.
        let highest = open.values.max() ?? .zero
        if highest + claim.bound <= standing.limit {
            violation =
                "\(claim.bound.picodollars) is refused for good at"
                + " \(highest.picodollars) of \(standing.limit.picodollars): \(refusal.reason)"
        }
    }

    /// Everything is ended and told: nothing is held, and the store has every call once.
    mutating func rest() -> String? {
        for replica in replicas.indices { replicas[replica].isAway = false }
        while let attempt = open.popLast() { finish(attempt) }
        for _ in 1...50 {
            for replica in replicas.indices { flush(replica) }
            if replicas.allSatisfy({ $0.outbox.isEmpty && !$0.isInDoubt }) { break }
        }
        for replica in replicas.indices {
            if !replicas[replica].outbox.isEmpty { return "rows are left" }
        }
        for key in model.leases.keys where limit(of: key) != nil {
            let left = model.leased(key)
            if left != .zero { return "\(left.picodollars) of \(key.scope) stays leased" }
        }
        guard model.rows.count == calls.count else {
            return "\(model.rows.count) rows of \(calls.count) calls"
        }
        for (attempt, call) in calls where model.rows[attempt]?.amount != call.cost {
            return "a call is booked wrongly"
        }
        for (key, total) in totals() where limit(of: key) != nil {
            let settled = model.figures(key, at: now).settled
            if settled != total {
                return "\(key.scope) \(key.counter.signature) says \(settled.picodollars), and"
                    + " \(total.picodollars) were spent"
            }
        }
        return nil
    }
}
