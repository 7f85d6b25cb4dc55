internal import Chronology
internal import Synchronization

/// Sessions that somebody signed out of, whose tokens would still be good.
final class EndedSessions: Sendable {
    /// Sessions that are remembered; beyond it all are forgotten that a token cannot outlive.
    private static let maximumCount = 10_000

    private let ended = Mutex<[String: Instant]>([:])

    func end(_ session: SessionToken, at now: Instant) {
        ended.withLock { ended in
            if ended.count >= Self.maximumCount {
                ended = ended.filter { now.seconds - $0.value.seconds < SessionToken.idleSeconds }
            }
            ended[session.nonce] = now
        }
    }

    func has(_ session: SessionToken) -> Bool {
        ended.withLock { $0[session.nonce] != nil }
    }
}
