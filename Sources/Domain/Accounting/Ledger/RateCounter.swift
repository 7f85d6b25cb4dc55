internal import Chronology
internal import Money

/// Requests, tokens or money of the last minute, or calls in flight.
struct RateCounter: Sendable {
    struct Count: WindowSums {
        var count: Int128 = 0

        static func + (left: Count, right: Count) -> Count {
            Count(count: left.count + right.count)
        }

        static func - (left: Count, right: Count) -> Count {
            Count(count: left.count - right.count)
        }
    }

    private static let minuteSeconds: Int64 = 60

    private(set) var limit: RateLimit
    private var minute = RollingSums<Count>(seconds: minuteSeconds)
    private var inFlight: Int128 = 0

    init(_ limit: RateLimit) { self.limit = limit }

    mutating func roll(to now: Instant) { minute.roll(to: now) }

    var used: Int128 { limit.measure == .concurrency ? inFlight : minute.sums.count }

    /// How much a call counts before its usage is known. A call of more tokens than the limit is
    /// let through when nothing else counts, as its bound is far above what it will use.
    func claimed(_ claim: CallClaim, hold: Amount) -> Int128 {
        switch limit.measure {
        case .requests, .concurrency: 1
        case .tokens: max(1, min(Int128(claim.tokens), limit.ceiling))
        case .money: hold.picodollars
        }
    }

    func fits(_ count: Int128) -> Bool { used + count <= limit.ceiling }

    mutating func claim(_ count: Int128, admittedAt: Instant, at now: Instant) {
        if limit.measure == .concurrency {
            inFlight += count
        } else {
            minute.change(at: admittedAt, now: now) { $0.count += count }
        }
    }

    /// Puts what was used in the place of what was claimed.
    mutating func conclude(_ claimed: Int128, used: Int128, admittedAt: Instant, at now: Instant) {
        if limit.measure == .concurrency {
            inFlight -= claimed
        } else {
            minute.change(at: admittedAt, now: now) { $0.count += used - claimed }
        }
    }

    /// When `count` more fit, if nothing is added; nil: nobody knows, or never.
    func opens(for count: Int128) -> Instant? {
        guard limit.measure != .concurrency, count <= limit.ceiling else { return nil }
        return minute.moment { $0.count + count <= limit.ceiling }
    }

    /// Goes on with what another counter of the same measure has seen.
    mutating func takeOver(_ known: RateCounter) {
        let limit = limit
        self = known
        self.limit = limit
    }

    var isIdle: Bool { used == 0 }
}
