package import Metering

/// Reads the responses API of the OpenAI dialect.
///
/// A plain reply is the response itself; a stream carries it whole in `response.completed`,
/// `response.incomplete` or `response.failed`, its last event.
package struct ResponsesUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case serviceTier, usage, errorMessage, text, eventType, itemType, actionType
    }

    private static let finalEvents: Set<String> = [
        "response.completed", "response.incomplete", "response.failed", "error",
    ]

    package static let outline = JSONOutline { outline in
        for prefix in ["", "response."] {
            outline.want("\(prefix)model", as: Place.model.rawValue)
            outline.want("\(prefix)service_tier", as: Place.serviceTier.rawValue)
            outline.want("\(prefix)usage", as: Place.usage.rawValue)
            for (path, field) in OpenAIUsageField.responsesPaths {
                outline.want("\(prefix)usage.\(path)", as: field.rawValue)
            }
            outline.want("\(prefix)error.message", as: Place.errorMessage.rawValue)
            outline.want("\(prefix)output[].type", as: Place.itemType.rawValue)
            outline.want("\(prefix)output[].action.type", as: Place.actionType.rawValue)
        }
        outline.want("type", as: Place.eventType.rawValue)
        outline.want("message", as: Place.errorMessage.rawValue)
        outline.want("delta", as: Place.text.rawValue, measuresOnly: true)
    }

    package private(set) var reading = UsageReading()
    private var counts = CountGroup.openAI()
    private var eventType: String?
    private var searches: Int64 = 0
    private var fileSearches: Int64 = 0

    package init() {}

    package mutating func documentBegan() {
        counts.reset()
        eventType = nil
        searches = 0
        fileSearches = 0
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
        case (.eventType, .string(let text)): eventType = text
        case (.itemType, .string("file_search_call")): fileSearches += 1
        // Opening a page and finding in it are actions of the same tool that cost nothing.
        case (.actionType, .string("search")): searches += 1
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        if case .usage = Place(rawValue: name) { counts.isPresent = true }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid else { return }
        if let eventType, Self.finalEvents.contains(eventType) { reading.isFinal = true }
        guard counts.isPresent else { return }
        guard var usage = counts.openAIUsage(isEmbedding: false) else {
            reading.isInvalid = true
            return
        }
        usage[.webSearch] = searches
        usage[.fileSearch] = fileSearches
        reading.isInvalid = false
        reading.usage = usage
    }
}
