internal import Metering
internal import Pricing

extension Endpoint {
    /// Reads what matters of a request. Its body is never changed here.
    package func readRequest(_ input: RequestInput) throws(RequestProblem) -> RequestFacts {
        if let boundary = input.formBoundary {
            guard takesForms else {
                throw RequestProblem(
                    field: nil, reason: "this operation takes JSON, and the request is a form")
            }
            return try formFacts(input, boundary: boundary)
        }
        guard let outline = requestOutline else { return bodilessFacts(input) }
        var sink = RequestSink()
        // Ollama streams where nothing else is asked for.
        sink.streams = self == .ollamaGenerate
        var scanner = JSONScanner(outline: outline)
        scanner.push(input.body.span, into: &sink)
        scanner.finish(into: &sink)
        guard scanner.outcome == .complete else {
            throw RequestProblem(field: nil, reason: "the body is not valid JSON")
        }
        if let problem = sink.problem { throw problem }
        return facts(from: sink, input)
    }

    private var requestOutline: JSONOutline? {
        switch self {
        case .chatCompletions: RequestOutlines.chat
        case .completions: RequestOutlines.completions
        case .responses: RequestOutlines.responses
        case .runs: RequestOutlines.runs
        case .embeddings: RequestOutlines.embeddings
        case .images: RequestOutlines.images
        case .speech: RequestOutlines.speech
        case .moderations, .transcriptions, .pages: RequestOutlines.modelOnly
        case .rerank, .cohereRerank: RequestOutlines.rerank
        case .batches: RequestOutlines.batches
        case .messages, .countTokens: RequestOutlines.messages
        case .messageBatches: RequestOutlines.messageBatches
        case .generateContent, .streamGenerateContent, .embedContent: RequestOutlines.gemini
        case .predict: RequestOutlines.predict
        case .interactions: RequestOutlines.interactions
        case .converse, .converseStream: RequestOutlines.converse
        case .invoke, .invokeStream: RequestOutlines.invoke
        case .cohereChat: RequestOutlines.cohereChat
        case .cohereEmbed: RequestOutlines.cohereEmbed
        case .ollamaGenerate, .ollamaEmbed: RequestOutlines.ollama
        case .transcript: RequestOutlines.transcript
        default: nil
        }
    }

    private func facts(from sink: RequestSink, _ input: RequestInput) -> RequestFacts {
        let bound: InputBound =
            (sink.outsideInput ?? outsideInput).map { .contextWindow(because: $0) }
            ?? .bytes(Int64(input.body.count) + sink.hiddenTokens)
        var basis = QuoteBasis(input: bound)
        // Where both fields of the chat dialect are sent, the larger one bounds the answer.
        basis.outputCap = sink.outputCaps.max()
        basis.choices = sink.choices
        basis.serviceTier = sink.speed ?? sink.serviceTier
        basis.inferenceGeo = sink.inferenceGeo
        basis.hostedTools = sink.hostedTools
        basis.hasNoOutput = hasNoOutput
        basis.imageSize = sink.imageSize
        basis.imageQuality = sink.imageQuality
        var facts = RequestFacts(basis: basis)
        facts.model = model(sink, input)
        facts.streams = sink.streams || streamsAlways
        facts.user = sink.user
        facts.offersTools = sink.offersTools
        facts.runsInBackground = sink.runsInBackground
        facts.batchInputFile = sink.batchInputFile
        facts.clamp = clamp(sink, input)
        if self == .chatCompletions { facts.alternatives = sink.batchModels }
        addPieces(to: &facts, sink, input)
        if self == .chatCompletions || self == .completions, sink.streams,
            sink.includesUsage != true
        {
            facts.usageSplice = sink.usageSplice(in: input.body)
        }
        return facts
    }

    private func model(_ sink: RequestSink, _ input: RequestInput) -> String? {
        if let model = input.pathModel { return model }
        let named = sink.model ?? sink.batchModels.first
        switch self {
        case .moderations: return named ?? "omni-moderation-latest"
        case .images: return named ?? "dall-e-2"
        case .transcript: return named ?? "universal"
        default: return named.map { $0.hasPrefix("models/") ? String($0.dropFirst(7)) : $0 }
        }
    }

    private func clamp(_ sink: RequestSink, _ input: RequestInput) -> OutputClamp {
        var clamp = sink.clamp
        var container = sink.nullContainer.map { OutputContainer.null($0) }
        if let (open, close) = sink.outputContainer {
            let inside = input.body[(open + 1)..<close]
            container = .object(
                start: open, isEmpty: inside.allSatisfy { $0 <= UInt8(ascii: " ") })
        }
        clamp.insertion = insertion(rootStart: sink.rootStart, container: container)
        return clamp
    }

