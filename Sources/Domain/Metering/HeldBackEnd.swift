/// Holds back the end of a streamed reply: once the reply says that it is complete, its bytes wait
/// until its row is durable, so that the client cannot have all of a reply that has no row.
struct HeldBackEnd: Sendable {
    /// The end of a reply and what came with it in one piece.
    private static let maximumBytes = 4 * 1_024 * 1_024

    private var waiting: [UInt8] = []

    /// What may pass now of `bytes`.
    mutating func pass(_ bytes: [UInt8], isFinal: Bool) -> [UInt8] {
        guard isFinal else { return bytes }
        // What follows the end of a reply is not part of it.
        if waiting.count < Self.maximumBytes { waiting += bytes }
        return []
    }

    mutating func release() -> [UInt8] {
        defer { waiting = [] }
        return waiting
    }
}
