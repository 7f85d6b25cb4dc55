internal import Chronology
internal import Synchronization

/// Slows down who guesses the admin key: so many failures a minute from one address.
final class LoginThrottle: Sendable {
    static let failuresPerMinute = 5
    private static let windowSeconds: Int64 = 60
    /// Addresses that are remembered; beyond it the oldest failures are forgotten with the window.
    private static let maximumAddresses = 1_000

    private struct State {
        var began = Instant(seconds: 0)
        var failures: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// Seconds until another try is heard; nil: now.
    func wait(of address: String, at now: Instant) -> Int64? {
        state.withLock { state in
            Self.renew(&state, now)
            guard state.failures[address, default: 0] >= Self.failuresPerMinute else {
                return nil
            }
            return max(1, Self.windowSeconds - (now.seconds - state.began.seconds))
        }
    }

    func noteFailure(of address: String, at now: Instant) {
        state.withLock { state in
            Self.renew(&state, now)
            if state.failures.count < Self.maximumAddresses || state.failures[address] != nil {
                state.failures[address, default: 0] += 1
            }
        }
    }

    private static func renew(_ state: inout State, _ now: Instant) {
        guard !(0..<windowSeconds).contains(now.seconds - state.began.seconds) else { return }
        state = State(began: now)
    }
}
