/// Meters a reply of server-sent events.
///
/// Once the reply says that it is complete, its bytes are held back until `finish`, so that the
/// client cannot have the whole of a reply whose row is not yet durable.
package final class StreamedReplyMeter: ReplyMeter {
    private var events = EventStreamScanner()
    private var sink: EventReader
    private var hider: UsageEventHider?
    private var end = HeldBackEnd()

    /// `hidesUsageEvent`: take out the event that says nothing but usage, as the client did not
    /// ask for it.
    package init(_ reader: some UsageReader, hidesUsageEvent: Bool) {
        sink = EventReader(reader)
        hider = hidesUsageEvent ? UsageEventHider() : nil
    }

    package func consume(_ bytes: [UInt8]) -> [UInt8] {
        sink.endedEvents.removeAll(keepingCapacity: true)
        events.push(bytes.span, into: &sink)
        let passing = hider?.pass(bytes, endedEvents: sink.endedEvents) ?? bytes
        return end.pass(passing, isFinal: sink.isFinal)
    }

    package func finish() -> [UInt8] {
        sink.endedEvents.removeAll(keepingCapacity: true)
        events.finish(into: &sink)
        let rest = hider?.finish(endedEvents: sink.endedEvents) ?? []
        return end.release() + rest
    }

    package var reading: UsageReading { sink.reader.reading }
}

/// The end of an event in a stream.
struct EndedEvent: Sendable {
    /// Bytes of the stream up to and with the event's blank line.
    let end: Int
    let isUsageOnly: Bool
}

/// Feeds the data of each event to a JSON scanner.
struct EventReader: Sendable {
    var reader: any UsageReader
    var endedEvents: [EndedEvent] = []
    /// Whether the reply has said that it is complete.
    private(set) var isFinal = false
    private var scanner: JSONScanner
    private var hasBegun = false
    /// How much of `[DONE]` the data of the event has been so far; nil: it is something else.
    private var matchedMarker: Int?

    private static let doneMarker = Array("[DONE]".utf8)

    init(_ reader: some UsageReader) {
        self.reader = reader
        scanner = JSONScanner(outline: type(of: reader).outline)
    }

    mutating func eventData(_ bytes: Span<UInt8>) {
        if !hasBegun {
            hasBegun = true
            matchedMarker = 0
            reader.documentBegan()
        }
        if matchedMarker != nil { matchMarker(bytes) }
        scanner.push(bytes, into: &reader)
    }

    private mutating func matchMarker(_ bytes: Span<UInt8>) {
        for index in 0..<bytes.count {
            guard let matched = matchedMarker, matched < Self.doneMarker.count,
                bytes[index] == Self.doneMarker[matched]
            else {
                matchedMarker = nil
                return
            }
            matchedMarker = matched + 1
        }
    }

    mutating func blockEnded(at end: Int) {
        endedEvents.append(EndedEvent(end: end, isUsageOnly: false))
    }

    mutating func eventEnded(at end: Int) {
        if hasBegun {
            scanner.finish(into: &reader)
            if matchedMarker == Self.doneMarker.count {
                reader.streamMarkedDone()
            } else {
                reader.documentEnded(isValid: scanner.outcome == .complete)
            }
            isFinal = reader.isFinal
        }
        endedEvents.append(EndedEvent(end: end, isUsageOnly: hasBegun && reader.isUsageOnly))
        scanner.reset()
        hasBegun = false
    }
}

extension EventReader: EventStreamSink {}
