import Dialects
import Metering
import TestSupport
import Testing

@Suite("EventStreamScanner")
struct EventStreamTests {
    struct Sink: EventStreamSink {
        var current: [UInt8] = []
        var events: [String] = []

        mutating func eventData(_ bytes: Span<UInt8>) {
            for index in bytes.indices { current.append(bytes[index]) }
        }
        mutating func eventEnded(at end: Int) {
            events.append(String(decoding: current, as: UTF8.self))
            current = []
        }
        mutating func blockEnded(at end: Int) {}
    }

    static func events(_ text: String, pieces: Int = .max) -> [String] {
        var sink = Sink()
        var scanner = EventStreamScanner()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            scanner.push(Array(rest.prefix(pieces)).span, into: &sink)
            rest = rest.dropFirst(pieces)
        }
        scanner.finish(into: &sink)
        return sink.events
    }

    @Test(
        "reads events as the standard has it, byte by byte and at once",
        arguments: [
            ("data: a\n\ndata: b\n\n", ["a", "b"]),
            ("data:a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
            ("data: a\r\rdata: b\r\r", ["a", "b"]),
            ("\u{FEFF}data: a\n\n", ["a"]),
            (": comment\n\ndata: a\n\n", ["a"]),
            ("event: x\ndata: a\ndata: b\nid: 1\n\n", ["a\nb"]),
            ("data\n\n", [""]),
            ("data:\n\n", [""]),
            ("data:  two spaces\n\n", [" two spaces"]),
            ("data: no blank line", ["no blank line"]),
            ("\n\n\ndata: a\n\n\n\n", ["a"]),
            ("datax: a\nxdata: b\n\n", []),
            ("data: ünï😀\n\n", ["ünï😀"]),
            ("event: only\n\n", []),
        ])
    func standard(text: String, expected: [String]) {
        #expect(Self.events(text) == expected)
        for size in 1...5 { #expect(Self.events(text, pieces: size) == expected) }
    }
}

@Suite("StreamedReplyMeter")
struct StreamedReplyTests {
    static let chunk = #"data: {"model":"m","choices":[{"delta":{"content":"hi"}}]}"# + "\n\n"
    static let usage =
        #"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#
        + "\n\n"
    static let done = "data: [DONE]\n\n"

    static func run(
        _ text: String, hides: Bool, cutAt cut: Int
    ) -> (client: String, beforeEnd: String, reading: UsageReading) {
        let meter = StreamedReplyMeter(ChatUsageReader(), hidesUsageEvent: hides)
        let bytes = Array(text.utf8)
        let before = meter.consume(Array(bytes[..<cut])) + meter.consume(Array(bytes[cut...]))
        let all = before + meter.finish()
        return (
            String(decoding: all, as: UTF8.self), String(decoding: before, as: UTF8.self),
            meter.reading
        )
    }

    @Test("takes out the usage event that the client did not ask for, wherever it is cut")
    func hides() {
        let stream = Self.chunk + Self.chunk + Self.usage + Self.done
        for cut in 0...stream.utf8.count {
            let (client, _, reading) = Self.run(stream, hides: true, cutAt: cut)
            #expect(client == Self.chunk + Self.chunk + Self.done)
            #expect(reading.usage?.outputTokens == 2 && reading.status == .exact)
            #expect(reading.isFinal)
        }
    }

    @Test("passes every byte where the client asked for usage, but none behind the end before it")
    func passes() {
        let stream = Self.chunk + Self.usage + Self.done
        for cut in 0...stream.utf8.count {
            let (client, beforeEnd, _) = Self.run(stream, hides: false, cutAt: cut)
            #expect(client == stream)
            #expect(!beforeEnd.hasSuffix(Self.done))
        }
    }

    @Test("keeps a usage event that has choices, as some providers send it")
    func usageOnContent() {
        let event =
            #"data: {"choices":[{}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#
            + "\n\n"
        #expect(Self.run(event + Self.done, hides: true, cutAt: 5).client == event + Self.done)
    }

    @Test("lets an event longer than it may wait for pass")
    func longEvent() {
        let long =
            "data: {\"choices\":[],\"x\":\""
            + String(repeating: "y", count: 200_000) + "\"}\n\n"
        #expect(Self.run(long + Self.done, hides: true, cutAt: 150_000).client == long + Self.done)
    }
}
