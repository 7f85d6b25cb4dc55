import Dialects
import Metering
internal import Money

/// Feeds spoiled replies to every reader, and says what a reader must never do.
package struct ReplyFuzzer {
    /// How a seed is read: the meter is made anew for each input.
    struct Subject: Sendable {
        let name: String
        let seeds: [[UInt8]]
        let makeMeter: @Sendable () -> any ReplyMeter
    }

    private var mutator: Mutator
    private let subjects = ReplyFuzzer.plainSubjects + ReplyFuzzer.streamSubjects

    package init(seed: UInt64) { mutator = Mutator(seed: seed) }

    /// Runs so many inputs; returns what was wrong, with the input.
    package mutating func run(inputs: Int) -> [String] {
        var problems: [String] = []
        for _ in 0..<inputs {
            let subject = subjects[mutator.number(below: subjects.count)]
            let seed = subject.seeds[mutator.number(below: subject.seeds.count)]
            let other = subject.seeds[mutator.number(below: subject.seeds.count)]
            let bytes = mutator.mutated(seed, with: other)
            if let problem = check(subject, bytes) {
                problems.append("\(subject.name): \(problem): \(bytes)")
            }
        }
        return problems
    }

    private mutating func check(_ subject: Subject, _ bytes: [UInt8]) -> String? {
        let meter = subject.makeMeter()
        var passed: [UInt8] = []
        for piece in mutator.pieces(of: bytes) { passed += meter.consume(Array(piece)) }
        passed += meter.finish()
        if passed != bytes { return "the bytes were changed" }
        let reading = meter.reading
        guard let usage = reading.usage else {
            return reading.status == .exact ? "exact without usage" : nil
        }
        if TokenClass.all.contains(where: { usage[$0] < 0 }) { return "a negative count" }
        if FeeUnit.all.contains(where: { usage[$0] < 0 }) { return "a negative piece" }
        if let cost = reading.reportedCost, !(cost >= .zero) { return "a negative bill" }
        return Usage(json: usage.json) == usage ? nil : "usage that its text does not give back"
    }

    private static func plain(_ name: String, _ reader: some UsageReader, _ seeds: [String])
        -> Subject
    {
        Subject(name: name, seeds: seeds.map { Array($0.utf8) }) { PlainReplyMeter(reader) }
    }

    private static let chat =
        #"{"model":"m","choices":[{"message":{"content":"é\u00e9😀","annotations":[{"type":"#
        + #""url_citation"}]}}],"usage":{"prompt_tokens":120,"completion_tokens":60,"#
        + #""total_tokens":180,"prompt_tokens_details":{"cached_tokens":64,"audio_tokens":3},"#
        + #""completion_tokens_details":{"reasoning_tokens":32},"cost":0.00012,"is_byok":true,"#
        + #""cost_details":{"upstream_inference_cost":1e-7}},"service_tier":"flex"}"#
    private static let message =
        #"{"type":"message","model":"c","usage":{"input_tokens":10,"output_tokens":7,"#
        + #""cache_read_input_tokens":100,"cache_creation_input_tokens":50,"cache_creation":"#
        + #"{"ephemeral_1h_input_tokens":20},"iterations":[{"type":"compaction","#
        + #""input_tokens":9,"output_tokens":8},{"type":"advisor_message","model":"x","#
        + #""input_tokens":5,"output_tokens":4}]}}"#
    private static let response =
        #"{"id":"r","status":"completed","output":[{"type":"web_search_call","action":{"type":"#
        + #""search"}},{"type":"code_interpreter_call","container_id":"c"}],"tools":[{"type":"#
        + #""web_search"}],"usage":{"input_tokens":5,"output_tokens":9}}"#
    private static let gemini =
        #"{"candidates":[{"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["a"]}}],"#
        + #""usageMetadata":{"promptTokenCount":8,"cachedContentTokenCount":3,"#
        + #""candidatesTokenCount":3,"thoughtsTokenCount":2,"toolUsePromptTokenCount":4,"#
        + #""promptTokensDetails":[{"modality":"AUDIO","tokenCount":5}],"cacheTokensDetails":"#
        + #"[{"modality":4,"tokenCount":2}]}}"#
    private static let converse =
        #"{"usage":{"inputTokens":13,"outputTokens":5,"cacheWriteInputTokens":6,"cacheDetails":"#
        + #"[{"ttl":"1h","inputTokens":2}]},"serviceTier":{"type":"flex"}}"#
    private static let cohere =
        #"{"meta":{"billed_units":{"input_tokens":4.0,"output_tokens":6,"search_units":1}}}"#

    private static let plainSubjects: [Subject] = [
        plain("chat", ChatUsageReader(), [chat]),
        plain("embedding", ChatUsageReader(isEmbedding: true), [chat]),
        plain("responses", ResponsesUsageReader(), [response]),
        plain("messages", MessagesUsageReader(), [message]),
        plain("gemini", GeminiUsageReader(), [gemini, "[\(gemini),\(gemini)]"]),
        plain(
            "gemini embedding", GeminiUsageReader(isEmbedding: true),
            [
                gemini, #"{"predictions":[{"embeddings":{"statistics":{"token_count":3}}}]}"#,
            ]),
        plain(
            "interactions", InteractionsUsageReader(),
            [
                #"{"status":"completed","usage":{"total_input_tokens":7,"total_cached_tokens":3,"#
                    + #""total_output_tokens":2}}"#
            ]),
        plain("converse", ConverseUsageReader(), [converse]),
        plain(
            "invoke", InvokeUsageReader(headerInput: nil, headerOutput: 3),
            [
                message, #"{"inputTextTokenCount":5,"results":[{"tokenCount":8}]}"#,
            ]),
        plain("cohere", CohereUsageReader(), [cohere]),
        plain("ollama", OllamaUsageReader(), [#"{"prompt_eval_count":11,"eval_count":5}"#]),
        plain(
            "images", ImagesUsageReader(),
            [
                #"{"data":[{"url":"a"}],"usage":{"input_tokens":50,"output_tokens":400}}"#
            ]),
        plain(
            "audio", AudioUsageReader(),
            [
                #"{"usage":{"type":"duration","seconds":12},"duration":8.47}"#
            ]),
        plain("pages", PagesUsageReader(), [#"{"usage_info":{"pages_processed":3}}"#]),
        plain(
            "deepgram", DeepgramUsageReader(),
            [
                #"{"metadata":{"duration":25.933313,"channels":2}}"#
            ]),
        plain(
            "assemblyai", AssemblyAIUsageReader(),
            [
                #"{"id":"t","status":"completed","audio_duration":281}"#
            ]),
    ]

    private static func events(_ documents: [String]) -> [UInt8] {
        Array(documents.map { "event: x\r\ndata: \($0)\r\n\r\n" }.joined().utf8)
    }

    private static let streamSubjects: [Subject] = [
        Subject(name: "chat events", seeds: [events([chat, chat, "[DONE]"])]) {
            StreamedReplyMeter(ChatUsageReader(), hidesUsageEvent: false)
        },
        Subject(
            name: "messages events",
            seeds: [
                events([
                    #"{"type":"message_start","message":\#(message)}"#,
                    #"{"type":"message_delta","usage":{"output_tokens":20}}"#,
                    #"{"type":"message_stop"}"#,
                ])
            ]
        ) { StreamedReplyMeter(MessagesUsageReader(), hidesUsageEvent: false) },
        Subject(
            name: "responses events",
            seeds: [
                events([#"{"type":"response.completed","response":\#(response)}"#])
            ]
        ) { StreamedReplyMeter(ResponsesUsageReader(), hidesUsageEvent: false) },
        Subject(name: "gemini array", seeds: [Array("[\(gemini),\n\(gemini)]".utf8)]) {
            DocumentStreamMeter(GeminiUsageReader(), framing: .array)
        },
        Subject(name: "lines", seeds: [Array("\(cohere)\n\(cohere)\n".utf8)]) {
            DocumentStreamMeter(CohereUsageReader(), framing: .lines)
        },
        Subject(
            name: "frames",
            seeds: [
                EventFrames.frame("{}") + EventFrames.frame(converse, type: "metadata")
            ]
        ) { DocumentStreamMeter(ConverseUsageReader(), framing: .frames) },
        Subject(
            name: "wrapped frames",
            seeds: [
                EventFrames.frame(#"{"bytes":"eyJ0eXBlIjoibWVzc2FnZV9zdG9wIn0=","p":"a"}"#)
            ]
        ) {
            DocumentStreamMeter(
                InvokeUsageReader(headerInput: nil, headerOutput: nil), framing: .wrappedFrames)
        },
        Subject(
            name: "batch results",
            seeds: [
                Array(
                    (#"{"response":{"body":{"model":"a","usage":{"prompt_tokens":3,"#
                        + #""completion_tokens":4}}}}"# + "\n").utf8)
            ]
        ) { DocumentStreamMeter(BatchResultsReader(), framing: .lines) },
    ]
}
