package import Accounting
internal import Chronology
internal import Synchronization

/// Limits and spend that come from outside the gateway.
extension Bookkeeper {
    /// Puts budgets in force, and returns the windows that bind only once the spend from before
    /// has been counted. `view` is opened on the store as it is at that moment.
    package func setBudgets(
        _ budgets: [Budget], view: StoreViewRequest? = nil
    ) -> [CounterKey] {
        ledger.withLock { ledger in
            let actions = ledger.step(.configure(budgets), at: clock.now())
            _ = tell(actions)
            guard case .want(let wanted)? = actions.first else { return [] }
            journal.append(.uncount(wanted), receipt: nil)
            if let view { journal.append(.view(view), receipt: nil) }
            return wanted
        }
    }

    /// Counts some of the spend from before limits were set, which are in force with the last.
    package func count(_ spend: [Spend], for keys: [CounterKey], isLast: Bool) {
        ledger.withLock { ledger in
            let counted = tell(
                ledger.step(.count(spend, for: keys, isLast: isLast), at: clock.now()))
            journal.append(.counted(isLast ? keys : [], counted), receipt: nil)
        }
    }

    /// Counts spend that others wrote to the store, up to the row `lastRow`.
    package func add(_ spend: [Spend], lastRow: Int64) {
        var booked: [SpendEntry] = []
        for spend in spend {
            // One at a time, so that no call waits for all of them.
            booked += ledger.withLock { tell($0.step(.add(spend), at: clock.now())) }
        }
        journal.append(.foreign(booked, lastRow: lastRow), receipt: nil)
    }

    /// Resets loop breakers by hand.
    package func clear(_ trips: [BreakerTrip]) {
        ledger.withLock { ledger in _ = ledger.step(.clear(trips), at: clock.now()) }
    }
}
