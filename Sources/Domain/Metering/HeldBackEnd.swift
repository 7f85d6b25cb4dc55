/// Holds back the end of a streamed reply: once the reply says that it is complete, its bytes wait
/// until its row is durable, so that the client cannot have all of a reply that has no row.
struct HeldBackEnd: Sendable {
    /// The end of a reply and what came with it in one piece.
    private static let maximumBytes = 4 * 1_024 * 1_024

    private var waiting: [UInt8] = []

    /// What may pass now of `bytes`.
    mutating func pass(_ bytes: [UInt8], isFinal: Bool) -> [UInt8] {
        guard isFinal else { return waiting.isEmpty ? bytes : release() + bytes }
        guard waiting.count + bytes.count > Self.maximumBytes else {
            waiting += bytes
            return []
        }
        // So much does not follow the end of a reply; the newest piece is enough to wait.
        let passing = waiting
        waiting = bytes
        return passing
    }

    mutating func release() -> [UInt8] {
        guard !waiting.isEmpty else { return [] }
        defer { waiting = [] }
        return waiting
    }
}
