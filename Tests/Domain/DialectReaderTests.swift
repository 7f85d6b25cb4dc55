import Dialects
import Metering
import Money
import Testing

@Suite("Plain replies of every dialect")
struct DialectReaderTests {
    static func read(_ reader: some UsageReader, _ text: String) -> UsageReading {
        let meter = PlainReplyMeter(reader)
        _ = meter.consume(Array(text.utf8))
        _ = meter.finish()
        return meter.reading
    }

    static let cases: [(String, any UsageReader, String, String)] = [
        (
            "xAI counts thought beside the answer", ChatUsageReader(),
            #"{"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":20,"#
                + #""completion_tokens_details":{"reasoning_tokens":8}}}"#,
            #"{"input":10,"output":2,"reasoning":8}"#
        ),
        (
            "Gemini's OpenAI endpoint has thought in the total only", ChatUsageReader(),
            #"{"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":20}}"#,
            #"{"input":10,"output":2,"reasoning":8}"#
        ),
        (
            "Mistral counts sound beside the prompt", ChatUsageReader(),
            #"{"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":30,"#
                + #""prompt_tokens_details":{"audio_tokens":18},"prompt_audio_seconds":7}}"#,
            #"{"input":10,"output":2,"input_audio":18,"audio_ms":7000}"#
        ),
        (
            "Moonshot names cached tokens at the top", ChatUsageReader(),
            #"{"usage":{"prompt_tokens":10,"completion_tokens":2,"cached_tokens":4}}"#,
            #"{"input":6,"cache_read":4,"output":2}"#
        ),
        (
            "cached pictures are counted once", ChatUsageReader(),
            #"{"usage":{"prompt_tokens":265,"completion_tokens":52,"prompt_tokens_details":"#
                + #"{"cached_tokens":162,"image_tokens":256}}}"#,
            #"{"cache_read":9,"output":52,"input_image":103,"cache_read_image":153}"#
        ),
        (
            "an answer of a search model that cites has searched", ChatUsageReader(),
            #"{"choices":[{"message":{"annotations":[{"type":"url_citation"},"#
                + #"{"type":"url_citation"}]}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
            #"{"input":1,"output":2,"web_search_preview":1}"#
        ),
        (
            "old web searches name no action, and containers count once", ResponsesUsageReader(),
            #"{"output":[{"type":"web_search_call"},{"type":"code_interpreter_call","#
                + #""container_id":"c1"},{"type":"code_interpreter_call","container_id":"c1"},"#
                + #"{"type":"file_search_call"}],"tools":[{"type":"web_search_preview"}],"#
                + #""usage":{"input_tokens":1,"output_tokens":2}}"#,
            #"{"input":1,"output":2,"web_search_preview":1,"file_search":1,"code_interpreter":1}"#
        ),
        (
            "a run of an assistant", ResponsesUsageReader(),
            #"{"id":"run_1","object":"thread.run","status":"completed","usage":{"#
                + #""prompt_tokens":8,"completion_tokens":5,"total_tokens":13}}"#,
            #"{"input":8,"output":5}"#
        ),
        (
            "embeddings of Voyage state a total only", ChatUsageReader(isEmbedding: true),
            #"{"usage":{"total_tokens":9}}"#, #"{"embedding":9}"#
        ),
        (
            "Gemini counts tools beside the prompt and cached pictures inside",
            GeminiUsageReader(),
            #"{"candidates":[{"groundingMetadata":{"webSearchQueries":["a","","b"]}}],"#
                + #""usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60,"#
                + #""toolUsePromptTokenCount":7,"candidatesTokenCount":5,"#
                + #""promptTokensDetails":[{"modality":"DOCUMENT","tokenCount":80}],"#
                + #""cacheTokensDetails":[{"modality":"DOCUMENT","tokenCount":50}],"#
                + #""candidatesTokensDetails":[{"tokenCount":4,"modality":"IMAGE"}]}}"#,
            #"{"input":10,"cache_read":10,"output":1,"input_image":30,"output_image":4,"#
                + #""cache_read_image":50,"tool_input":7,"web_search":2,"grounded_prompt":1}"#
        ),
        (
            "a prompt that Gemini refused used nothing", GeminiUsageReader(),
            #"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"trafficType":"#
                + #""ON_DEMAND"}}"#, "{}"
        ),
        (
            "Vertex counts the tokens of each embedding", GeminiUsageReader(isEmbedding: true),
            #"{"predictions":[{"embeddings":{"statistics":{"token_count":3}}},"#
                + #"{"embeddings":{"statistics":{"token_count":4}}}]}"#, #"{"embedding":7}"#
        ),
        (
            "Imagen is counted by the picture", GeminiUsageReader(isEmbedding: true),
            #"{"predictions":[{"bytesBase64Encoded":"AA"},{"bytesBase64Encoded":"AA"}]}"#,
            #"{"image":2}"#
        ),
        (
            "Titan on Bedrock", InvokeUsageReader(headerInput: nil, headerOutput: nil),
            #"{"inputTextTokenCount":5,"results":[{"tokenCount":8}]}"#, #"{"input":5,"output":8}"#
        ),
        (
            "Llama on Bedrock", InvokeUsageReader(headerInput: nil, headerOutput: nil),
            #"{"prompt_token_count":5,"generation_token_count":8}"#, #"{"input":5,"output":8}"#
        ),
        (
            "an old Claude on Bedrock is counted in headers",
            InvokeUsageReader(headerInput: 37, headerOutput: 8), #"{"completion":"x"}"#,
            #"{"input":37,"output":8}"#
        ),
        (
            "Cohere bills units, not tokens", CohereUsageReader(),
            #"{"meta":{"billed_units":{"input_tokens":7,"output_tokens":3},"#
                + #""tokens":{"input_tokens":70,"output_tokens":3}}}"#, #"{"input":7,"output":3}"#
        ),
        (
            "reranking by search units", CohereUsageReader(isEmbedding: true),
            #"{"meta":{"billed_units":{"search_units":2}}}"#, #"{"search_unit":2}"#
        ),
        (
            "pictures without tokens are counted", ImagesUsageReader(),
            #"{"created":1,"data":[{"url":"a"},{"url":"b"}]}"#, #"{"image":2}"#
        ),
        (
            "sound by its seconds", AudioUsageReader(),
            #"{"text":"x","usage":{"type":"duration","seconds":12}}"#, #"{"audio_ms":12000}"#
        ),
        (
            "sound by the length of a verbose reply", AudioUsageReader(),
            #"{"text":"x","duration":8.4700002670288086}"#, #"{"audio_ms":8470}"#
        ),
        (
            "pages", PagesUsageReader(), #"{"model":"m","usage_info":{"pages_processed":3}}"#,
            #"{"page":3}"#
        ),
        (
            "Deepgram bills each channel", DeepgramUsageReader(),
            #"{"metadata":{"duration":25.933313,"channels":2}}"#, #"{"audio_ms":51866}"#
        ),
        (
            "AssemblyAI's transcript when it is done", AssemblyAIUsageReader(),
            #"{"id":"t","status":"completed","audio_duration":281}"#, #"{"audio_ms":281000}"#
        ),
    ]

