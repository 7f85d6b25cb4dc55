import Dialects
import Metering
import Testing

@Suite("Usage readers")
struct UsageReaderTests {
    static func read(_ reader: some UsageReader, _ text: String) -> UsageReading {
        let meter = PlainReplyMeter(reader)
        _ = meter.consume(Array(text.utf8))
        _ = meter.finish()
        return meter.reading
    }

    static func stream(_ reader: some UsageReader, _ events: [String]) -> UsageReading {
        let meter = StreamedReplyMeter(reader, hidesUsageEvent: false)
        for event in events { _ = meter.consume(Array("data: \(event)\n\n".utf8)) }
        _ = meter.finish()
        return meter.reading
    }

    @Test("split OpenAI's inclusive counts into disjoint classes")
    func openAI() throws {
        let reading = Self.read(
            ChatUsageReader(),
            """
            {"model":"gpt-x","service_tier":"flex","usage":{"prompt_tokens":100,
            "completion_tokens":50,"prompt_tokens_details":{"cached_tokens":60,"audio_tokens":5,
            "cache_write_tokens":10},"completion_tokens_details":{"reasoning_tokens":20,
            "audio_tokens":null}}}
            """)
        let usage = try #require(reading.usage)
        #expect(usage[.input] == 25 && usage[.cacheRead] == 60 && usage[.inputAudio] == 5)
        #expect(usage[.cacheWrite5m] == 10 && usage[.output] == 30 && usage[.reasoning] == 20)
        #expect(usage.inputTokens == 100 && usage.outputTokens == 50)
        #expect(reading.model == "gpt-x" && reading.serviceTier == "flex")
    }

    @Test("count Anthropic's cached tokens beside the input, and its rest of writes as short-lived")
    func anthropic() throws {
        let reading = Self.read(
            MessagesUsageReader(),
            """
            {"type":"message","model":"claude-x","usage":{"input_tokens":10,"output_tokens":7,
            "cache_read_input_tokens":100,"cache_creation_input_tokens":50,
            "cache_creation":{"ephemeral_1h_input_tokens":20,"ephemeral_5m_input_tokens":0},
            "output_tokens_details":{"thinking_tokens":3},"inference_geo":"us",
            "server_tool_use":{"web_search_requests":2}}}
            """)
        let usage = try #require(reading.usage)
        #expect(usage[.input] == 10 && usage[.cacheRead] == 100)
        #expect(usage[.cacheWrite1h] == 20 && usage[.cacheWrite5m] == 30)
        #expect(usage[.output] == 4 && usage[.reasoning] == 3 && usage[.webSearch] == 2)
        #expect(usage.inputTokens == 160 && reading.inferenceGeo == "us")
    }

    @Test("let Anthropic's last statement win, and never add")
    func anthropicStream() throws {
        let start =
            #"{"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1}}}"#
        let delta = #"{"type":"message_delta","usage":{"output_tokens":20}}"#
        let more = #"{"type":"message_delta","usage":{"input_tokens":12,"output_tokens":25}}"#
        let partial = Self.stream(MessagesUsageReader(), [start])
        #expect(partial.status == .estimated && !partial.isFinal)
        let reading = Self.stream(
            MessagesUsageReader(), [start, delta, more, #"{"type":"message_stop"}"#])
        #expect(reading.usage?.inputTokens == 12 && reading.usage?.outputTokens == 25)
        #expect(reading.status == .exact && reading.isFinal)
    }

    @Test("count only searches of the responses API that are charged")
    func responses() throws {
        let event = """
            {"type":"response.completed","response":{"model":"gpt-5","output":[
            {"type":"web_search_call","action":{"type":"search"}},
            {"type":"web_search_call","action":{"type":"open_page"}},
            {"type":"message","content":[]}],"usage":{"input_tokens":5,"output_tokens":6,
            "input_tokens_details":{"cached_tokens":1},
            "output_tokens_details":{"reasoning_tokens":2}}}}
            """
        let reading = Self.stream(ResponsesUsageReader(), [event.filter { $0 != "\n" }])
        #expect(reading.usage?[.webSearch] == 1 && reading.usage?[.reasoning] == 2)
        #expect(reading.isFinal)
    }

    @Test(
        "never take what cannot be true for usage",
        arguments: [
            #"{"usage":{"prompt_tokens":-1,"completion_tokens":1}}"#,
            #"{"usage":{"prompt_tokens":1.5,"completion_tokens":1}}"#,
            #"{"usage":{"prompt_tokens":"5","completion_tokens":1}}"#,
            #"{"usage":{"prompt_tokens":1e400,"completion_tokens":1}}"#,
            #"{"usage":{"prompt_tokens":5,"completion_tokens":18446744073709551616}}"#,
            #"{"usage":{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":6}}}"#,
            #"{"usage":{"completion_tokens":1}}"#,
        ])
    func invalid(text: String) {
        #expect(Self.read(ChatUsageReader(), text).status == .invalid)
    }

    @Test(
        "tell absent usage from none",
        arguments: [
            #"{"choices":[]}"#, #"{"usage":null}"#, "not json", "",
        ])
    func absent(text: String) {
        #expect(Self.read(ChatUsageReader(), text).status == .absent)
    }

    @Test("take an explicit zero for what it says")
    func zero() {
        let reading = Self.read(
            ChatUsageReader(), #"{"usage":{"prompt_tokens":0,"completion_tokens":0}}"#)
        #expect(reading.status == .exact && reading.usage?.totalTokens == 0)
    }
}
