package import Metering

/// Reads Amazon Bedrock's InvokeModel, whose bodies are those of the model's own family, plain and
/// as a stream of frames. What the family does not state, Bedrock adds in headers or in the last
/// chunk's `amazon-bedrock-invocationMetrics`.
///
/// Source: Amazon Bedrock user guide, inference parameters of the model families.
package struct InvokeUsageReader: UsageReader {
    /// Apart from the places of `MessagesUsageReader`.
    private static let base: Int32 = 400

    private enum Field: Int32, CaseIterable {
        case input, output, cacheRead, cacheWrite, results, embedding
    }

    package static let outline = JSONOutline { outline in
        MessagesUsageReader.addPlaces(to: &outline)
        for (path, field) in paths { outline.want(path, as: base + field.rawValue) }
        for path in ["generation", "outputText", "outputs[].text", "contentBlockDelta.delta.text"] {
            outline.want(path, as: base + textPlace, measuresOnly: true)
        }
    }

    private static let textPlace = Int32(Field.allCases.count)

    private static let paths: [(String, Field)] = {
        let metrics = "amazon-bedrock-invocationMetrics"
        return [
            ("\(metrics).inputTokenCount", .input), ("\(metrics).outputTokenCount", .output),
            ("\(metrics).cacheReadInputTokenCount", .cacheRead),
            ("\(metrics).cacheWriteInputTokenCount", .cacheWrite),
            // Titan, Llama, Nova, and the OpenAI dialect of open models.
            ("inputTextTokenCount", .input), ("results[].tokenCount", .results),
            ("totalOutputTextTokenCount", .output),
            ("prompt_token_count", .input), ("generation_token_count", .output),
            ("usage.inputTokens", .input), ("usage.outputTokens", .output),
            ("usage.cacheReadInputTokenCount", .cacheRead),
            ("usage.cacheWriteInputTokenCount", .cacheWrite),
            ("metadata.usage.inputTokens", .input), ("metadata.usage.outputTokens", .output),
            ("usage.prompt_tokens", .input), ("usage.completion_tokens", .output),
        ]
    }()

    private var message = MessagesUsageReader()
    private var counts = [Int64?](repeating: nil, count: Field.allCases.count)
    private var isInvalid = false
    private var outputBytesSeen: Int64 = 0

    /// What the reply's headers count, for the families whose bodies do not.
    package init(headerInput: Int64?, headerOutput: Int64?) {
        counts[Int(Field.input.rawValue)] = headerInput
        counts[Int(Field.output.rawValue)] = headerOutput
    }

    package mutating func documentBegan() { message.documentBegan() }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        guard name >= Self.base else {
            message.scanned(name, scalar, at: range)
            return
        }
        if let field = Field(rawValue: name - Self.base) {
            take(field, scalar)
        } else if case .measured(let bytes) = scalar {
            outputBytesSeen += Int64(bytes)
        }
    }

    private mutating func take(_ field: Field, _ scalar: JSONScalar) {
        switch scalar {
        case .null: break
        case .integer(let count) where (0...UsageBounds.maximumTokens).contains(count):
            let index = Int((field == .results ? Field.output : field).rawValue)
            counts[index] = field == .results ? (counts[index] ?? 0) + count : count
        default: isInvalid = true
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        if name < Self.base { message.opened(name, isObject: isObject, at: offset) }
    }

    package mutating func closed(_ name: Int32, at offset: Int) {
        if name < Self.base { message.closed(name, at: offset) }
    }

    package mutating func documentEnded(isValid: Bool) { message.documentEnded(isValid: isValid) }

    package var reading: UsageReading {
        var reading = message.reading
        // The path names what Bedrock bills; the body names the family's model.
        reading.model = nil
        reading.outputBytesSeen += outputBytesSeen
        let speaksMessages = reading.usage != nil && !reading.isPartial
        guard !speaksMessages, let input = counts[Int(Field.input.rawValue)] else {
            return reading
        }
        var usage = Usage()
        usage[.input] = input
        usage[.output] = counts[Int(Field.output.rawValue)] ?? 0
        usage[.cacheRead] = counts[Int(Field.cacheRead.rawValue)] ?? 0
        usage[.cacheWrite5m] = counts[Int(Field.cacheWrite.rawValue)] ?? 0
        reading.usage = usage
        reading.isPartial = false
        reading.isInvalid = isInvalid
        return reading
    }
}
