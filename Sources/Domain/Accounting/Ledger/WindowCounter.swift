internal import Chronology
package import Money

/// What a budget's window has seen in one bucket, and which thresholds were alerted.
struct WindowCounter: Sendable {
    let window: BudgetWindow
    private let calendar: BudgetCalendar
    private var span = WindowSpan(start: Instant(microseconds: 0), end: Instant(microseconds: 0))
    private var spanSums = SpendSums()
    private var rolling: RollingSums<SpendSums>?
    /// The most that a call in flight holds less than its bound.
    private var largestRest = Amount.zero
    /// The highest threshold that was alerted in the window, in percent.
    private(set) var alertedThreshold = 0
    private(set) var hasAlertedRefusal = false
    /// False until spend from before the limit was set has been added.
    var isCounted: Bool
    /// Where several processes share the limit: this one's slice. Nil where it is alone.
    var lease: WindowLease?

    init(_ window: BudgetWindow, _ calendar: BudgetCalendar, isCounted: Bool, at now: Instant) {
        self.window = window
        self.calendar = calendar
        self.isCounted = isCounted
        if case .rolling(let seconds) = window { rolling = RollingSums(seconds: seconds) }
        roll(to: now)
    }

    var sums: SpendSums { rolling?.sums ?? spanSums }
    var held: Amount { sums.held(largestRest: largestRest) }

    /// Moves on to the window that is open now; what the last one saw binds nobody.
    mutating func roll(to now: Instant) {
        if rolling != nil {
            rolling?.roll(to: now)
            let length = rolling?.lengthMicroseconds ?? 1
            if now >= span.end { begin(Self.chunk(of: length, at: now)) }
        } else if now >= span.end, let open = calendar.span(of: window, at: now) {
            spanSums = SpendSums()
            largestRest = .zero
            lease = lease.map { _ in WindowLease() }
            begin(open)
        }
    }

    private mutating func begin(_ next: WindowSpan) {
        span = next
        forgetAlerts()
    }

    /// A rolling window never ends, so its alerts are counted by stretches of its length.
    private static func chunk(of length: Int64, at now: Instant) -> WindowSpan {
        let start = now.microseconds / length * length
        return WindowSpan(
            start: Instant(microseconds: start), end: Instant(microseconds: start + length))
    }

    /// The stretch that alerts are counted by, and in which calendar windows count spend.
    var alertSpan: WindowSpan { span }

    /// When the window ends and its spend counts no more; nil where it never does by itself.
    var end: Instant? { rolling == nil && !span.isEverything ? span.end : nil }

    /// The start of the window or slot that a call of `admittedAt` is counted in, or nil where
    /// that is over: a call belongs to the window in which it was admitted.
    func place(of admittedAt: Instant, at now: Instant) -> Instant? {
        if let rolling { return rolling.slotStart(of: admittedAt, at: now) }
        if span.isEverything { return Instant(microseconds: 0) }
        return admittedAt >= span.start ? span.start : nil
    }

    /// The window or slot that a spend of `spentAt` is kept under, whether that is over or not: a
    /// clock that is set back between two processes opens it again.
    func record(of spentAt: Instant) -> WindowSpan? {
        if let rolling { return rolling.record(of: spentAt) }
        if span.isEverything {
            return WindowSpan(start: Instant(microseconds: 0), end: span.end)
        }
        return spentAt >= span.start ? span : calendar.span(of: window, at: spentAt)
    }

    mutating func hold(_ hold: HoldAmount, admittedAt: Instant, at now: Instant) {
        largestRest = max(largestRest, hold.rest)
        change(admittedAt, now) { sums in
            sums.bounds += hold.bound
            sums.discount += hold.rest
            sums.openCount += 1
        }
    }

    /// Sets another amount aside for a call in flight.
    mutating func exchange(
        _ hold: HoldAmount, for other: HoldAmount, admittedAt: Instant, at now: Instant
    ) {
        largestRest = max(largestRest, other.rest)
        change(admittedAt, now) { $0.discount += other.rest - hold.rest }
    }

    mutating func conclude(
        _ hold: HoldAmount, cost: Amount, admittedAt: Instant, at now: Instant
    ) {
        change(admittedAt, now) { sums in
            sums.bounds -= hold.bound
            sums.discount -= hold.rest
            sums.openCount -= 1
            sums.settled += cost
        }
        precondition(sums.openCount >= 0, "a window never holds less than nothing")
        if sums.openCount == 0 { largestRest = .zero }
    }

    mutating func add(_ spend: Amount, spentAt: Instant, at now: Instant) {
        change(spentAt, now) { $0.settled += spend }
    }

    private mutating func change(
        _ moment: Instant, _ now: Instant, _ body: (inout SpendSums) -> Void
    ) {
        if rolling != nil {
            rolling?.change(at: moment, now: now, body)
        } else if place(of: moment, at: now) != nil {
            body(&spanSums)
        }
    }

    /// What would be held if a call came on top.
    func held(with hold: HoldAmount) -> Amount {
        var sums = sums
        sums.bounds += hold.bound
        sums.discount += hold.rest
        sums.openCount += 1
        return sums.held(largestRest: max(largestRest, hold.rest))
    }

    /// When a rolling window has room for `amount` under `limit`, if nothing is added.
    func opens(for amount: Amount, under limit: Amount) -> Instant? {
        guard let rolling else { return end }
        return rolling.moment { $0.settled + $0.bounds + amount <= limit }
    }

    /// Whether anything is left that counts or is still to be settled.
    var isIdle: Bool {
        sums.settled == .zero && sums.openCount == 0 && lease.map(\.isIdle) ?? true
    }

    /// What a lease is taken under, and until when it matters.
    var leaseSpan: WindowSpan {
        rolling == nil && !span.isEverything
            ? span : WindowSpan(start: Instant(microseconds: 0), end: WindowSpan.everything.end)
    }

    /// What all processes have settled in the window, as far as it is known here.
    var settled: Amount { lease?.settled ?? sums.settled }

    /// What a hold would need beyond the slice; nil where it fits, or no slice binds.
    func lack(with hold: HoldAmount) -> Amount? {
        guard let lease else { return nil }
        let lack = held(with: hold) - lease.room
        return lack > .zero ? lack : nil
    }

    /// Adds what the store kept.
    mutating func restore(_ entry: SpendEntry, at now: Instant) {
        // Of a window to come, by a clock that was ahead: it is not open now.
        guard rolling != nil || span.isEverything || entry.start < span.end else { return }
        add(entry.amount, spentAt: span.isEverything ? now : entry.start, at: now)
    }

    mutating func note(threshold: Int) { alertedThreshold = threshold }
    mutating func noteRefusal() { hasAlertedRefusal = true }

    mutating func forgetAlerts() {
        alertedThreshold = 0
        hasAlertedRefusal = false
    }
}

/// What a call holds: its upper bound, and how much less than that is set aside for it.
package struct HoldAmount: Hashable, Sendable {
    package let bound: Amount
    package let rest: Amount

    package init(bound: Amount, rest: Amount = .zero) {
        self.bound = bound
        self.rest = rest
    }
}
