import Dialects
import Foundation
import Metering
import TestSupport
import Testing

/// Recorded streams, where the recordings lie beside the repository.
@Suite("Recorded streams")
struct CorpusStreamTests {
    struct Recording: Decodable {
        let id: String
        let endpoint_kind: String?
        let stream_format: String?
        let response_body: String?
        let response_body_encoding: String?

        var bytes: [UInt8] {
            guard response_body_encoding == "base64" else {
                return Array((response_body ?? "").utf8)
            }
            return Array(Data(base64Encoded: response_body ?? "") ?? Data())
        }
    }

    static let recordings: [Recording] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "shared/corpus/cases.jsonl")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        let decoder = JSONDecoder()
        return text.split(separator: "\n").compactMap { line in
            try? decoder.decode(Recording.self, from: Data(line.utf8))
        }.filter { $0.stream_format != nil }
    }()

    static func meter(_ recording: Recording) -> (any ReplyMeter)? {
        switch (recording.endpoint_kind, recording.stream_format) {
        case ("chat", "sse"), ("completions", "sse"):
            StreamedReplyMeter(ChatUsageReader(), hidesUsageEvent: false)
        case ("responses", "sse"):
            StreamedReplyMeter(ResponsesUsageReader(), hidesUsageEvent: false)
        case ("messages", "sse"): StreamedReplyMeter(MessagesUsageReader(), hidesUsageEvent: false)
        case ("generateContent", "sse"):
            StreamedReplyMeter(GeminiUsageReader(), hidesUsageEvent: false)
        case ("generateContent", _): DocumentStreamMeter(GeminiUsageReader(), framing: .array)
        case ("converse", _): DocumentStreamMeter(ConverseUsageReader(), framing: .frames)
        case ("invoke", _):
            DocumentStreamMeter(
                InvokeUsageReader(headerInput: nil, headerOutput: nil), framing: .wrappedFrames)
        case ("cohere-chat", _): DocumentStreamMeter(CohereUsageReader(), framing: .lines)
        default: nil
        }
    }

    static func read(
        _ recording: Recording, _ pieces: [ArraySlice<UInt8>]
    ) -> (reading: UsageReading, passed: Int)? {
        guard let meter = meter(recording) else { return nil }
        var passed = 0
        for piece in pieces { passed += meter.consume(Array(piece)).count }
        passed += meter.finish().count
        return (meter.reading, passed)
    }

    /// Cuts of one stream; all of a short one, and so many of a long one, its end among them.
    static let maximumCuts = 300

    @Test(
        "state the same usage wherever they are cut and however their lines end",
        .enabled(if: !recordings.isEmpty, "../shared/corpus is not there"))
    func cuts() {
        for recording in Self.recordings {
            let bytes = recording.bytes
            guard let whole = Self.read(recording, [bytes[...]]) else { continue }
            let step = max(1, bytes.count / Self.maximumCuts)
            for cut in stride(from: 0, through: bytes.count, by: step) {
                let cutReading = Self.read(recording, [bytes[..<cut], bytes[cut...]])
                #expect(cutReading?.reading == whole.reading, "\(recording.id) cut at \(cut)")
                #expect(cutReading?.passed == bytes.count)
            }
            guard recording.stream_format == "sse" else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
                .replacing("\r\n", with: "\n")
            for end in ["\r\n", "\r"] {
                let other = Array(text.replacing("\n", with: end).utf8)
                let reading = Self.read(recording, [other[...]])?.reading
                #expect(reading?.usage == whole.reading.usage, "\(recording.id)")
            }
        }
    }
}
