internal import Chronology
internal import Synchronization

/// The time of the shared store, so that gateways whose clocks differ agree on the windows of
/// limits. Between two looks at the store it goes by the time since the machine was started, which
/// nobody sets; the machine's own date counts only until the store was first asked.
final class SharedClock: WallClock {
    private static let unknown = Int64.min

    private let base = SystemClock()
    private let start = ContinuousClock.now
    private let offset = Atomic<Int64>(unknown)
    private let latest = Atomic<Int64>(0)

    /// Never steps back, whatever the offset becomes.
    func now() -> Instant {
        let ahead = offset.load(ordering: .relaxed)
        let moment =
            ahead == Self.unknown ? base.now().microseconds : elapsedMicroseconds + ahead
        let (_, newest) = latest.max(moment, ordering: .relaxed)
        return Instant(microseconds: newest)
    }

    /// Whether the store was ever asked. From then on its clock is what counts, also where it steps
    /// back: the time stands still until it has caught up.
    var followsStore: Bool { offset.load(ordering: .relaxed) != Self.unknown }

    /// Since this process began.
    var elapsedMicroseconds: Int64 {
        let elapsed = start.duration(to: .now).components
        return elapsed.seconds * Instant.microsecondsPerSecond
            + elapsed.attoseconds / 1_000_000_000_000
    }

    /// `microseconds` from `elapsedMicroseconds` to the store's time.
    func follow(_ microseconds: Int64) { offset.store(microseconds, ordering: .relaxed) }

    /// Follows the store from the first: nothing was dated yet.
    func begin(_ microseconds: Int64) {
        follow(microseconds)
        latest.store(0, ordering: .relaxed)
    }

    /// Seconds by which what was dated here is ahead of the store.
    func secondsAhead(ofOffset microseconds: Int64) -> Int64 {
        let ahead = latest.load(ordering: .relaxed) - (elapsedMicroseconds + microseconds)
        return ahead / Instant.microsecondsPerSecond
    }
}
