package import Chronology
package import Money

/// What a call asks the ledger for.
package struct CallClaim: Sendable {
    package let attempt: AttemptID
    package let attributes: CallAttributes
    /// The most that the call can cost.
    package let bound: Amount
    /// The least that it can be clamped to; nil where its output cannot be cut.
    package var floor: Amount?
    /// What calls like it cost, nearly all; nil where too few were seen.
    package var usual: Amount?
    /// The most tokens that it can use.
    package var tokens: Int64
    /// How often the shared store was asked for what the call lacked. Its first answer decides,
    /// unless what is left is only leased to others, who may give it back.
    package var answers = 0
    /// Answers after which a call does not wait for others any more.
    package static let patientAnswers = 5

    package init(
        attempt: AttemptID, attributes: CallAttributes, bound: Amount, floor: Amount? = nil,
        usual: Amount? = nil, tokens: Int64 = 0
    ) {
        self.attempt = attempt
        self.attributes = attributes
        self.bound = bound
        self.floor = floor
        self.usual = usual
        self.tokens = tokens
    }
}

/// Spend that did not pass through a hold here: written by others, or a correction.
package struct Spend: Hashable, Sendable {
    package let attributes: CallAttributes
    package let amount: Amount
    package let spentAt: Instant

    package init(_ amount: Amount, by attributes: CallAttributes, spentAt: Instant) {
        self.amount = amount
        self.attributes = attributes
        self.spentAt = spentAt
    }
}

/// Names the sums of one kind of window of one budget.
package struct CounterKey: Hashable, Sendable {
    package let budget: BudgetID
    /// See `BudgetCalendar.signature`.
    package let signature: String

    package init(budget: BudgetID, signature: String) {
        self.budget = budget
        self.signature = signature
    }
}

/// Settled spend of a budget's window, or of a slot of it: what is kept so that a start need not
/// add up all rows.
package struct SpendEntry: Hashable, Sendable {
    package let counter: CounterKey
    package let scope: Scope
    /// The start of the window or slot.
    package let start: Instant
    /// From then on it matters to nobody.
    package let expiry: Instant
    package var amount: Amount
    /// The slice that it was spent out of.
    package var lease: LeaseKey?

    package init(
        counter: CounterKey, scope: Scope, start: Instant, expiry: Instant, amount: Amount
    ) {
        self.counter = counter
        self.scope = scope
        self.start = start
        self.expiry = expiry
        self.amount = amount
    }
}

/// What happens to the ledger.
package enum LedgerEvent: Sendable {
    case reserve(CallClaim)
    /// Replaces the hold by the true cost. Unconditional: a cost above the hold is booked in full.
    case settle(AttemptID, cost: Amount, tokens: Int64)
    /// Gives the whole hold back: nothing was consumed.
    case void(AttemptID)
    case add(Spend)
    /// Puts budgets in force. What was spent and held stays.
    case configure([Budget])
    /// Sums that were kept for a budget that is in force.
    case restore([SpendEntry], counted: [CounterKey])
    /// Spend from before a limit was set, of rows that the ledger has not seen; the limit is in
    /// force with the last of it.
    case count([Spend], for: [CounterKey], isLast: Bool)
    /// A call that another process holds, or that was held before.
    case resume(CallClaim, admittedAt: Instant)
    /// Loop breakers that are open.
    case trip([BreakerTrip])
    /// Loop breakers that somebody has reset.
    case clear([BreakerTrip])
    /// The shared store's word on leases.
    case lease([LeaseAnswer])
    /// Gives up slices that nothing holds: all, or those of some windows, or those that were not
    /// used for so many seconds.
    case giveUp(LeaseChoice)
    /// The shared store cannot be reached, or can again.
    case store(isAway: Bool)
}

/// Which slices go back to the shared store.
package enum LeaseChoice: Sendable {
    case all
    case unused(seconds: Int64)
    /// Others wait for them.
    case wanted(Set<LeaseKey>)
}

/// What the ledger wants done, in this order.
package enum LedgerAction: Sendable {
    case admit(Admittance)
    case refuse(Refusal)
    /// The attempt was concluded before, so nothing changes.
    case ignore
    case book([SpendEntry])
    case alert(BudgetAlert)
    case trip(BreakerTrip)
    /// Spend from before these limits has to be counted before they are in force.
    case want([CounterKey])
    /// These windows are counted no more: should one come back, spend will have passed by.
    case drop([CounterKey])
    /// The call may fit once the shared store has given more; nothing is held for it.
    case lack([LeaseNeed])
    /// The shared store is away, and the named budget refuses what was not leased before.
    case away(String)
    /// These parts of slices are given up.
    case giveUp([LeaseKey: Amount])
}

/// What an admitted call may do.
package struct Admittance: Sendable {
    /// The time of admission, which decides the windows that the call belongs to.
    package let admittedAt: Instant
    /// What the call may cost: its bound, or less where a budget clamps it.
    package let granted: Amount
    /// What budgets in shadow mode would have refused.
    package let shadowRefusals: [Refusal]
}