    private func addPieces(
        to facts: inout RequestFacts, _ sink: RequestSink, _ input: RequestInput
    ) {
        switch self {
        case .images:
            facts.basis.pieces[.image] = sink.images ?? 1
            facts.basis.choices = sink.images ?? 1
        case .predict:
            // Imagen makes four where it is not told how many (Vertex AI reference, sampleCount).
            facts.basis.pieces[.image] = sink.images ?? 4
        case .embedContent, .cohereEmbed, .embeddings, .ollamaEmbed:
            facts.basis.windows = max(1, sink.mediaParts)
        case .completions: facts.basis.choices *= max(1, sink.prompts)
        case .speech:
            let characters = sink.speechRange.map { JSONQuoting.characters(in: input.body[$0]) }
            facts.basis.pieces[.characters] = characters ?? Int64(input.body.count)
            if let characters {
                facts.statedUsage = Usage()
                facts.statedUsage?[.characters] = characters
            }
        case .rerank, .cohereRerank:
            // A long document is read in parts of 500 tokens, and a unit has 100 of them. Each is
            // read with the query, which can be nearly all of the body.
            let bytes = Int64(input.body.count)
            facts.basis.pieces[.searchUnit] = (sink.documents + bytes / 500) / 100 + 1
            facts.basis.input = .bytes(bytes * max(1, sink.documents))
        default: break
        }
    }

    /// A request whose body is not read, or is not JSON.
    private func bodilessFacts(_ input: RequestInput) -> RequestFacts {
        var basis = QuoteBasis(input: .bytes(Int64(input.body.count)))
        if let outsideInput { basis.input = .contextWindow(because: outsideInput) }
        if self == .listen { basis.pieces[.audioMilliseconds] = soundBound(input) }
        basis.hasNoOutput = hasNoOutput
        var facts = RequestFacts(basis: basis)
        switch self {
        case .listen: facts.model = input.queryValue("model") ?? "base"
        case .request: facts.model = input.path
        default: facts.model = input.pathModel
        }
        return facts
    }

    private func formFacts(
        _ input: RequestInput, boundary: String
    ) throws(RequestProblem) -> RequestFacts {
        guard let form = FormFields(input.body, boundary: boundary) else {
            throw RequestProblem(
                field: nil,
                reason: "the form cannot be read: its parts do not fit its boundary, or a field"
                    + " comes twice")
        }
        var facts = bodilessFacts(input)
        if !form.files.isEmpty { facts.basis.input = .contextWindow(because: "a file") }
        if self == .transcriptions, let file = form.file {
            facts.basis.pieces[.audioMilliseconds] = SoundLength(input.body[file])?.milliseconds
        }
        let implied = self == .images ? "dall-e-2" : nil
        facts.model = input.pathModel ?? form.values["model"] ?? implied
        facts.streams = form.values["stream"] == "true"
        facts.basis.imageSize = form.values["size"]
        facts.basis.imageQuality = form.values["quality"]
        if self == .images {
            let count = form.values["n"].map { Int64($0) } ?? 1
            guard let count, (1...RequestSink.maximumChoices).contains(count) else {
                throw RequestProblem(
                    field: "n",
                    reason: "n must be a whole number from 1 to \(RequestSink.maximumChoices)")
            }
            facts.basis.pieces[.image] = count
            facts.basis.choices = count
        }
        return facts
    }

    /// Milliseconds of the sound in the body, each channel counted where they are told apart.
    private func soundBound(_ input: RequestInput) -> Int64? {
        guard let length = SoundLength(input.body[...]) else { return nil }
        let isByChannel = input.queryValue("multichannel") != nil
        return length.milliseconds * (isByChannel ? length.channels : 1)
    }

    private var takesForms: Bool {
        switch self {
        case .images, .transcriptions, .upload, .unlisted, .request, .read: true
        default: false
        }
    }

    /// Replies that hold no tokens of a model's making.
    private var hasNoOutput: Bool {
        switch self {
        case .embeddings, .moderations, .rerank, .pages, .embedContent, .cohereEmbed,
            .cohereRerank, .ollamaEmbed, .transcript, .listen, .request:
            true
        default: false
        }
    }

    /// What the operation always reads that is not text in the body.
    private var outsideInput: String? {
        switch self {
        case .transcriptions, .transcript, .listen: "sound"
        case .pages: "a document"
        case .runs: "a thread"
        case .batches: "a file of requests"
        default: nil
        }
    }

    private var streamsAlways: Bool {
        switch self {
        case .streamGenerateContent, .converseStream, .invokeStream: true
        default: false
        }
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
