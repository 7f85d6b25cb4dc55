import Dialects
import Foundation
import Metering
import TestSupport
import Testing

@Suite("Streamed replies of every dialect")
struct StreamedDialectTests {
    static func events(_ documents: [String], done: Bool = false) -> [UInt8] {
        let tail = done ? ["[DONE]"] : []
        return Array((documents + tail).map { "data: \($0)\n\n" }.joined().utf8)
    }

    static func streamed(_ reader: some UsageReader) -> any ReplyMeter {
        StreamedReplyMeter(reader, hidesUsageEvent: false)
    }

    static let eventStreams: [GoldenStream] = [
        GoldenStream(
            "chat",
            events(
                [
                    #"{"model":"m","choices":[{"delta":{"content":"héllo 🎉\u0041"}}]}"#,
                    #"{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":7}}"#,
                ], done: true), usage: #"{"input":12,"output":7}"#
        ) { streamed(ChatUsageReader()) },
        GoldenStream(
            "chat of Groq",
            events(
                [
                    #"{"choices":[{"delta":{}}],"x_groq":{"usage":{"prompt_tokens":12,"#
                        + #""completion_tokens":26,"total_time":0.02}}}"#
                ], done: true), usage: #"{"input":12,"output":26}"#
        ) { streamed(ChatUsageReader()) },
        GoldenStream(
            "responses",
            events([
                #"{"type":"response.output_text.delta","delta":"hi"}"#,
                #"{"type":"response.completed","response":{"id":"r","status":"completed","#
                    + #""output":[{"type":"web_search_call","action":{"type":"search"}},"#
                    + #"{"type":"web_search_call","action":{"type":"open_page"}}],"#
                    + #""usage":{"input_tokens":5,"output_tokens":9,"#
                    + #""output_tokens_details":{"reasoning_tokens":4}}}}"#,
            ]), usage: #"{"input":5,"output":5,"reasoning":4,"web_search":1}"#
        ) { streamed(ResponsesUsageReader()) },
        GoldenStream(
            "messages",
            events([
                #"{"type":"message_start","message":{"usage":{"input_tokens":10,"#
                    + #""cache_read_input_tokens":3,"output_tokens":1}}}"#,
                #"{"type":"content_block_delta","delta":{"text":"hi"}}"#,
                #"{"type":"message_delta","usage":{"output_tokens":20}}"#,
                #"{"type":"message_stop"}"#,
            ]), usage: #"{"input":10,"cache_read":3,"output":20}"#
        ) { streamed(MessagesUsageReader()) },
        GoldenStream(
            "Gemini",
            events([
                #"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"#
                    + #""usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1}}"#,
                #"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":8,"#
                    + #""candidatesTokenCount":3,"thoughtsTokenCount":2,"#
                    + #""promptTokensDetails":[{"modality":"AUDIO","tokenCount":5}]}}"#,
            ]), usage: #"{"input":3,"output":3,"reasoning":2,"input_audio":5}"#
        ) { streamed(GeminiUsageReader()) },
        GoldenStream(
            "images",
            events([
                #"{"type":"image_generation.partial_image","b64_json":"AAAA"}"#,
                #"{"type":"image_generation.completed","usage":{"input_tokens":50,"#
                    + #""output_tokens":400,"input_tokens_details":{"image_tokens":40}}}"#,
            ]), usage: #"{"input":10,"input_image":40,"output_image":400}"#
        ) { streamed(ImagesUsageReader()) },
        GoldenStream(
            "transcription",
            events([
                #"{"type":"transcript.text.delta","delta":"x"}"#,
                #"{"type":"transcript.text.done","usage":{"type":"tokens","input_tokens":14,"#
                    + #""input_token_details":{"audio_tokens":13},"output_tokens":5}}"#,
            ]), usage: #"{"input":1,"output":5,"input_audio":13}"#
        ) { streamed(AudioUsageReader()) },
        GoldenStream(
            "Cohere",
            events([
                #"{"type":"content-delta","delta":{"message":{"content":{"text":"a"}}}}"#,
                #"{"type":"message-end","delta":{"usage":{"billed_units":{"input_tokens":4.0,"#
                    + #""output_tokens":6},"tokens":{"input_tokens":70,"output_tokens":6}}}}"#,
            ]), usage: #"{"input":4,"output":6}"#
        ) { streamed(CohereUsageReader()) },
        GoldenStream(
            "interactions",
            events([
                #"{"event_type":"interaction.complete","interaction":{"status":"completed","#
                    + #""usage":{"total_input_tokens":7,"total_output_tokens":3,"#
                    + #""total_thought_tokens":2}}}"#
            ]), usage: #"{"input":7,"output":3,"reasoning":2}"#
        ) { streamed(InteractionsUsageReader()) },
    ]

