internal import Chronology
internal import Reporting
internal import Synchronization

/// Findings of a while ago: they rest on many calls, and do not change from one page to the next.
final class AdviceCache: Sendable {
    static let secondsKept: Int64 = 300

    private let kept = Mutex<(at: Instant, findings: [Finding])?>(nil)

    /// Two who ask at once can both work it out; the later one is kept.
    func findings(at now: Instant, _ work: () throws -> [Finding]) rethrows -> [Finding] {
        let known = kept.withLock { kept -> [Finding]? in
            guard let kept, (0..<Self.secondsKept).contains(now.seconds - kept.at.seconds) else {
                return nil
            }
            return kept.findings
        }
        if let known { return known }
        let findings = try work()
        kept.withLock { $0 = (now, findings) }
        return findings
    }
}
