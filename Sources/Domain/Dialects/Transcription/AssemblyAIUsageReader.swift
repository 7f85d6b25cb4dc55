package import Metering

/// Reads AssemblyAI's transcripts: the reply to a submission is pending, and a later look at the
/// transcript states how long the sound was.
///
/// Source: assemblyai.com/docs, API reference, Transcript.
package struct AssemblyAIUsageReader: UsageReader {
    private enum Place: Int32 {
        case transcriptID = 100
        case status, duration, model, errorMessage
    }

    package static let outline = JSONOutline { outline in
        outline.want("id", as: Place.transcriptID.rawValue)
        outline.want("status", as: Place.status.rawValue)
        outline.want("audio_duration", as: Place.duration.rawValue)
        outline.want("speech_model", as: Place.model.rawValue)
        outline.want("speech_model_used", as: Place.model.rawValue)
        outline.want("error", as: Place.errorMessage.rawValue)
    }

    package private(set) var reading = UsageReading()
    private var transcriptID: String?
    private var status: String?
    private var duration: Int64?

    package init() {}

    package mutating func documentBegan() {}

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        switch (Place(rawValue: name), scalar) {
        case (.transcriptID, .string(let text)): transcriptID = text
        case (.status, .string(let text)): status = text
        case (.duration, .null): break
        case (.duration, _):
            duration = scalar.milliseconds
            if duration == nil { reading.isInvalid = true }
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid else { return }
        switch status {
        case "queued", "processing": reading.pendingID = transcriptID
        case "completed":
            guard let duration else { return }
            var usage = Usage()
            usage[.audioMilliseconds] = duration
            reading.usage = usage
        // A transcript that failed is not charged.
        case "error": reading.usage = Usage()
        default: break
        }
    }
}
