/// Meters one reply: takes its bytes as they pass, and says what it read.
package protocol ReplyMeter: AnyObject {
    /// Takes the next bytes of the body and returns those that the client may have now.
    func consume(_ bytes: [UInt8]) -> [UInt8]
    /// The body is over; returns the bytes still held back.
    func finish() -> [UInt8]
    var reading: UsageReading { get }
}

/// Meters a reply that is one JSON document.
package final class PlainReplyMeter<Reader: UsageReader>: ReplyMeter {
    private var reader: Reader
    private var scanner = JSONScanner(outline: Reader.outline)

    package init(_ reader: Reader) {
        self.reader = reader
        self.reader.documentBegan()
    }

    package func consume(_ bytes: [UInt8]) -> [UInt8] {
        scanner.push(bytes.span, into: &reader)
        return bytes
    }

    package func finish() -> [UInt8] {
        scanner.finish(into: &reader)
        reader.documentEnded(isValid: scanner.outcome == .complete)
        return []
    }

    package var reading: UsageReading { reader.reading }
}

/// Meters a reply of server-sent events.
///
/// Once the reply says that it is complete, its bytes are held back until `finish`, so that the
/// client cannot have the whole of a reply whose row is not yet durable.
package final class StreamedReplyMeter<Reader: UsageReader>: ReplyMeter {
    private var events = EventStreamScanner()
    private var sink: EventReader<Reader>
    private var hider: UsageEventHider?
    private var end = HeldBackEnd()

    /// `hidesUsageEvent`: take out the event that says nothing but usage, as the client did not
    /// ask for it.
    package init(_ reader: Reader, hidesUsageEvent: Bool) {
        sink = EventReader(reader)
        hider = hidesUsageEvent ? UsageEventHider() : nil
    }

    package func consume(_ bytes: [UInt8]) -> [UInt8] {
        let wasFinal = sink.reader.reading.isFinal
        sink.endedEvents.removeAll(keepingCapacity: true)
        events.push(bytes.span, into: &sink)
        let passing = hider?.pass(bytes, endedEvents: sink.endedEvents) ?? bytes
        return end.pass(passing, isFinal: wasFinal || sink.reader.reading.isFinal)
    }

    package func finish() -> [UInt8] {
        sink.endedEvents.removeAll(keepingCapacity: true)
        events.finish(into: &sink)
        let rest = hider?.finish(endedEvents: sink.endedEvents) ?? []
        return end.release() + rest
    }

    package var reading: UsageReading { sink.reader.reading }
}

/// Feeds the data of each event to a JSON scanner.
struct EventReader<Reader: UsageReader>: EventStreamSink, Sendable {
    struct Ended: Sendable {
        let end: Int
        let isUsageOnly: Bool
    }

    var reader: Reader
    var endedEvents: [Ended] = []
    private var scanner = JSONScanner(outline: Reader.outline)
    private var hasBegun = false
    private var firstBytes: [UInt8] = []

    private static var doneMarker: [UInt8] { Array("[DONE]".utf8) }

    init(_ reader: Reader) { self.reader = reader }

    mutating func eventData(_ bytes: Span<UInt8>) {
        if !hasBegun {
            hasBegun = true
            firstBytes.removeAll(keepingCapacity: true)
            reader.documentBegan()
        }
        keepFirst(bytes)
        scanner.push(bytes, into: &reader)
    }

    mutating func blockEnded(at end: Int) {
        endedEvents.append(Ended(end: end, isUsageOnly: false))
    }

    private mutating func keepFirst(_ bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count, firstBytes.count <= Self.doneMarker.count {
            firstBytes.append(bytes[index])
            index += 1
        }
    }

    mutating func eventEnded(at end: Int) {
        if hasBegun {
            scanner.finish(into: &reader)
            if firstBytes == Self.doneMarker {
                reader.streamMarkedDone()
            } else {
                reader.documentEnded(isValid: scanner.outcome == .complete)
            }
        }
        endedEvents.append(Ended(end: end, isUsageOnly: hasBegun && reader.isUsageOnly))
        scanner.reset()
        hasBegun = false
    }
}
