package import Metering

/// Reads chat and text completions of the OpenAI dialect, plain and streamed, and embeddings.
///
/// A stream states usage in one chunk, mostly the last and without choices; some providers put it
/// on a chunk with choices, or repeat it growing. The last statement counts.
package struct ChatUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case serviceTier, usage, choices, choice, errorMessage, text, annotationType
        case audioSeconds, status
    }

    package static let outline = JSONOutline { outline in
        outline.want("model", as: Place.model.rawValue)
        outline.want("service_tier", as: Place.serviceTier.rawValue)
        outline.want("usage.service_tier", as: Place.serviceTier.rawValue)
        // Groq states the usage of a stream under a name of its own.
        for usage in ["usage", "x_groq.usage"] {
            outline.want(usage, as: Place.usage.rawValue)
            for (path, field) in OpenAIUsageField.chatPaths {
                outline.want("\(usage).\(path)", as: field.rawValue)
            }
        }
        BillFields.want(in: "usage", of: &outline)
        outline.want("usage.prompt_audio_seconds", as: Place.audioSeconds.rawValue)
        outline.want("choices", as: Place.choices.rawValue)
        outline.want("choices[]", as: Place.choice.rawValue)
        outline.want("error.message", as: Place.errorMessage.rawValue)
        for message in ["delta", "message"] {
            outline.want(
                "choices[].\(message).annotations[].type", as: Place.annotationType.rawValue)
        }
        for path in [
            "delta.content", "delta.refusal", "delta.reasoning_content", "delta.reasoning",
            "delta.tool_calls[].function.name", "delta.tool_calls[].function.arguments",
            "delta.function_call.arguments", "message.content", "text",
        ] {
            outline.want("choices[].\(path)", as: Place.text.rawValue, measuresOnly: true)
        }
    }

    package private(set) var reading = UsageReading()
    package var isFinal: Bool { reading.isFinal }
    package private(set) var isUsageOnly = false
    private let isEmbedding: Bool
    private var counts = CountGroup.openAI()
    private var bill = BillFields()
    private var hasChoicesList = false
    private var choiceCount = 0
    private var hasCitations = false
    private var audioMilliseconds: Int64 = 0
    private var hasOddLength = false

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
        case (.annotationType, .string("url_citation")): hasCitations = true
        case (.audioSeconds, .null): break
        case (.audioSeconds, _):
            audioMilliseconds = scalar.milliseconds ?? 0
            hasOddLength = scalar.milliseconds == nil
        case (nil, _): bill.take(name, scalar)
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .usage: counts.isPresent = isObject
        case .choices: hasChoicesList = true
        case .choice: choiceCount += 1
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid, counts.isPresent else { return }
        isUsageOnly = hasChoicesList && choiceCount == 0
        guard counts.saysAnything else { return }
        reading.reportedCost = bill.total
        guard var usage = counts.openAIUsage(isEmbedding: isEmbedding) else {
            reading.isInvalid = true
            return
        }
        if isEmbedding {
            usage[.embedding] = usage[.input]
            usage[.input] = 0
        }
        // OpenAI's search models search once for each answer that cites, and do not say so.
        if hasCitations, usage[.webSearch] == 0 { usage[.webSearchPreview] = 1 }
        usage[.audioMilliseconds] = audioMilliseconds
        reading.isInvalid = hasOddLength
        reading.usage = usage
    }

    package mutating func streamMarkedDone() { reading.isFinal = true }
}
