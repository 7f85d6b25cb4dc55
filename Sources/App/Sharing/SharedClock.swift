internal import Chronology
internal import Synchronization

/// The time of the shared store, as far as it is known here, so that gateways whose clocks differ
/// agree on the windows of limits.
final class SharedClock: WallClock {
    private let base = SystemClock()
    private let offset = Atomic<Int64>(0)
    private let latest = Atomic<Int64>(0)

    /// Never steps back, whatever the offset becomes.
    func now() -> Instant {
        let moment = base.now().microseconds + offset.load(ordering: .relaxed)
        let (_, newest) = latest.max(moment, ordering: .relaxed)
        return Instant(microseconds: newest)
    }

    var machineMicroseconds: Int64 { base.now().microseconds }

    /// `microseconds` by which the store is ahead of this machine.
    func follow(_ microseconds: Int64) { offset.store(microseconds, ordering: .relaxed) }
}
