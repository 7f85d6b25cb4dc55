package import Chronology
internal import Money

/// Builds a ledger out of what a store keeps, and says what the store has to be told for it.
package struct LedgerLoading<Source: LedgerSource> {
    private let source: Source
    private let now: Instant
    package private(set) var ledger: Ledger
    private var sums: [SpendEntry.Place: SpendEntry] = [:]
    package private(set) var alerts: [BudgetAlert] = []
    /// Windows that have to be counted from the rows.
    package private(set) var wanted: Set<CounterKey> = []
    /// Windows of the budgets that are in force.
    package let live: Set<CounterKey>

    package init(
        _ source: Source, budgets: [Budget], isShared: Bool = false, at now: Instant
    ) throws {
        self.source = source
        ledger = Ledger(isShared: isShared)
        self.now = now
        live = Set(
            budgets.flatMap { budget in
                budget.windows.filter { $0 != .perCall }.map {
                    CounterKey(budget: budget.id, signature: budget.signature(of: $0))
                }
            })
        take(ledger.step(.configure(budgets), at: now))
        let counted = try source.counted().intersection(live)
        wanted = live.subtracting(counted)
        let entries = try source.entries(at: now).filter { counted.contains($0.counter) }
        take(ledger.step(.restore(entries, counted: Array(counted)), at: now))
        take(ledger.step(.trip(try source.openTrips(at: now)), at: now))
    }

    /// What the store has to add to the spend that it keeps.
    package var booked: [SpendEntry] { Array(sums.values) }

    private mutating func take(_ actions: [LedgerAction]) {
        for action in actions {
            switch action {
            case .book(let entries):
                for entry in entries {
                    if sums[entry.place] == nil {
                        sums[entry.place] = entry
                    } else {
                        sums[entry.place]?.amount += entry.amount
                    }
                }
            case .alert(let alert): alerts.append(alert)
            default: break
            }
        }
    }

    package mutating func countHistory() throws {
        guard !wanted.isEmpty else { return }
        let keys = Array(wanted)
        let range = HistoryRange(keys, of: ledger, at: now)
        try source.history(
            since: range.since, lastForeign: try source.lastForeign(),
            user: range.user, at: now
        ) { take(ledger.step(.count($0, for: keys, isLast: false), at: now)) }
        take(ledger.step(.count([], for: keys, isLast: true), at: now))
    }

    mutating func add(_ spend: Spend) { take(ledger.step(.add(spend), at: now)) }

    /// Counts the rows of others that came since, and returns the newest.
    package mutating func addForeign() throws -> Int64 {
        let last = try source.lastForeign()
        for spend in try source.foreign(after: last, at: now) { add(spend) }
        return max(last, try source.newestRow())
    }

    /// Books the holds of a process that ended in full: what was sent may have been charged.
    package mutating func expireHolds() throws -> Int {
        let holds = try source.holds(at: now)
        for hold in holds {
            add(Spend(hold.claim.bound, by: hold.claim.attributes, spentAt: hold.admittedAt))
        }
        return holds.count
    }

    /// Takes up the holds of a process that runs.
    package mutating func resumeHolds() throws {
        for hold in try source.holds(at: now) {
            take(ledger.step(.resume(hold.claim, admittedAt: hold.admittedAt), at: now))
        }
    }
}

/// Which rows matter for windows that have to be counted.
package struct HistoryRange {
    package let since: Instant
    /// Set where all windows are of one user.
    package let user: String?

    package init(_ keys: [CounterKey], of ledger: Ledger, at now: Instant) {
        let byID = Dictionary(ledger.budgets.map { ($0.id, $0) }) { first, _ in first }
        var since = now
        var users: Set<String?> = []
        for key in keys {
            guard let budget = byID[key.budget] else { continue }
            let isOneUser = budget.scope.kind == .user && !budget.scope.isEach
            users.insert(isOneUser ? budget.scope.name : nil)
            for window in budget.windows where budget.signature(of: window) == key.signature {
                since = min(since, budget.calendar.firstMoment(of: window, at: now))
            }
        }
        self.since = since
        user = users.count == 1 ? users.first ?? nil : nil
    }
}

extension BudgetCalendar {
    /// The earliest moment that a window reaches back to.
    fileprivate func firstMoment(of window: BudgetWindow, at now: Instant) -> Instant {
        if case .rolling(let seconds) = window {
            // A slot counts until all of it is older than the window.
            return now.advanced(bySeconds: -seconds - seconds / 60 - 1)
        }
        guard let span = span(of: window, at: now), !span.isEverything else {
            return Instant(microseconds: 0)
        }
        return span.start
    }
}
