package import Metering

/// Reads the Gemini API and Vertex AI: generated content, plain, as events or as one JSON array,
/// and embeddings. Each piece of a stream repeats the usage; the last statement counts.
///
/// Source: google-genai `types.py`, GenerateContentResponseUsageMetadata.
package struct GeminiUsageReader: UsageReader {
    private enum Place: Int32 {
        case document = 100
        case usage, model, serviceTier, trafficType, errorMessage, text, finishReason
        case searchQuery, groundingChunk, mapsChunk, predictionTokens, prediction
        case blockReason
    }

    private enum Field: Int32, CaseIterable {
        case prompt, candidates, thoughts, toolUse, cached, total
    }

    package static let outline = JSONOutline { outline in
        for root in ["", "[]"] {
            outline.want(root, as: Place.document.rawValue)
            addPlaces(under: root.isEmpty ? "" : "\(root).", to: &outline)
        }
    }

    private static func addPlaces(under root: String, to outline: inout JSONOutline.Builder) {
        let usage = "\(root)usageMetadata"
        outline.want(usage, as: Place.usage.rawValue)
        for (path, field) in [
            ("promptTokenCount", Field.prompt), ("candidatesTokenCount", .candidates),
            ("responseTokenCount", .candidates), ("thoughtsTokenCount", .thoughts),
            ("toolUsePromptTokenCount", .toolUse), ("cachedContentTokenCount", .cached),
            ("totalTokenCount", .total),
        ] {
            outline.want("\(usage).\(path)", as: field.rawValue)
        }
        ModalityCounts.want(in: usage, of: &outline)
        outline.want("\(usage).serviceTier", as: Place.serviceTier.rawValue)
        outline.want("\(usage).trafficType", as: Place.trafficType.rawValue)
        outline.want("\(root)modelVersion", as: Place.model.rawValue)
        outline.want("\(root)error.message", as: Place.errorMessage.rawValue)
        outline.want("\(root)promptFeedback.blockReason", as: Place.blockReason.rawValue)
        let candidate = "\(root)candidates[]"
        outline.want("\(candidate).finishReason", as: Place.finishReason.rawValue)
        outline.want(
            "\(candidate).content.parts[].text", as: Place.text.rawValue, measuresOnly: true)
        let grounding = "\(candidate).groundingMetadata"
        outline.want("\(grounding).webSearchQueries[]", as: Place.searchQuery.rawValue)
        outline.want("\(grounding).groundingChunks[].web", as: Place.groundingChunk.rawValue)
        outline.want("\(grounding).groundingChunks[].maps", as: Place.mapsChunk.rawValue)
        outline.want(
            "\(root)predictions[].embeddings.statistics.token_count",
            as: Place.predictionTokens.rawValue)
        outline.want("\(root)predictions[].bytesBase64Encoded", as: Place.prediction.rawValue)
        outline.want("\(root)predictions[].gcsUri", as: Place.prediction.rawValue)
    }

    package private(set) var reading = UsageReading()
    package var isFinal: Bool { reading.isFinal }
    private let isEmbedding: Bool
    private var counts = CountGroup(size: Field.allCases.count)
    private var modalities = ModalityCounts()
    /// Non-empty queries of the piece that lists them; a later list replaces an earlier one.
    private var queries: Int64 = 0
    private var queriesHere: Int64 = 0
    private var isGrounded = false
    private var usesMaps = false
    private var isBlocked = false
    /// Whether this piece ends an answer; another that follows says that it was not the last.
    private var isFinished = false
    private var predictionTokens: Int64?
    private var predictions: Int64 = 0

    package init(isEmbedding: Bool = false) { self.isEmbedding = isEmbedding }

    package mutating func documentBegan() {
        counts.reset()
        modalities = ModalityCounts()
        queriesHere = 0
        isFinished = false
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = Field(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.serviceTier, .string(let text)): reading.serviceTier = text
        case (.trafficType, _): reading.serviceTier = TrafficType.tier(of: scalar)
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.text, .string(let text)): reading.outputBytesSeen += Int64(text.utf8.count)
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        case (.searchQuery, .string(let text)) where !text.isEmpty: queriesHere += 1
        case (.searchQuery, .measured): queriesHere += 1
        case (.finishReason, .string), (.finishReason, .integer): isFinished = true
        case (.predictionTokens, .integer(let count)) where count >= 0:
            predictionTokens = (predictionTokens ?? 0) + min(count, UsageBounds.maximumTokens)
        case (.prediction, .string), (.prediction, .measured): predictions += 1
        case (.blockReason, .string), (.blockReason, .integer): isBlocked = true
        case (nil, _): modalities.take(name, scalar)
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .document where isObject: documentBegan()
        case .usage: counts.isPresent = isObject
        case .groundingChunk: isGrounded = true
        case .mapsChunk: usesMaps = true
        case nil: modalities.opened(name)
        default: break
        }
    }

    package mutating func closed(_ name: Int32, at offset: Int) {
        switch Place(rawValue: name) {
        // An array of pieces ends with a bracket, which is none itself.
        case .document: commit()
        case nil: modalities.closed(name)
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {}

    private mutating func commit() {
        if queriesHere > 0 { queries = queriesHere }
        defer { counts.reset() }
        reading.isFinal = isFinished
        if let predictionTokens {
            reading.usage = Usage()
            reading.usage?[.embedding] = predictionTokens
        } else if predictions > 0 {
            reading.usage = Usage()
            reading.usage?[.image] = predictions
        }
        // A prompt that was refused used nothing, and counts of nothing are left out.
        guard counts.isPresent, counts.saysAnything || isBlocked else { return }
        guard let usage, !counts.isInvalid, !modalities.isInvalid else {
            reading.isInvalid = true
            return
        }
        reading.isInvalid = false
        reading.usage = usage
    }

    private subscript(_ field: Field) -> Int64 { counts[Int(field.rawValue)] ?? 0 }

    /// Cached tokens count inside the prompt, thoughts beside the candidates, and what tools put
    /// into the prompt beside it.
    private var usage: Usage? {
        guard counts[Int(Field.prompt.rawValue)] != nil || self[.total] == 0 else { return nil }
        var usage = Usage()
        if isEmbedding {
            usage[.embedding] = self[.prompt]
            return usage
        }
        modalities.splitPrompt(self[.prompt], cached: self[.cached], into: &usage)
        usage[.toolInput] = self[.toolUse]
        usage[.reasoning] = self[.thoughts]
        modalities.splitOutput(self[.candidates], into: &usage)
        usage[.webSearch] = queries
        usage[.groundedPrompt] = queries > 0 || isGrounded ? 1 : 0
        usage[.mapsQuery] = usesMaps ? 1 : 0
        return usage.isConsistent ? usage : nil
    }
}

/// Vertex AI's `trafficType`, by name or by number, as the tier that it is billed by.
///
/// Source: Vertex AI reference, GenerateContentResponse.UsageMetadata.TrafficType.
enum TrafficType {
    static func tier(of scalar: JSONScalar) -> String? {
        switch scalar {
        case .string("ON_DEMAND_FLEX"): "flex"
        case .string("ON_DEMAND_PRIORITY"): "priority"
        case .string("PROVISIONED_THROUGHPUT"), .integer(2): "provisioned_throughput"
        case .string("ON_DEMAND"), .integer(1): "standard"
        case .string(let other): other.lowercased()
        default: nil
        }
    }
}
