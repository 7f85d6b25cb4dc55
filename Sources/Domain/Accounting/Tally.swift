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

    private var open: [Open?] = [Open?](repeating: nil, count: BudgetWindow.all.count)

    func sums(of window: BudgetWindow, _ windows: OpenWindows) -> Sums {
        guard let current = open[window.index], current.start == windows.start(of: window) else {
            return Sums()
        }
        return current.sums
    }

    mutating func hold(_ amount: Amount, at now: Instant, _ windows: OpenWindows) {
        change(admittedAt: now, windows) { $0.held += amount }
    }

    mutating func conclude(
        hold: Amount, cost: Amount, admittedAt: Instant, _ windows: OpenWindows
    ) {
        change(admittedAt: admittedAt, windows) { sums in
            sums.held -= hold
            sums.settled += cost
        }
    }

    mutating func add(_ spend: Amount, spentAt: Instant, _ windows: OpenWindows) {
        change(admittedAt: spentAt, windows) { $0.settled += spend }
    }

    /// Changes the open windows that hold `admittedAt`: a call belongs to the window in which it
    /// was admitted, and a window that is over binds nobody.
    private mutating func change(
        admittedAt: Instant, _ windows: OpenWindows, _ body: (inout Sums) -> Void
    ) {
        for window in BudgetWindow.all {
            let start = windows.start(of: window)
            if open[window.index]?.start != start { open[window.index] = Open(start: start) }
            guard windows.contains(admittedAt, window), var current = open[window.index] else {
                continue
            }
            body(&current.sums)
            precondition(current.sums.held >= .zero, "a scope never holds less than nothing")
            open[window.index] = current
        }
    }

    func reachedThreshold(_ window: BudgetWindow, _ windows: OpenWindows) -> Int {
        guard let current = open[window.index], current.start == windows.start(of: window) else {
            return 0
        }
        return current.threshold
    }

    mutating func note(threshold: Int, in window: BudgetWindow) {
        open[window.index]?.threshold = threshold
    }

    /// Whether any window holds something that still counts, or is still to be settled.
    func isOpen(_ windows: OpenWindows) -> Bool {
        BudgetWindow.all.contains { window in
            guard let current = open[window.index] else { return false }
            return current.start == windows.start(of: window) || current.sums.held > .zero
        }
    }

    mutating func forgetThresholds() {
        for index in open.indices { open[index]?.threshold = 0 }
    }
}
