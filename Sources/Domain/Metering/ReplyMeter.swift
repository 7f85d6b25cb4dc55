/// Meters one reply: takes its bytes as they pass, and says what it read.
package protocol ReplyMeter: AnyObject {
    /// Takes the next bytes of the body and returns those that the client may have now.
    func consume(_ bytes: [UInt8]) -> [UInt8]
    /// The body is over; returns the bytes still held back.
    func finish() -> [UInt8]
    var reading: UsageReading { get }
}

/// Meters a reply that is one JSON document.
package final class PlainReplyMeter: ReplyMeter {
    private var reader: any UsageReader
    private var scanner: JSONScanner

    package init(_ reader: some UsageReader) {
        scanner = JSONScanner(outline: type(of: reader).outline)
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
