internal import Chronology
internal import Money

/// What one scope has spent and holds, for each kind of window.
///
/// Spend is kept whether or not a limit is set, so that a limit set in the middle of a window
/// counts what was spent before.
struct Tally: Sendable {
    struct Sums: Sendable {
        var settled = Amount.zero
        var held = Amount.zero
    }

    private struct Open: Sendable {
        var start: Instant
        var sums = Sums()
        /// The highest threshold that was alerted, in percent.
        var threshold = 0
    }

    private var open: [Open?] = [Open?](repeating: nil, count: BudgetWindow.allCases.count)

    func sums(of window: BudgetWindow, at now: Instant) -> Sums {
        guard let current = open[window.index], current.start == window.start(at: now) else {
            return Sums()
        }
        return current.sums
    }

    mutating func hold(_ amount: Amount, at now: Instant) {
        change(admittedAt: now, at: now) { $0.held += amount }
    }

    mutating func conclude(hold: Amount, cost: Amount, admittedAt: Instant, at now: Instant) {
        change(admittedAt: admittedAt, at: now) { sums in
            sums.held -= hold
            sums.settled += cost
        }
    }

    mutating func add(_ spend: Amount, spentAt: Instant, at now: Instant) {
        change(admittedAt: spentAt, at: now) { $0.settled += spend }
    }

    /// Changes the windows that are still open at `now` and hold `admittedAt`: a call belongs to
    /// the window in which it was admitted, and a window that is over binds nobody.
    private mutating func change(
        admittedAt: Instant, at now: Instant, _ body: (inout Sums) -> Void
    ) {
        for window in BudgetWindow.allCases {
            let start = window.start(at: now)
            if open[window.index]?.start != start { open[window.index] = Open(start: start) }
            guard window.start(at: admittedAt) == start, var current = open[window.index] else {
                continue
            }
            body(&current.sums)
            precondition(current.sums.held >= .zero, "a scope never holds less than nothing")
            open[window.index] = current
        }
    }

    func reachedThreshold(_ window: BudgetWindow, at now: Instant) -> Int {
        guard let current = open[window.index], current.start == window.start(at: now) else {
            return 0
        }
        return current.threshold
    }

    mutating func note(threshold: Int, in window: BudgetWindow) {
        open[window.index]?.threshold = threshold
    }

    /// Whether any window holds something that still counts, or is still to be settled.
    func isOpen(at now: Instant) -> Bool {
        BudgetWindow.allCases.contains { window in
            guard let current = open[window.index] else { return false }
            return current.start == window.start(at: now) || current.sums.held > .zero
        }
    }

    mutating func forgetThresholds() {
        for index in open.indices { open[index]?.threshold = 0 }
    }
}