    @Test("are read as the provider bills them", arguments: cases.indices)
    func plain(index: Int) throws {
        let (name, reader, text, usage) = Self.cases[index]
        let reading = Self.read(reader, text)
        #expect(reading.usage?.json == usage, "\(name)")
        #expect(reading.status == .exact, "\(name)")
    }

    @Test(
        "are invalid where a count cannot be true",
        arguments: [
            #"{"usage":{"prompt_tokens":-1,"completion_tokens":2}}"#,
            #"{"usage":{"prompt_tokens":1.5,"completion_tokens":2}}"#,
            #"{"usage":{"prompt_tokens":"1","completion_tokens":2}}"#,
            #"{"usage":{"prompt_tokens":99999999999,"completion_tokens":2}}"#,
            #"{"usage":{"prompt_tokens":1,"completion_tokens":2,"#
                + #""completion_tokens_details":{"reasoning_tokens":3}}}"#,
            #"{"usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":"#
                + #"{"cached_tokens":2}}}"#,
        ])
    func invalid(text: String) {
        #expect(Self.read(ChatUsageReader(), text).status == .invalid)
    }

    @Test("wait for what a later reply states")
    func pending() {
        let queued = Self.read(
            ResponsesUsageReader(), #"{"id":"resp_1","status":"queued","usage":null}"#)
        #expect(queued.pendingID == "resp_1" && queued.usage == nil)
        let done = Self.read(
            ResponsesUsageReader(),
            #"{"id":"resp_1","status":"completed","usage":{"input_tokens":1,"output_tokens":2}}"#)
        #expect(done.pendingID == nil && done.usage?.json == #"{"input":1,"output":2}"#)
        let transcript = Self.read(AssemblyAIUsageReader(), #"{"id":"t","status":"queued"}"#)
        #expect(transcript.pendingID == "t" && transcript.usage == nil)
    }

    @Test("keep apart what other models made in the same call")
    func extras() throws {
        let reading = Self.read(
            MessagesUsageReader(),
            #"{"model":"claude-a","usage":{"input_tokens":10,"output_tokens":20,"iterations":["#
                + #"{"type":"compaction","input_tokens":900,"output_tokens":30},"#
                + #"{"type":"message","input_tokens":10,"output_tokens":20},"#
                + #"{"type":"advisor_message","model":"claude-b","input_tokens":5,"#
                + #""cache_read_input_tokens":2,"output_tokens":6}]}}"#)
        #expect(reading.usage?.json == #"{"input":10,"output":20}"#)
        #expect(reading.extras.map(\.model) == [nil, "claude-b"])
        #expect(
            reading.extras.map(\.usage.json) == [
                #"{"input":900,"output":30}"#, #"{"input":5,"cache_read":2,"output":6}"#,
            ])
        #expect(
            reading.usage?.json(with: reading.extras).contains(
                #""extra":[{"usage":{"input":900,"output":30}},{"model":"claude-b""#) == true)
    }

    @Test(
        "keep the bill that the provider states, to the picodollar",
        arguments: [
            (
                #"{"prompt_tokens":1,"completion_tokens":1,"cost":0.00019199999999999998}"#,
                192_000_000
            ),
            (#"{"prompt_tokens":1,"completion_tokens":1,"cost":1.4e-7}"#, 140_000),
            (
                #"{"prompt_tokens":1,"completion_tokens":1,"cost":{"total_cost":0.00502}}"#,
                5_020_000_000
            ),
            (
                #"{"prompt_tokens":1,"completion_tokens":1,"cost_in_usd_ticks":1615400}"#,
                161_540_000
            ),
            (
                #"{"prompt_tokens":1,"completion_tokens":1,"cost":0.5,"is_byok":true,"#
                    + #""cost_details":{"upstream_inference_cost":0.25}}"#, 750_000_000_000
            ),
        ])
    func bills(usage: String, picodollars: Int) {
        let reading = Self.read(ChatUsageReader(), "{\"usage\":\(usage)}")
        #expect(reading.reportedCost?.picodollars == Int128(picodollars))
    }

    @Test("add up the results of a batch by model")
    func batches() {
        let meter = DocumentStreamMeter(BatchResultsReader(), framing: .lines)
        let lines = [
            #"{"custom_id":"1","response":{"status_code":200,"body":{"model":"a","usage":"#
                + #"{"prompt_tokens":3,"completion_tokens":4}}}}"#,
            #"{"custom_id":"2","response":{"status_code":400,"body":{"error":{"message":"no"}}}}"#,
            #"{"custom_id":"3","response":{"status_code":200,"body":{"model":"b","usage":"#
                + #"{"input_tokens":5,"output_tokens":6}}}}"#,
            #"{"custom_id":"4","result":{"type":"succeeded","message":{"model":"a","usage":"#
                + #"{"input_tokens":1,"output_tokens":1,"cache_read_input_tokens":9,"#
                + #""inference_geo":"us","iterations":[{"type":"compaction","input_tokens":6,"#
                + #""output_tokens":2},{"type":"advisor_message","model":"c","input_tokens":8,"#
                + #""output_tokens":1}]}}}}"#,
            #"{"custom_id":"5","result":{"type":"errored","error":{"type":"x"}}}"#,
        ]
        _ = meter.consume(Array((lines.joined(separator: "\n") + "\n").utf8))
        _ = meter.finish()
        #expect(meter.reading.usage?.json == #"{"input":10,"cache_read":9,"output":7}"#)
        #expect(meter.reading.inferenceGeo == "us" && meter.reading.status == .exact)
        #expect(meter.reading.extras.last?.model == "c")
        #expect(meter.reading.model == "a" && meter.reading.serviceTier == "batch")
        #expect(meter.reading.extras.first?.usage.json == #"{"input":5,"output":6}"#)
    }
}
