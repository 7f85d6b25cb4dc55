package import Metering

/// Reads the results of a batch, a line for each of its requests, and adds up their usage by model.
///
/// Source: OpenAI API reference, "The request output object"; Anthropic API reference, "Retrieve
/// Message Batch results".
package struct BatchResultsReader: UsageReader {
    private static let messageBase: Int32 = 200
    /// More models than a batch has; what others used makes the reading invalid.
    private static let maximumModels = 64

    private enum Place: Int32 { case model = 100, openAIUsage, messageUsage, succeeded }

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
            outline.want("response.body.usage.\(path)", as: field.rawValue)
        }
        outline.want("result.message.model", as: Place.model.rawValue)
        outline.want("result.message.usage", as: Place.messageUsage.rawValue)
        for (path, field) in MessageCounts.paths {
            outline.want("result.message.usage.\(path)", as: messageBase + field.rawValue)
        }
    }

    private var isInvalid = false
    private var totals: [Total] = []
    private var model: String?
    private var hasSucceeded = false
    private var counts = CountGroup.openAI()
    private var messageCounts = CountGroup(size: MessageCounts.Field.allCases.count)

    package init() {}

    package mutating func documentBegan() {
        model = nil
        hasSucceeded = false
        counts.reset()
        messageCounts.reset()
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = OpenAIUsageField(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
        } else if let field = MessageCounts.Field(rawValue: name - Self.messageBase) {
            messageCounts.take(Int(field.rawValue), scalar)
        } else {
            switch (Place(rawValue: name), scalar) {
            case (.model, .string(let text)): model = text
            case (.succeeded, .integer(200)), (.succeeded, .string("succeeded")):
                hasSucceeded = true
            default: break
            }
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .openAIUsage: counts.isPresent = isObject
        case .messageUsage: messageCounts.isPresent = isObject
        default: break
        }
    }

    /// A request that failed has no usage and costs nothing; one that succeeded must have one.
    package mutating func documentEnded(isValid: Bool) {
        guard isValid else {
            isInvalid = true
            return
        }
        if counts.isPresent, counts.saysAnything {
            add(counts.openAIUsage(isEmbedding: counts[.output] == nil))
        } else if messageCounts.isPresent, messageCounts.saysAnything {
            var stated = MessageCounts()
            stated.take(messageCounts)
            add(messageCounts.isInvalid ? nil : stated.usage)
        } else if hasSucceeded {
            isInvalid = true
        }
    }

    private mutating func add(_ usage: Usage?) {
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
