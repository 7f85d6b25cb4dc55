internal import Dialects
internal import Metering

/// The meter of a reply, and whether its bytes pass as they come.
struct ChosenMeter {
    let meter: any ReplyMeter
    let streams: Bool
}

/// Chooses the meter of a reply.
enum MeterChoice {
    private enum Framing {
        case document, events, lines, array, frames
    }

    static func meter(for admission: Admission, _ head: UpstreamHead) -> ChosenMeter {
        let framing = framing(of: head, admission)
        // A reply that came compressed although clear text was asked for cannot be read; its
        // usage is then absent, never free.
        let encoding = head.value(of: "content-encoding")?.lowercased() ?? "identity"
        guard encoding == "identity" else {
            return ChosenMeter(meter: UnmeteredReply(), streams: framing != .document)
        }
        return ChosenMeter(
            meter: meter(admission, framing, head), streams: framing != .document)
    }

    private static func framing(of head: UpstreamHead, _ admission: Admission) -> Framing {
        let type = head.value(of: "content-type")?.lowercased() ?? ""
        if type.hasPrefix("text/event-stream") { return .events }
        if type.isEmpty, admission.facts.streams, admission.route.endpoint.streamsEvents {
            return .events
        }
        if type.hasPrefix("application/vnd.amazon.eventstream") { return .frames }
        if type.contains("ndjson") || type.contains("stream+json") { return .lines }
        guard (200..<300).contains(head.status) else { return .document }
        switch admission.route.endpoint {
        case .streamGenerateContent: return .array
        case .cohereChat, .ollamaGenerate:
            return admission.facts.streams ? .lines : .document
        case .speech: return .array
        case .fileContent, .messageBatchResults: return .lines
        default: return .document
        }
    }

    private static func meter(
        _ admission: Admission, _ framing: Framing, _ head: UpstreamHead
    ) -> any ReplyMeter {
        switch admission.route.endpoint {
        case .chatCompletions, .completions:
            meter(ChatUsageReader(), framing, hides: admission.usageSplice != nil)
        case .embeddings, .moderations, .rerank:
            meter(ChatUsageReader(isEmbedding: true), framing)
        case .responses, .responseLookup, .runs, .runLookup: meter(ResponsesUsageReader(), framing)
        case .images: meter(ImagesUsageReader(), framing)
        case .transcriptions: meter(AudioUsageReader(), framing)
        case .speech where framing == .events: meter(AudioUsageReader(), framing)
        case .pages: meter(PagesUsageReader(), framing)
        case .messages: meter(MessagesUsageReader(), framing)
        case .generateContent, .streamGenerateContent: meter(GeminiUsageReader(), framing)
        case .embedContent, .predict: meter(GeminiUsageReader(isEmbedding: true), framing)
        case .interactions, .interactionLookup: meter(InteractionsUsageReader(), framing)
        case .converse, .converseStream: meter(ConverseUsageReader(), framing)
        case .invoke, .invokeStream: invokeMeter(framing, head)
        case .cohereChat: meter(CohereUsageReader(), framing)
        case .cohereEmbed, .cohereRerank: meter(CohereUsageReader(isEmbedding: true), framing)
        case .ollamaGenerate: meter(OllamaUsageReader(), framing)
        case .ollamaEmbed: meter(OllamaUsageReader(isEmbedding: true), framing)
        case .transcript, .transcriptLookup: meter(AssemblyAIUsageReader(), framing)
        case .listen: meter(DeepgramUsageReader(), framing)
        case .upload, .batchLookup: meter(StoredObjectReader(), framing)
        case .batches, .messageBatches: meter(StoredObjectReader(isPending: true), framing)
        case .fileContent, .messageBatchResults: meter(BatchResultsReader(), .lines)
        case .countTokens, .read, .unlisted, .request, .speech: UnmeteredReply()
        }
    }

    private static func invokeMeter(_ framing: Framing, _ head: UpstreamHead) -> any ReplyMeter {
        func count(_ name: String) -> Int64? {
            head.value(of: name).flatMap { Int64($0) }
                .flatMap { (0...UsageBounds.maximumTokens).contains($0) ? $0 : nil }
        }
        let reader = InvokeUsageReader(
            headerInput: count("x-amzn-bedrock-input-token-count"),
            headerOutput: count("x-amzn-bedrock-output-token-count"))
        return framing == .frames
            ? DocumentStreamMeter(reader, framing: .wrappedFrames) : meter(reader, framing)
    }

    private static func meter(
        _ reader: some UsageReader, _ framing: Framing, hides: Bool = false
    ) -> any ReplyMeter {
        switch framing {
        case .document: PlainReplyMeter(reader)
        case .events: StreamedReplyMeter(reader, hidesUsageEvent: hides)
        case .lines: DocumentStreamMeter(reader, framing: .lines)
        case .array: DocumentStreamMeter(reader, framing: .array)
        case .frames: DocumentStreamMeter(reader, framing: .frames)
        }
    }
}

extension Endpoint {
    /// Whether its streams are server-sent events, so that a stream that does not say what it is
    /// can be read.
    fileprivate var streamsEvents: Bool {
        switch self {
        case .chatCompletions, .completions, .responses, .messages, .images, .transcriptions: true
        default: false
        }
    }
}
