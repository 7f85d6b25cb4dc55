internal import Metering
internal import Pricing

extension Endpoint {
    /// Reads what matters of a request body. The body itself is never changed here.
    package func readRequest(_ body: [UInt8]) throws(RequestProblem) -> RequestFacts {
        guard let outline = requestOutline else {
            return RequestFacts(basis: QuoteBasis(input: .bytes(0)))
        }
        var sink = RequestSink()
        var scanner = JSONScanner(outline: outline)
        scanner.push(body.span, into: &sink)
        scanner.finish(into: &sink)
        guard scanner.outcome == .complete else {
            throw RequestProblem(field: nil, reason: "the body is not valid JSON")
        }
        if let problem = sink.problem { throw problem }
        return facts(from: sink, body: body)
    }

    private var requestOutline: JSONOutline? {
        switch self {
        case .chatCompletions: RequestField.chatOutline
        case .responses: RequestField.responsesOutline
        case .embeddings: RequestField.embeddingsOutline
        case .messages, .countTokens: RequestField.messagesOutline
        case .read, .unlisted: nil
        }
    }

    private func facts(from sink: RequestSink, body: [UInt8]) -> RequestFacts {
        let input: InputBound =
            sink.outsideInput.map { .contextWindow(because: $0) }
            ?? .bytes(Int64(body.count) + sink.hiddenTokens)
        var basis = QuoteBasis(input: input)
        // Where both fields of the chat dialect are sent, the larger one bounds the answer.
        basis.outputCap = sink.outputCaps.max()
        basis.choices = sink.choices
        basis.serviceTier = sink.speed ?? sink.serviceTier
        basis.inferenceGeo = sink.inferenceGeo
        basis.hostedTools = sink.hostedTools
        basis.hasNoOutput = self == .embeddings
        var facts = RequestFacts(basis: basis)
        facts.model = sink.model
        facts.streams = sink.streams
        facts.user = sink.user
        facts.offersTools = sink.offersTools
        if self == .chatCompletions, sink.streams, sink.includesUsage != true {
            facts.usageSplice = sink.usageSplice(in: body)
        }
        return facts
    }
}

extension RequestSink {
    /// The smallest change that sets `stream_options.include_usage`.
    fileprivate func usageSplice(in body: [UInt8]) -> BodySplice? {
        if let range = includeUsageRange { return BodySplice(range: range, text: "true") }
        if let range = streamOptionsRange {
            guard streamOptionsIsObject, let close = streamOptionsClose else {
                return BodySplice(range: range, text: "{\"include_usage\":true}")
            }
            let isEmpty = body[range.upperBound..<close].allSatisfy { $0 <= UInt8(ascii: " ") }
            let comma = isEmpty ? "" : ","
            return BodySplice(range: range, text: "{\"include_usage\":true\(comma)")
        }
        return rootStart.map { start in
            BodySplice(
                range: start..<(start + 1), text: "{\"stream_options\":{\"include_usage\":true},")
        }
    }
}
