package import Metering

/// Reads the results of a batch, a line for each of its requests, and adds up their usage by model.
///
/// Source: OpenAI API reference, "The request output object"; Anthropic API reference, "Retrieve
/// Message Batch results".
package struct BatchResultsReader: UsageReader {
    private static let messageBase: Int32 = 200
    /// More models than a batch has; what others used makes the reading invalid.
    private static let maximumModels = 64

    private enum Place: Int32 { case model = 100, openAIUsage, messageUsage }

    package static let outline = JSONOutline { outline in
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
    private var totals: [(model: String, usage: Usage)] = []
    private var model: String?
    private var counts = CountGroup.openAI()
    private var messageCounts = CountGroup(size: MessageCounts.Field.allCases.count)

    package init() {}

    package mutating func documentBegan() {
        model = nil
        counts.reset()
        messageCounts.reset()
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = OpenAIUsageField(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
        } else if let field = MessageCounts.Field(rawValue: name - Self.messageBase) {
            messageCounts.take(Int(field.rawValue), scalar)
        } else if case .model = Place(rawValue: name), case .string(let text) = scalar {
            model = text
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .openAIUsage: counts.isPresent = isObject
        case .messageUsage: messageCounts.isPresent = isObject
        default: break
        }
    }

    /// A request that failed has no usage and costs nothing.
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
        }
    }

    private mutating func add(_ usage: Usage?) {
        guard let usage, let model else {
            isInvalid = true
            return
        }
        if let index = totals.firstIndex(where: { $0.model == model }) {
            totals[index].usage = totals[index].usage + usage
        } else if totals.count < Self.maximumModels {
            totals.append((model, usage))
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
        reading.extras = totals.dropFirst().map { ExtraUsage(model: $0.model, usage: $0.usage) }
        return reading
    }
}
