/// Takes what an `EventFrameScanner` finds.
package protocol EventFrameSink {
    /// The next piece of a frame's payload.
    mutating func payload(_ bytes: Span<UInt8>)
    mutating func frameEnded()
}

/// Reads a stream of AWS event frames that arrive in pieces cut anywhere. Keeps no frame, however
/// long. Checksums are the client's business; a frame whose lengths cannot be true ends the
/// reading.
///
/// Source: AWS event stream encoding (`application/vnd.amazon.eventstream`): total length, length
/// of the headers, checksum of both; headers; payload; checksum of all.
package struct EventFrameScanner: Sendable {
    private static let preludeBytes = 12
    private static let trailerBytes = 4
    /// Above the largest frame that AWS sends.
    private static let maximumFrameBytes = 32 * 1_024 * 1_024

    private enum State: Sendable {
        case prelude, headers(left: Int, payload: Int), payload(left: Int), trailer(left: Int)
        case broken
    }

    private var state = State.prelude
    private var prelude: [UInt8] = []

    package init() {}

    package mutating func push(_ bytes: Span<UInt8>, into sink: inout some EventFrameSink) {
        var index = 0
        while index < bytes.count {
            let available = bytes.count - index
            switch state {
            case .broken: return
            case .prelude:
                prelude.append(bytes[index])
                index += 1
                if prelude.count == Self.preludeBytes { beginFrame() }
            case .headers(let left, let payload):
                let taken = min(left, available)
                index += taken
                state =
                    taken < left
                    ? .headers(left: left - taken, payload: payload) : .payload(left: payload)
                endEmptyPayload(into: &sink)
            case .payload(let left):
                let taken = min(left, available)
                sink.payload(bytes.extracting(index..<(index + taken)))
                index += taken
                state = .payload(left: left - taken)
                endEmptyPayload(into: &sink)
            case .trailer(let left):
                let taken = min(left, available)
                index += taken
                state = taken < left ? .trailer(left: left - taken) : .prelude
            }
        }
    }

    private mutating func beginFrame() {
        let total = number(at: 0)
        let headers = number(at: 4)
        prelude.removeAll(keepingCapacity: true)
        let payload = total - headers - Self.preludeBytes - Self.trailerBytes
        guard payload >= 0, total <= Self.maximumFrameBytes else {
            state = .broken
            return
        }
        state = .headers(left: headers, payload: payload)
        if headers == 0 { state = .payload(left: payload) }
    }

    private mutating func endEmptyPayload(into sink: inout some EventFrameSink) {
        guard case .payload(0) = state else { return }
        sink.frameEnded()
        state = .trailer(left: Self.trailerBytes)
    }

    private func number(at start: Int) -> Int {
        prelude[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
}
