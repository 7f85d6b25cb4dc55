package import Metering

/// Reads messages of the Anthropic dialect, plain and streamed.
///
/// A stream states usage in `message_start` and again in `message_delta`, cumulatively: the last
/// statement of each count replaces the one before it and is never added to it.
/// Source: Anthropic Messages API reference; anthropic-sdk-python `types/usage.py`.
package struct MessagesUsageReader: UsageReader {
    private enum Field: Int32, CaseIterable {
        case input, output, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, thinking
        case webSearches
    }

    private enum Place: Int32 {
        case model = 100
        case serviceTier, inferenceGeo, speed, usage, errorMessage, text, eventType
    }

    private static let paths: [(String, Field)] = [
        ("input_tokens", .input), ("output_tokens", .output),
        ("cache_read_input_tokens", .cacheRead), ("cache_creation_input_tokens", .cacheWrite),
        ("cache_creation.ephemeral_5m_input_tokens", .cacheWrite5m),
        ("cache_creation.ephemeral_1h_input_tokens", .cacheWrite1h),
        ("output_tokens_details.thinking_tokens", .thinking),
        ("server_tool_use.web_search_requests", .webSearches),
    ]

    package static let outline = JSONOutline { outline in
        for prefix in ["", "message."] {
            outline.want("\(prefix)model", as: Place.model.rawValue)
            outline.want("\(prefix)usage", as: Place.usage.rawValue)
            outline.want("\(prefix)usage.service_tier", as: Place.serviceTier.rawValue)
            outline.want("\(prefix)usage.inference_geo", as: Place.inferenceGeo.rawValue)
            outline.want("\(prefix)usage.speed", as: Place.speed.rawValue)
            for (path, field) in paths {
                outline.want("\(prefix)usage.\(path)", as: field.rawValue)
            }
        }
        outline.want("type", as: Place.eventType.rawValue)
        outline.want("error.message", as: Place.errorMessage.rawValue)
        for path in ["delta.text", "delta.thinking", "delta.partial_json", "content_block.text"] {
            outline.want(path, as: Place.text.rawValue, measuresOnly: true)
        }
    }

    package private(set) var reading = UsageReading()
    private var counts = CountGroup(size: Field.allCases.count)
    private var stated = [Int64?](repeating: nil, count: Field.allCases.count)
    private var eventType: String?

    package init() {}

    package mutating func documentBegan() {
        counts.reset()
        eventType = nil
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = Field(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
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
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        if case .usage = Place(rawValue: name) { counts.isPresent = true }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid else { return }
        if eventType == "message_stop" || eventType == "error" { reading.isFinal = true }
        guard counts.isPresent else { return }
        if counts.isInvalid {
            reading.isInvalid = true
            return
        }
        for field in Field.allCases {
            if let count = counts[Int(field.rawValue)] { stated[Int(field.rawValue)] = count }
        }
        // `message_start` holds a placeholder for the output; what follows states it.
        reading.isPartial = eventType == "message_start"
        reading.usage = disjointUsage
        reading.isInvalid = reading.usage == nil
    }

    private subscript(_ field: Field) -> Int64 { stated[Int(field.rawValue)] ?? 0 }

    /// This dialect counts cached and written tokens beside the input. Where the parts by lifetime
    /// do not add up to the whole, the rest was written for five minutes, the default.
    private var disjointUsage: Usage? {
        guard stated[Int(Field.input.rawValue)] != nil,
            stated[Int(Field.output.rawValue)] != nil
        else { return nil }
        var usage = Usage()
        usage[.input] = self[.input]
        usage[.cacheRead] = self[.cacheRead]
        let written =
            stated[Int(Field.cacheWrite.rawValue)]
            ?? self[.cacheWrite5m] + self[.cacheWrite1h]
        usage[.cacheWrite1h] = min(self[.cacheWrite1h], written)
        usage[.cacheWrite5m] = written - usage[.cacheWrite1h]
        usage[.reasoning] = self[.thinking]
        usage[.output] = self[.output] - self[.thinking]
        usage[.webSearch] = self[.webSearches]
        return usage[.output] >= 0 ? usage : nil
    }
}
