package import Chronology
internal import Synchronization

/// A clock that a test sets.
package final class TestClock: WallClock {
    private let time: Mutex<Instant>

    package init(_ text: String) {
        guard let start = Instant(text: text) else { preconditionFailure("not a time: \(text)") }
        time = Mutex(start)
    }

    package func now() -> Instant { time.withLock { $0 } }

    package func advance(seconds: Int64) {
        time.withLock { $0 = $0.advanced(bySeconds: seconds) }
    }
}
