package import Metering

/// Reads chat completions of the OpenAI dialect, plain and streamed, and embeddings.
///
/// A stream states usage in one chunk, mostly the last and without choices; some providers put it
/// on a chunk with choices, or repeat it growing. The last statement counts.
package struct ChatUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case serviceTier, usage, choices, choice, errorMessage, text
    }

    package static let outline = JSONOutline { outline in
        outline.want("model", as: Place.model.rawValue)
        outline.want("service_tier", as: Place.serviceTier.rawValue)
        outline.want("usage", as: Place.usage.rawValue)
        for (path, field) in OpenAIUsageField.chatPaths {
            outline.want("usage.\(path)", as: field.rawValue)
        }
        outline.want("choices", as: Place.choices.rawValue)
        outline.want("choices[]", as: Place.choice.rawValue)
        outline.want("error.message", as: Place.errorMessage.rawValue)
        for path in [
            "delta.content", "delta.refusal", "delta.reasoning_content", "delta.reasoning",
            "delta.tool_calls[].function.name", "delta.tool_calls[].function.arguments",
            "delta.function_call.arguments", "message.content",
        ] {
            outline.want("choices[].\(path)", as: Place.text.rawValue, measuresOnly: true)
        }
    }

    package private(set) var reading = UsageReading()
    package private(set) var isUsageOnly = false
    private let isEmbedding: Bool
    private var counts = CountGroup.openAI()
    private var hasChoicesList = false
    private var choiceCount = 0

    package init(isEmbedding: Bool = false) { self.isEmbedding = isEmbedding }

    package mutating func documentBegan() {
        counts.reset()
        hasChoicesList = false
        choiceCount = 0
        isUsageOnly = false
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = OpenAIUsageField(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.serviceTier, .string(let text)): reading.serviceTier = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .usage: counts.isPresent = true
        case .choices: hasChoicesList = true
        case .choice: choiceCount += 1
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid, counts.isPresent else { return }
        isUsageOnly = hasChoicesList && choiceCount == 0
        guard var usage = counts.openAIUsage(isEmbedding: isEmbedding) else {
            reading.isInvalid = true
            return
        }
        if isEmbedding {
            usage[.embedding] = usage[.input]
            usage[.input] = 0
        }
        reading.isInvalid = false
        reading.usage = usage
    }

    package mutating func streamMarkedDone() { reading.isFinal = true }
}
