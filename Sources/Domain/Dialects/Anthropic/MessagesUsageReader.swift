package import Metering

/// Reads messages of the Anthropic dialect, plain and streamed.
///
/// A stream states usage in `message_start` and again in `message_delta`, cumulatively: the last
/// statement of each count replaces the one before it and is never added to it.
/// Source: Anthropic Messages API reference; anthropic-sdk-python `types/usage.py`.
package struct MessagesUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case serviceTier, inferenceGeo, speed, usage, errorMessage, text, eventType
        case iterations, iteration, iterationType, iterationModel
    }

    private static let iterationBase: Int32 = 200

    package static let outline = JSONOutline { addPlaces(to: &$0) }

    /// Places in a message, which Bedrock's replies and the results of batches have too. All names
    /// are below 300.
    static func addPlaces(
        to outline: inout JSONOutline.Builder, under prefixes: [String] = ["", "message."]
    ) {
        for prefix in prefixes {
            outline.want("\(prefix)model", as: Place.model.rawValue)
            outline.want("\(prefix)usage", as: Place.usage.rawValue)
            outline.want("\(prefix)usage.service_tier", as: Place.serviceTier.rawValue)
            outline.want("\(prefix)usage.inference_geo", as: Place.inferenceGeo.rawValue)
            outline.want("\(prefix)usage.speed", as: Place.speed.rawValue)
            let iteration = "\(prefix)usage.iterations[]"
            outline.want("\(prefix)usage.iterations", as: Place.iterations.rawValue)
            outline.want(iteration, as: Place.iteration.rawValue)
            outline.want("\(iteration).type", as: Place.iterationType.rawValue)
            outline.want("\(iteration).model", as: Place.iterationModel.rawValue)
            for (path, field) in MessageCounts.paths {
                outline.want("\(prefix)usage.\(path)", as: field.rawValue)
                outline.want("\(iteration).\(path)", as: iterationBase + field.rawValue)
            }
        }
        outline.want("type", as: Place.eventType.rawValue)
        outline.want("error.message", as: Place.errorMessage.rawValue)
        for path in [
            "delta.text", "delta.thinking", "delta.partial_json", "content_block.text",
            "completion",
        ] {
            outline.want(path, as: Place.text.rawValue, measuresOnly: true)
        }
    }

    package private(set) var reading = UsageReading()
    package var isFinal: Bool { reading.isFinal }
    private var counts = CountGroup(size: MessageCounts.Field.allCases.count)
    private var stated = MessageCounts()
    private var eventType: String?
    private var iterationCounts = CountGroup(size: MessageCounts.Field.allCases.count)
    private var iterationType: String?
    private var iterationModel: String?
    /// Other work is listed whole in each statement, so the last list replaces the one before.
    private var extras: [ExtraUsage] = []

    package init() {}

    package mutating func documentBegan() {
        counts.reset()
        eventType = nil
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = MessageCounts.Field(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
            return
        }
        if let field = MessageCounts.Field(rawValue: name - Self.iterationBase) {
            iterationCounts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.serviceTier, .string(let text)) where reading.serviceTier != "fast":
            reading.serviceTier = text
        // Fast mode has rates of its own, as a tier has; "standard" has none.
        case (.speed, .string("fast")): reading.serviceTier = "fast"
        case (.inferenceGeo, .string(let text)): reading.inferenceGeo = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        case (.eventType, .string(let text)): eventType = text
        case (.iterationType, .string(let text)): iterationType = text
        case (.iterationModel, .string(let text)): iterationModel = text
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .usage: counts.isPresent = true
        case .iterations: extras = []
        case .iteration:
            iterationCounts.isPresent = true
            iterationCounts.reset()
            iterationType = nil
            iterationModel = nil
        default: break
        }
    }

    package mutating func closed(_ name: Int32, at offset: Int) {
        if case .iteration = Place(rawValue: name) { takeIteration() }
    }

    /// A reply lists no more work than this; more makes its usage invalid.
    private static let maximumExtras = 64

    /// Compaction and advice are billed beside the counts at the top. The entry of a fallback says
    /// which model the counts at the top are of. Source: anthropic-sdk-python,
    /// `types/beta/beta_iterations_usage.py`.
    private mutating func takeIteration() {
        switch iterationType {
        case "compaction", "advisor_message":
            var counts = MessageCounts()
            counts.take(iterationCounts)
            guard let usage = counts.usage, !iterationCounts.isInvalid,
                extras.count < Self.maximumExtras
            else {
                reading.isInvalid = true
                return
            }
            let model = iterationType == "advisor_message" ? iterationModel : nil
            extras.append(ExtraUsage(model: model, usage: usage))
        case "fallback_message": reading.model = iterationModel ?? reading.model
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid else { return }
        if eventType == "message_stop" || eventType == "error" { reading.isFinal = true }
        guard counts.isPresent else { return }
        if counts.isInvalid {
            reading.isInvalid = true
            return
        }
        stated.take(counts)
        // `message_start` holds a placeholder for the output; what follows states it.
        reading.isPartial = eventType == "message_start"
        reading.usage = stated.usage
        reading.extras = extras
        if reading.usage == nil { reading.isInvalid = true }
    }
}
