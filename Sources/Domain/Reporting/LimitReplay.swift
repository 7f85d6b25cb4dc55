package import Accounting
package import Chronology
package import Money

/// A past call, as its row tells it.
package struct PastCall: Sendable {
    package let callID: String
    package let attempt: AttemptID
    package let attributes: CallAttributes
    package let admittedAt: Instant
    package let milliseconds: Int64
    package let held: Amount
    package let cost: Amount
    package let tokens: Int64

    package init(
        callID: String, attempt: AttemptID, attributes: CallAttributes, admittedAt: Instant,
        milliseconds: Int64, held: Amount, cost: Amount, tokens: Int64
    ) {
        self.callID = callID
        self.attempt = attempt
        self.attributes = attributes
        self.admittedAt = admittedAt
        self.milliseconds = milliseconds
        self.held = held
        self.cost = cost
        self.tokens = tokens
    }
}

/// Past calls against a budget that was not in force: which it would have refused, and when.
///
/// The ledger of the gateway decides. A call that is refused here spends nothing, so that what
/// comes after it is judged as it would have been.
package struct LimitReplay: Sendable {
    package struct Refused: Sendable {
        package let call: PastCall
        package let refusal: Refusal
    }

    /// Refused calls that are kept; all are counted.
    package static let maximumKept = 10_000

    package private(set) var callCount = 0
    package private(set) var refusedCount = 0
    package private(set) var spent = Amount.zero
    package private(set) var avoided = Amount.zero
    package private(set) var refused: [Refused] = []

    private let budget: Budget
    private var ledger = Ledger()
    private var open = EndingCalls()

    package init(_ budget: Budget) {
        var enforced = budget
        // What would be refused is asked; whether the budget is to refuse is not.
        enforced.mode = .enforce
        self.budget = enforced
        let actions = ledger.step(.configure([enforced]), at: Instant(microseconds: 0))
        if case .want(let keys)? = actions.first {
            _ = ledger.step(.count([], for: keys, isLast: true), at: Instant(microseconds: 0))
        }
    }

    /// The next call, in the order of time.
    package mutating func replay(_ call: PastCall) {
        guard call.attributes.match(budget.scope) else { return }
        settle(until: call.admittedAt)
        callCount += 1
        let claim = CallClaim(
            attempt: call.attempt, attributes: call.attributes, bound: max(call.held, call.cost),
            tokens: call.tokens)
        switch ledger.step(.reserve(claim), at: call.admittedAt).first {
        case .refuse(let refusal):
            refusedCount += 1
            avoided += call.cost
            if refused.count < Self.maximumKept {
                refused.append(Refused(call: call, refusal: refusal))
            }
        default:
            spent += call.cost
            open.insert(call)
        }
    }

    private mutating func settle(until moment: Instant) {
        while let ended = open.removeFirst(until: moment) {
            _ = ledger.step(
                .settle(ended.attempt, cost: ended.cost, tokens: ended.tokens), at: ended.end)
        }
    }
}

extension PastCall {
    fileprivate var end: Instant {
        Instant(microseconds: admittedAt.microseconds + milliseconds * 1_000)
    }
}

/// Calls in flight, by when they end: a binary heap.
private struct EndingCalls: Sendable {
    private var calls: [PastCall] = []

    mutating func insert(_ call: PastCall) {
        calls.append(call)
        var child = calls.count - 1
        while child > 0, calls[child].end < calls[(child - 1) / 2].end {
            calls.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The first to end, if it has by `moment`.
    mutating func removeFirst(until moment: Instant) -> PastCall? {
        guard let first = calls.first, first.end <= moment else { return nil }
        let last = calls.removeLast()
        guard !calls.isEmpty else { return first }
        calls[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < calls.count else { return first }
            let right = left + 1
            let least = right < calls.count && calls[right].end < calls[left].end ? right : left
            guard calls[least].end < calls[parent].end else { return first }
            calls.swapAt(least, parent)
            parent = least
        }
    }
}
