package import Metering

/// Reads the results of a batch, a line for each of its requests, and adds up their usage by model.
///
/// Source: OpenAI API reference, "The request output object"; Anthropic API reference, "Retrieve
/// Message Batch results".
package struct BatchResultsReader: UsageReader {
    /// Apart from the places of `MessagesUsageReader`.
    private static let openAIBase: Int32 = 500
    /// More models than a batch has; what others used makes the reading invalid.
    private static let maximumModels = 64

    private enum Place: Int32 { case model = 600, openAIUsage, succeeded }

    /// Input tokens at which price sheets have context tiers: what lies between two of them is
    /// summed up apart.
    private static let tierBounds: [Int64] = [
        32_000, 64_000, 100_000, 128_000, 200_000, 256_000, 272_000, 512_000,
    ]

    private struct Total {
        let model: String
        let bucket: Int
        var usage: Usage
        var largestInput: Int64
    }

    package static let outline = JSONOutline { outline in
        outline.want("response.status_code", as: Place.succeeded.rawValue)
        outline.want("result.type", as: Place.succeeded.rawValue)
        outline.want("response.body.model", as: Place.model.rawValue)
        outline.want("response.body.usage", as: Place.openAIUsage.rawValue)
        for (path, field) in OpenAIUsageField.chatPaths + OpenAIUsageField.responsesPaths {
            outline.want("response.body.usage.\(path)", as: openAIBase + field.rawValue)
        }
        MessagesUsageReader.addPlaces(to: &outline, under: ["result.message."])
    }

    private var isInvalid = false
    private var totals: [Total] = []
    private var model: String?
    private var hasSucceeded = false
    private var counts = CountGroup.openAI()
    private var message = MessagesUsageReader()
    private var inferenceGeo: String?

    package init() {}

    package mutating func documentBegan() {
        model = nil
        hasSucceeded = false
        counts.reset()
        message = MessagesUsageReader()
        message.documentBegan()
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = OpenAIUsageField(rawValue: name - Self.openAIBase) {
            counts.take(Int(field.rawValue), scalar)
        } else {
            if name < Self.openAIBase { message.scanned(name, scalar, at: range) }
            switch (Place(rawValue: name), scalar) {
            case (.model, .string(let text)): model = text
            case (.succeeded, .integer(200)), (.succeeded, .string("succeeded")):
                hasSucceeded = true
            default: break
            }
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        if case .openAIUsage = Place(rawValue: name) { counts.isPresent = isObject }
        if name < Self.openAIBase { message.opened(name, isObject: isObject, at: offset) }
    }

    package mutating func closed(_ name: Int32, at offset: Int) {
        if name < Self.openAIBase { message.closed(name, at: offset) }
    }

    /// A request that failed has no usage and costs nothing; one that succeeded must have one.
    package mutating func documentEnded(isValid: Bool) {
        guard isValid else {
            isInvalid = true
            return
        }
        message.documentEnded(isValid: true)
        let reading = message.reading
        if counts.isPresent, counts.saysAnything {
            add(counts.openAIUsage(isEmbedding: counts[.output] == nil), of: model)
        } else if reading.isInvalid {
            isInvalid = true
        } else if let usage = reading.usage {
            inferenceGeo = inferenceGeo ?? reading.inferenceGeo
            add(usage, of: reading.model)
            for extra in reading.extras { add(extra.usage, of: extra.model ?? reading.model) }
        } else if hasSucceeded {
            isInvalid = true
        }
    }

    private mutating func add(_ usage: Usage?, of model: String?) {
        guard let usage, let model else {
            isInvalid = true
            return
        }
        let input = usage.inputTokens
        let bucket = Self.tierBounds.firstIndex { input <= $0 } ?? Self.tierBounds.count
        let known = totals.firstIndex { $0.model == model && $0.bucket == bucket }
        if let known {
            totals[known].usage = totals[known].usage + usage
            totals[known].largestInput = max(totals[known].largestInput, input)
        } else if totals.count < Self.maximumModels {
            totals.append(
                Total(model: model, bucket: bucket, usage: usage, largestInput: input))
        } else {
            isInvalid = true
        }
    }

    package var reading: UsageReading {
        var reading = UsageReading()
        reading.isInvalid = isInvalid
        reading.serviceTier = "batch"
        reading.inferenceGeo = inferenceGeo
        reading.usage = totals.first?.usage ?? Usage()
        reading.model = totals.first?.model
        reading.largestInput = totals.first?.largestInput
        reading.extras = totals.dropFirst().map { total in
            ExtraUsage(
                model: total.model, usage: total.usage, largestInput: total.largestInput)
        }
        return reading
    }
}
