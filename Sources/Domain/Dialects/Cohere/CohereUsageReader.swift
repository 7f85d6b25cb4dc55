package import Metering

/// Reads Cohere's chat, embeddings and reranking, of version 1 and 2, plain and streamed. Only
/// billed units are charged; `tokens` counts what the model saw.
///
/// Source: docs.cohere.com, "How does Cohere pricing work"; API reference, usage.
package struct CohereUsageReader: UsageReader {
    private enum Place: Int32 {
        case billed = 100
        case text, errorMessage, eventType, isFinished, model
    }

    private enum Field: Int32, CaseIterable {
        case input, output, searchUnits, images, imageTokens, classifications
    }

    package static let outline = JSONOutline { outline in
        for prefix in ["usage", "delta.usage", "meta", "response.meta"] {
            let billed = "\(prefix).billed_units"
            outline.want(billed, as: Place.billed.rawValue)
            for (path, field) in [
                ("input_tokens", Field.input), ("output_tokens", .output),
                ("search_units", .searchUnits), ("images", .images),
                ("image_tokens", .imageTokens), ("classifications", .classifications),
            ] {
                outline.want("\(billed).\(path)", as: field.rawValue)
            }
        }
        outline.want("type", as: Place.eventType.rawValue)
        outline.want("event_type", as: Place.eventType.rawValue)
        outline.want("is_finished", as: Place.isFinished.rawValue)
        outline.want("message", as: Place.errorMessage.rawValue)
        outline.want("model", as: Place.model.rawValue)
        for path in ["text", "delta.message.content.text", "delta.message.tool_plan"] {
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
            counts.take(Int(field.rawValue), scalar.withoutEmptyFraction)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        case (.eventType, .string("message-end")), (.eventType, .string("stream-end")),
            (.isFinished, .bool(true)):
            reading.isFinal = true
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        if case .billed = Place(rawValue: name) { counts.isPresent = isObject }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid, counts.isPresent, counts.saysAnything else { return }
        func count(_ field: Field) -> Int64 { counts[Int(field.rawValue)] ?? 0 }
        var usage = Usage()
        usage[isEmbedding ? .embedding : .input] = count(.input)
        usage[.output] = count(.output)
        usage[.inputImage] = count(.imageTokens)
        usage[.searchUnit] = count(.searchUnits)
        usage[.image] = count(.images)
        reading.isInvalid = counts.isInvalid
        if !counts.isInvalid { reading.usage = usage }
    }
}

extension JSONScalar {
    /// Cohere writes its whole counts with a point: `12.0`.
    fileprivate var withoutEmptyFraction: JSONScalar {
        guard case .decimal(let decimal) = self, !decimal.isNegative else { return self }
        var (digits, exponent) = (decimal.coefficient, decimal.exponent)
        while exponent < 0, digits % 10 == 0, digits > 0 {
            digits /= 10
            exponent += 1
        }
        return exponent == 0 || digits == 0 ? .integer(digits) : self
    }
}
