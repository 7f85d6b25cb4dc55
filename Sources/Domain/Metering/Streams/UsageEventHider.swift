/// Takes the usage event that the gateway asked for out of a stream whose client did not ask.
///
/// Bytes of an event that is not yet complete wait, as its end decides whether it may pass.
struct UsageEventHider: Sendable {
    /// A longer event is not one that says nothing but usage; it passes as it comes.
    static let maximumWaitingBytes = 65_536

    private var waiting: [UInt8] = []
    /// Bytes of the stream before `waiting`.
    private var passed = 0

    mutating func pass(_ bytes: [UInt8], endedEvents: [EndedEvent]) -> [UInt8] {
        // Most pieces are whole events that may pass as they are.
        if waiting.isEmpty, endedEvents.last?.end == passed + bytes.count,
            !endedEvents.contains(where: \.isUsageOnly)
        {
            passed += bytes.count
            return bytes
        }
        waiting += bytes
        var passing: [UInt8] = []
        for event in endedEvents {
            let length = max(0, event.end - passed)
            if !event.isUsageOnly { passing += waiting[..<length] }
            waiting.removeFirst(length)
            passed += length
        }
        if waiting.count > Self.maximumWaitingBytes {
            passed += waiting.count
            passing += waiting
            waiting = []
        }
        return passing
    }

    mutating func finish(endedEvents: [EndedEvent]) -> [UInt8] {
        defer { waiting = [] }
        return endedEvents.contains(where: \.isUsageOnly) ? [] : waiting
    }
}
