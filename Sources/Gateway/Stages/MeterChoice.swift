internal import Dialects
internal import Metering

/// Chooses the meter of a reply.
enum MeterChoice {
    static func meter(for admission: Admission, _ head: UpstreamHead) -> any ReplyMeter {
        // A reply that came compressed although clear text was asked for cannot be read; its
        // usage is then absent, never free.
        let encoding = head.value(of: "content-encoding")?.lowercased() ?? "identity"
        guard encoding == "identity" else { return UnmeteredReply() }
        let isStream =
            head.value(of: "content-type")?.lowercased()
            .hasPrefix("text/event-stream") == true
        switch admission.route.endpoint {
        case .chatCompletions:
            return meter(
                ChatUsageReader(), isStream, hides: admission.facts.usageSplice != nil)
        case .embeddings: return meter(ChatUsageReader(isEmbedding: true), isStream)
        case .responses: return meter(ResponsesUsageReader(), isStream)
        case .messages: return meter(MessagesUsageReader(), isStream)
        case .countTokens, .read, .unlisted: return UnmeteredReply()
        }
    }

    private static func meter(
        _ reader: some UsageReader, _ isStream: Bool, hides: Bool = false
    ) -> any ReplyMeter {
        isStream
            ? StreamedReplyMeter(reader, hidesUsageEvent: hides) : PlainReplyMeter(reader)
    }
}
