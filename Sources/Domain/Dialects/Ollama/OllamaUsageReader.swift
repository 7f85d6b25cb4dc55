package import Metering

/// Reads Ollama's own API: chat, generation and embeddings, as one document or one a line.
///
/// Source: ollama/ollama docs/api.md.
package struct OllamaUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case done, errorMessage, text
    }

    private enum Field: Int32, CaseIterable { case input, output }

    package static let outline = JSONOutline { outline in
        outline.want("model", as: Place.model.rawValue)
        outline.want("done", as: Place.done.rawValue)
        outline.want("error", as: Place.errorMessage.rawValue)
        outline.want("prompt_eval_count", as: Field.input.rawValue)
        outline.want("eval_count", as: Field.output.rawValue)
        for path in ["response", "message.content", "message.thinking"] {
            outline.want(path, as: Place.text.rawValue, measuresOnly: true)
        }
    }

    package private(set) var reading = UsageReading()
    package var isFinal: Bool { reading.isFinal }
    private let isEmbedding: Bool
    private var counts = CountGroup(size: Field.allCases.count)

    package init(isEmbedding: Bool = false) { self.isEmbedding = isEmbedding }

    package mutating func documentBegan() { counts.reset() }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = Field(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        case (.done, .bool(true)): reading.isFinal = true
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid, counts.isPresent, counts.saysAnything else { return }
        // A prompt that is cached whole is not counted.
        var usage = Usage()
        usage[isEmbedding ? .embedding : .input] = counts[Int(Field.input.rawValue)] ?? 0
        usage[.output] = counts[Int(Field.output.rawValue)] ?? 0
        reading.isInvalid = counts.isInvalid
        if !counts.isInvalid { reading.usage = usage }
    }
}
