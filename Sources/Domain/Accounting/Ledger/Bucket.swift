internal import Chronology
internal import Money

/// All that a budget counts in one place.
struct Bucket: Sendable {
    let id: BucketID
    var windows: [WindowCounter]
    var rates: [RateCounter]
    var breaker = LoopBreaker()
    var scope: Scope { id.scope }
    /// Calls in flight that are counted here.
    var openCount = 0

    init(
        _ budget: Budget, _ id: BucketID, isShared: Bool, isCounted: (BudgetWindow) -> Bool,
        at now: Instant
    ) {
        self.id = id
        windows = budget.windows.filter { $0 != .perCall }.map { window in
            WindowCounter(window, budget.calendar, isCounted: isCounted(window), at: now)
        }
        if isShared {
            for index in windows.indices { windows[index].lease = WindowLease() }
        }
        rates = budget.rates.map(RateCounter.init)
    }

    mutating func roll(to now: Instant) {
        for index in windows.indices { windows[index].roll(to: now) }
        for index in rates.indices { rates[index].roll(to: now) }
        breaker.roll(to: now)
    }

    /// Whether nothing is left here that a new bucket would not have.
    var isIdle: Bool {
        openCount == 0 && windows.allSatisfy(\.isIdle) && rates.allSatisfy(\.isIdle)
            && breaker.isIdle
    }
}
