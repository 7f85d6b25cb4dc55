/// Meters a streamed reply that is not made of server-sent events.
package final class DocumentStreamMeter: ReplyMeter {
    package enum Framing: Sendable {
        /// A document on each line.
        case lines
        /// One document, an array to which elements are added.
        case array
        /// A document in the payload of each AWS event frame.
        case frames
        /// The same, wrapped in base64 once more.
        case wrappedFrames
    }

    private var sink: DocumentReader
    private var frames: EventFrameScanner?
    private let framing: Framing
    private var end = HeldBackEnd()

    package init(_ reader: some UsageReader, framing: Framing) {
        self.framing = framing
        sink = DocumentReader(reader, unwraps: framing == .wrappedFrames)
        if framing == .frames || framing == .wrappedFrames { frames = EventFrameScanner() }
    }

    package func consume(_ bytes: [UInt8]) -> [UInt8] {
        let span = bytes.span
        switch framing {
        case .frames, .wrappedFrames: frames?.push(span, into: &sink)
        case .array: sink.payload(span)
        case .lines: pushLines(span)
        }
        return end.pass(bytes, isFinal: sink.reader.reading.isFinal)
    }

    private func pushLines(_ bytes: Span<UInt8>) {
        var start = 0
        for index in 0..<bytes.count where bytes[index] == UInt8(ascii: "\n") {
            sink.payload(bytes.extracting(start..<index))
            sink.frameEnded()
            start = index + 1
        }
        sink.payload(bytes.extracting(start..<bytes.count))
    }

    package func finish() -> [UInt8] {
        if framing == .array || framing == .lines { sink.frameEnded() }
        return end.release()
    }

    package var reading: UsageReading { sink.reader.reading }
}

/// Feeds document after document to a JSON scanner.
struct DocumentReader: EventFrameSink, Sendable {
    var reader: any UsageReader
    private var scanner: JSONScanner
    private var chunk: WrappedChunk?
    private var hasBegun = false

    init(_ reader: some UsageReader, unwraps: Bool) {
        self.reader = reader
        scanner = JSONScanner(outline: type(of: reader).outline)
        if unwraps { chunk = WrappedChunk() }
    }

    mutating func payload(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        if !hasBegun {
            hasBegun = true
            reader.documentBegan()
            chunk?.begin()
        }
        if let unwrapped = chunk?.unwrap(bytes) {
            scanner.push(unwrapped.span, into: &reader)
        } else {
            scanner.push(bytes, into: &reader)
        }
    }

    mutating func frameEnded() {
        // Blank lines and empty frames say nothing.
        if hasBegun, !scanner.isUntouched {
            scanner.finish(into: &reader)
            reader.documentEnded(isValid: scanner.outcome == .complete)
        }
        scanner.reset()
        hasBegun = false
    }
}
