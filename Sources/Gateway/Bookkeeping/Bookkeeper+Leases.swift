package import Accounting
internal import Chronology
package import Money
internal import Synchronization

/// Limits that several processes share through one store.
extension Bookkeeper {
    /// What all of some waiting calls lack together.
    package func needs(of waiters: [LeaseDesk.Waiter]) -> [LeaseNeed] {
        ledger.withLock { $0.needs(of: waiters.map(\.claim), at: clock.now()) }
    }

    /// What calls in flight hold beyond their slices.
    package func uncoveredNeeds() -> [LeaseNeed] {
        ledger.withLock { $0.uncovered(at: clock.now()) }
    }

    /// Every window that calls have used.
    package func leasedWindows() -> [LeaseNeed] {
        ledger.withLock { $0.everyLease(at: clock.now()) }
    }

    package func take(_ answers: [LeaseAnswer]) {
        ledger.withLock { ledger in _ = ledger.step(.lease(answers), at: clock.now()) }
    }

    /// Gives up slices that nothing holds; the store is told after this.
    package func giveUp(_ choice: LeaseChoice) -> [LeaseKey: Amount] {
        ledger.withLock { ledger in
            guard case .giveUp(let parts)? = ledger.step(.giveUp(choice), at: clock.now()).first
            else { return [:] }
            return parts
        }
    }

    package func noteStore(isAway: Bool) {
        ledger.withLock { ledger in
            _ = ledger.step(.store(isAway: isAway), at: clock.now())
        }
    }

    /// The budgets that are in force.
    package var budgets: [Budget] { ledger.withLock { $0.budgets } }

    /// Loop breakers that tripped in other processes.
    package func restore(_ trips: [BreakerTrip]) {
        ledger.withLock { ledger in _ = ledger.step(.trip(trips), at: clock.now()) }
    }

    /// The slices that settled attempts were spent out of, until their rows are in the store.
    package func leaseParts(of attempts: [AttemptID]) -> [AttemptID: [LeasePart]] {
        leaseParts.withLock { parts in
            var found: [AttemptID: [LeasePart]] = [:]
            for attempt in attempts { found[attempt] = parts[attempt] }
            return found
        }
    }

    package func forgetLeaseParts(of attempts: [AttemptID]) {
        leaseParts.withLock { parts in
            for attempt in attempts { parts[attempt] = nil }
        }
    }
}

/// What a settled call took out of a slice.
package struct LeasePart: Hashable, Sendable {
    package let key: LeaseKey
    package let amount: Amount

    package init(key: LeaseKey, amount: Amount) {
        self.key = key
        self.amount = amount
    }
}
