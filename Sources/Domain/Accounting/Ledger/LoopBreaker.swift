internal import Chronology
internal import Money

/// Watches the spend of one bucket minute by minute, and trips when it is far out of the usual.
struct LoopBreaker: Sendable {
    private static let minuteSeconds: Int64 = 60
    private static let hourSeconds: Int64 = 3_600

    private struct Cost: WindowSums {
        var amount = Amount.zero

        static func + (left: Cost, right: Cost) -> Cost { Cost(amount: left.amount + right.amount) }
        static func - (left: Cost, right: Cost) -> Cost { Cost(amount: left.amount - right.amount) }
    }

    private var minute = RollingSums<Cost>(seconds: minuteSeconds)
    private var hour = RollingSums<Cost>(seconds: hourSeconds)
    private(set) var trip: BreakerTrip?

    mutating func roll(to now: Instant) {
        minute.roll(to: now)
        hour.roll(to: now)
        if let trip, now >= trip.until { self.trip = nil }
    }

    /// Counts a cost, and says why where that trips the rule.
    mutating func note(_ cost: Amount, _ rule: BreakerRule, at now: Instant) -> BreakerTrip.Cause? {
        roll(to: now)
        minute.change(at: now, now: now) { $0.amount += cost }
        let burn = minute.sums.amount
        // The usual is what was before this minute, or a loop would soon be usual itself.
        let usual = usualMinute(before: now)
        hour.change(at: now, now: now) { $0.amount += cost }
        guard trip == nil, burn > rule.floor || rule.ceiling.map({ burn > $0 }) == true else {
            return nil
        }
        if let ceiling = rule.ceiling, burn > ceiling {
            return BreakerTrip.Cause(burn: burn, allowed: ceiling, usual: nil)
        }
        guard let usual else { return nil }
        let allowed = Amount(picodollars: usual.picodollars * Int128(rule.factor))
        guard burn > allowed, burn > rule.floor else { return nil }
        return BreakerTrip.Cause(burn: burn, allowed: allowed, usual: usual)
    }

    /// The mean of the minutes with spend in the last hour, without the last minute.
    private func usualMinute(before now: Instant) -> Amount? {
        var past = hour
        past.drop(after: now.advanced(bySeconds: -Self.minuteSeconds))
        let minutes = past.count { $0.amount > .zero }
        guard minutes >= BreakerRule.minimumHistoryMinutes else { return nil }
        return Amount(picodollars: past.sums.amount.picodollars / Int128(minutes))
    }

    mutating func hold(_ trip: BreakerTrip) { self.trip = trip }
    mutating func reset() { trip = nil }

    /// Counts what was spent before the breaker was there.
    mutating func noteHistory(_ cost: Amount, spentAt: Instant, at now: Instant) {
        hour.change(at: spentAt, now: now) { $0.amount += cost }
    }

    var isIdle: Bool { trip == nil && hour.sums.amount == .zero }
}
