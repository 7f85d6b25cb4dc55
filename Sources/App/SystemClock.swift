package import Chronology
internal import Foundation
internal import Synchronization

/// The machine's clock, which here never steps back.
package final class SystemClock: WallClock {
    private let latest = Atomic<Int64>(0)

    package init() {}

    package func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let microseconds =
            Int64(time.tv_sec) * Instant.microsecondsPerSecond
            + Int64(time.tv_nsec) / 1_000
        let (_, newest) = latest.max(microseconds, ordering: .relaxed)
        return Instant(microseconds: newest)
    }
}
