package import Metering

/// Reads transcriptions and spoken text of the OpenAI dialect, plain and streamed: by tokens, or by
/// the length of the sound.
///
/// Source: openai-python `types/audio/transcription.py` and `transcription_text_done_event.py`.
package struct AudioUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case usage, errorMessage, seconds, duration, eventType, text
    }

    package static let outline = JSONOutline { outline in
        outline.want("model", as: Place.model.rawValue)
        outline.want("usage", as: Place.usage.rawValue)
        for (path, field) in OpenAIUsageField.responsesPaths + OpenAIUsageField.chatPaths.prefix(2)
        {
            outline.want("usage.\(path)", as: field.rawValue)
        }
        outline.want("usage.seconds", as: Place.seconds.rawValue)
        outline.want("usage.prompt_audio_seconds", as: Place.seconds.rawValue)
        outline.want("duration", as: Place.duration.rawValue)
        outline.want("type", as: Place.eventType.rawValue)
        outline.want("error.message", as: Place.errorMessage.rawValue)
        outline.want("delta", as: Place.text.rawValue, measuresOnly: true)
    }

    package private(set) var reading = UsageReading()
    private var counts = CountGroup.openAI()
    private var billedMilliseconds: Int64?
    private var duration: Int64?
    private var eventType: String?

    package init() {}

    package mutating func documentBegan() {
        counts.reset()
        eventType = nil
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = OpenAIUsageField(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.seconds, .null): break
        case (.seconds, _):
            billedMilliseconds = scalar.milliseconds
            if billedMilliseconds == nil { reading.isInvalid = true }
        case (.duration, _): duration = scalar.milliseconds
        case (.eventType, .string(let text)): eventType = text
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        if case .usage = Place(rawValue: name) { counts.isPresent = isObject }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid else { return }
        if eventType?.hasSuffix(".done") == true { reading.isFinal = true }
        var usage = Usage()
        if counts.isPresent, counts.saysAnything {
            guard let tokens = counts.openAIUsage(isEmbedding: false) else {
                reading.isInvalid = true
                return
            }
            usage = tokens
            usage[.audioMilliseconds] = billedMilliseconds ?? 0
        } else if let length = billedMilliseconds ?? duration {
            usage[.audioMilliseconds] = length
        } else {
            return
        }
        reading.usage = usage
    }
}
