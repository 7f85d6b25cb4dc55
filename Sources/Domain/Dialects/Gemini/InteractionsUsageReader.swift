package import Metering

/// Reads the Interactions API of Gemini, plain and streamed.
///
/// Source: google-genai `types`, Interaction.usage.
package struct InteractionsUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case usage, errorMessage, text, status, interactionID
    }

    private enum Field: Int32, CaseIterable { case input, cached, toolUse, output, thought }

    package static let outline = JSONOutline { outline in
        for prefix in ["", "interaction."] {
            outline.want("\(prefix)model", as: Place.model.rawValue)
            outline.want("\(prefix)id", as: Place.interactionID.rawValue)
            outline.want("\(prefix)status", as: Place.status.rawValue)
            outline.want("\(prefix)usage", as: Place.usage.rawValue)
            for (path, field) in [
                ("total_input_tokens", Field.input), ("total_cached_tokens", .cached),
                ("total_tool_use_tokens", .toolUse), ("total_output_tokens", .output),
                ("total_thought_tokens", .thought), ("total_reasoning_tokens", .thought),
            ] {
                outline.want("\(prefix)usage.\(path)", as: field.rawValue)
            }
        }
        outline.want("error.message", as: Place.errorMessage.rawValue)
        outline.want("delta.text", as: Place.text.rawValue, measuresOnly: true)
    }

    package private(set) var reading = UsageReading()
    private var counts = CountGroup(size: Field.allCases.count)
    private var status: String?
    private var interactionID: String?

    package init() {}

    package mutating func documentBegan() { counts.reset() }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = Field(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.interactionID, .string(let text)): interactionID = text
        case (.status, .string(let text)): status = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        if case .usage = Place(rawValue: name) { counts.isPresent = isObject }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid else { return }
        reading.pendingID = status == "in_progress" ? interactionID : nil
        guard counts.isPresent, counts.saysAnything else { return }
        func count(_ field: Field) -> Int64 { counts[Int(field.rawValue)] ?? 0 }
        guard counts[Int(Field.input.rawValue)] != nil else {
            reading.isInvalid = true
            return
        }
        var usage = Usage()
        usage[.cacheRead] = count(.cached)
        usage[.input] = count(.input) - count(.cached)
        usage[.toolInput] = count(.toolUse)
        usage[.output] = count(.output)
        usage[.reasoning] = count(.thought)
        reading.isInvalid = counts.isInvalid || !usage.isConsistent
        if !reading.isInvalid {
            reading.usage = usage
            reading.pendingID = nil
            reading.isFinal = true
        }
    }
}
