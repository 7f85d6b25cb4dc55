/// Takes what an `EventStreamScanner` finds.
package protocol EventStreamSink {
    /// The next piece of an event's data. Lines of data that follow each other are joined by a
    /// line feed, which comes as a piece of its own.
    mutating func eventData(_ bytes: Span<UInt8>)
    /// The event is complete. `end` counts bytes of the stream up to and with its blank line.
    mutating func eventEnded(at end: Int)
    /// A block without data is over, such as a comment that keeps the connection alive.
    mutating func blockEnded(at end: Int)
}

/// Reads server-sent events that arrive in pieces cut anywhere: inside a character, a field name
/// or a CRLF. Keeps no line, however long.
///
/// Source: WHATWG HTML, "Server-sent events", parsing an event stream.
package struct EventStreamScanner: Sendable {
    private enum State: Sendable {
        case byteOrderMark, lineStart, field, value, data, ignored
    }

    /// The longest field name that matters is `event`; longer ones are unknown.
    private static let maximumFieldBytes = 8
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let dataField = Array("data".utf8)

    private var state = State.byteOrderMark
    private var matchedMarkBytes = 0
    private var field: [UInt8] = []
    private var endedWithCarriageReturn = false
    private var hasData = false
    private var consumed = 0

    package init() {}

    /// Whether an event has begun and its blank line has not come.
    package var isInsideEvent: Bool {
        if hasData { return true }
        switch state {
        case .byteOrderMark, .lineStart: return false
        default: return true
        }
    }

    package mutating func push(_ bytes: Span<UInt8>, into sink: inout some EventStreamSink) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if endedWithCarriageReturn {
                endedWithCarriageReturn = false
                if byte == 0x0A {
                    index += 1
                    continue
                }
            }
            switch state {
            case .byteOrderMark: index += readMark(byte)
            case .data: index = readData(bytes, from: index, into: &sink)
            case .lineStart where startsWithData(bytes, at: index):
                beginData(into: &sink)
                state = .data
                index += Self.dataPrefix.count
            default:
                readLine(byte, at: index, into: &sink)
                index += 1
            }
        }
        consumed += bytes.count
    }

    private static let dataPrefix = Array("data: ".utf8)

    /// Whether the line begins as those of nearly all events do.
    private func startsWithData(_ bytes: Span<UInt8>, at index: Int) -> Bool {
        guard index + Self.dataPrefix.count < bytes.count else { return false }
        for offset in Self.dataPrefix.indices
        where bytes[index + offset] != Self.dataPrefix[offset] {
            return false
        }
        return true
    }

    /// Says that the stream is over. An event without its blank line still counts: providers
    /// leave the last one out at times.
    package mutating func finish(into sink: inout some EventStreamSink) {
        endEvent(at: consumed, into: &sink)
    }

    /// Returns how many bytes of the input are dealt with.
    private mutating func readMark(_ byte: UInt8) -> Int {
        if byte == Self.byteOrderMark[matchedMarkBytes] {
            matchedMarkBytes += 1
            if matchedMarkBytes == Self.byteOrderMark.count { state = .lineStart }
            return 1
        }
        // A mark cut short would be a field name of no meaning; none is to be kept of it.
        state = matchedMarkBytes == 0 ? .lineStart : .ignored
        return 0
    }

    private mutating func readLine(
        _ byte: UInt8, at index: Int, into sink: inout some EventStreamSink
    ) {
        if byte == 0x0A || byte == 0x0D {
            endedWithCarriageReturn = byte == 0x0D
            let isBlank = if case .lineStart = state { true } else { false }
            if isBlank {
                endEvent(at: consumed + index + 1, into: &sink)
            } else if endsEmptyData {
                beginData(into: &sink)
            }
            state = .lineStart
            return
        }
        switch state {
        case .lineStart where byte == UInt8(ascii: ":"): state = .ignored
        case .lineStart:
            field.removeAll(keepingCapacity: true)
            field.append(byte)
            state = .field
        case .field where byte == UInt8(ascii: ":"):
            state = field == Self.dataField ? .value : .ignored
        case .field:
            field.append(byte)
            if field.count > Self.maximumFieldBytes { state = .ignored }
        case .value:
            beginData(into: &sink)
            state = .data
            if byte != UInt8(ascii: " ") { emit(byte, into: &sink) }
        default: break
        }
    }

    /// Whether the line that ends is `data` or `data:` with nothing behind it.
    private var endsEmptyData: Bool {
        switch state {
        case .field: field == Self.dataField
        case .value: true
        default: false
        }
    }

    private mutating func beginData(into sink: inout some EventStreamSink) {
        if hasData { emit(0x0A, into: &sink) }
        hasData = true
    }

    private func emit(_ byte: UInt8, into sink: inout some EventStreamSink) {
        let single = [byte]
        sink.eventData(single.span)
    }

    private mutating func readData(
        _ bytes: Span<UInt8>, from start: Int, into sink: inout some EventStreamSink
    ) -> Int {
        let index = bytes.endOfLine(from: start)
        let end = bytes.count
        if index > start { sink.eventData(bytes.extracting(start..<index)) }
        guard index < end else { return index }
        endedWithCarriageReturn = bytes[index] == 0x0D
        state = .lineStart
        return index + 1
    }

    private mutating func endEvent(at end: Int, into sink: inout some EventStreamSink) {
        guard hasData else { return sink.blockEnded(at: end) }
        hasData = false
        sink.eventEnded(at: end)
    }
}
