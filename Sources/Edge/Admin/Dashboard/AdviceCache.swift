internal import Chronology
internal import Reporting
internal import Synchronization

/// Findings of a while ago: they rest on many calls, and do not change from one page to the next.
final class AdviceCache: Sendable {
    static let secondsKept: Int64 = 300

    private let kept = Mutex<(at: Instant, findings: [Finding])?>(nil)

    /// Who asks while somebody works it out waits for that.
    func findings(at now: Instant, _ work: () throws -> [Finding]) rethrows -> [Finding] {
        try kept.withLock { kept in
            if let kept, (0..<Self.secondsKept).contains(now.seconds - kept.at.seconds) {
                return kept.findings
            }
            let findings = try work()
            kept = (now, findings)
            return findings
        }
    }
}