    static let otherStreams: [GoldenStream] = [
        GoldenStream(
            "Gemini's array",
            Array(
                (#"[{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":"#
                    + #"{"promptTokenCount":9,"candidatesTokenCount":4}}"# + "\n,\r\n"
                    + #"{"candidates":[{"finishReason":1}],"usageMetadata":{"promptTokenCount":9,"#
                    + #""promptTokensDetails":[{"modality":2,"tokenCount":4}],"#
                    + #""thoughtsTokenCount":2}}]"#).utf8),
            usage: #"{"input":5,"reasoning":2,"input_image":4}"#
        ) { DocumentStreamMeter(GeminiUsageReader(), framing: .array) },
        GoldenStream(
            "Ollama",
            Array(
                (#"{"model":"m","message":{"content":"a"},"done":false}"# + "\n\r\n"
                    + #"{"model":"m","done":true,"prompt_eval_count":11,"eval_count":5}"#).utf8),
            usage: #"{"input":11,"output":5}"#
        ) { DocumentStreamMeter(OllamaUsageReader(), framing: .lines) },
        GoldenStream(
            "Converse",
            EventFrames.frame(#"{"delta":{"text":"a"},"p":"abc"}"#)
                + EventFrames.frame("")
                + EventFrames.frame(
                    #"{"usage":{"inputTokens":13,"outputTokens":5,"cacheReadInputTokens":4,"#
                        + #""cacheWriteInputTokens":6,"cacheDetails":[{"ttl":"1h","#
                        + #""inputTokens":2}]}}"#, type: "metadata"),
            usage: #"{"input":13,"cache_read":4,"cache_write_5m":4,"cache_write_1h":2,"output":5}"#
        ) { DocumentStreamMeter(ConverseUsageReader(), framing: .frames) },
        GoldenStream(
            "InvokeModel",
            wrapped([
                #"{"type":"message_start","message":{"model":"claude","usage":{"input_tokens":8,"#
                    + #""output_tokens":1}}}"#,
                #"{"type":"message_delta","usage":{"output_tokens":21}}"#,
                #"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":8,"#
                    + #""outputTokenCount":21}}"#,
            ]), usage: #"{"input":8,"output":21}"#
        ) {
            DocumentStreamMeter(
                InvokeUsageReader(headerInput: nil, headerOutput: nil), framing: .wrappedFrames)
        },
    ]

    static func wrapped(_ documents: [String]) -> [UInt8] {
        documents.flatMap { document in
            let encoded = Data(document.utf8).base64EncodedString()
            return EventFrames.frame(#"{"bytes":"\#(encoded)","p":"abcdef"}"#)
        }
    }

    @Test(
        "state the same usage wherever they are cut, and pass unchanged",
        arguments: (eventStreams + otherStreams).indices)
    func cuts(index: Int) {
        let stream = (Self.eventStreams + Self.otherStreams)[index]
        for cut in 0...stream.bytes.count {
            let (reading, passed) = stream.read([stream.bytes[..<cut], stream.bytes[cut...]])
            #expect(reading.usage?.json == stream.usage, "\(stream.name) cut at \(cut)")
            #expect(reading.status == .exact && passed == stream.bytes)
        }
        let (reading, passed) = stream.read(stream.bytes.indices.map { stream.bytes[$0...$0] })
        #expect(reading.usage?.json == stream.usage && passed == stream.bytes)
    }

    /// Ways in which servers write the same events.
    static let spellings: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
        ("CRLF", { replaced($0, "\n", "\r\n") }),
        ("CR", { replaced($0, "\n", "\r") }),
        ("a byte order mark", { [0xEF, 0xBB, 0xBF] + $0 }),
        ("comments", { replaced($0, "data: ", ": keep-alive\n\ndata: ") }),
        ("fields", { replaced($0, "data: ", "event: x\nid: 1\nretry: 5\ndata:") }),
        ("no final blank line", { Array($0.dropLast()) }),
        ("white space before all", { Array(repeating: 0x0A, count: 64) + $0 }),
        ("data on two lines", { replaced($0, ",\"", ",\ndata: \"") }),
    ]

    static func replaced(_ bytes: [UInt8], _ text: String, _ other: String) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).replacing(text, with: other).utf8)
    }

    @Test("state the same usage however their lines are written", arguments: spellings.indices)
    func spelling(index: Int) {
        let (name, respell) = Self.spellings[index]
        for stream in Self.eventStreams {
            let bytes = respell(stream.bytes)
            for cut in stride(from: 0, through: bytes.count, by: 7) {
                let (reading, passed) = stream.read([bytes[..<cut], bytes[cut...]])
                #expect(reading.usage?.json == stream.usage, "\(stream.name), \(name), \(cut)")
                #expect(passed == bytes)
            }
        }
    }

    @Test("state no usage where they end too early, and never nothing for something")
    func broken() {
        for stream in Self.eventStreams + Self.otherStreams {
            for end in 0..<stream.bytes.count {
                let (reading, _) = stream.read([stream.bytes[..<end]])
                if reading.isFinal { continue }
                let isKnown = reading.usage?.json == stream.usage
                let isOpen = reading.usage == nil || reading.isPartial
                let isEarlier = reading.usage.map { $0.totalTokens > 0 } ?? true
                #expect(isKnown || isOpen || isEarlier, "\(stream.name) ended at \(end)")
            }
        }
    }
}
