package import Metering

/// Reads Mistral's document reading, which is billed by the page.
///
/// Source: docs.mistral.ai, OCR, `usage_info`.
package struct PagesUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case pages, errorMessage
    }

    package static let outline = JSONOutline { outline in
        outline.want("model", as: Place.model.rawValue)
        outline.want("usage_info.pages_processed", as: Place.pages.rawValue)
        outline.want("message", as: Place.errorMessage.rawValue)
    }

    package private(set) var reading = UsageReading()

    package init() {}

    package mutating func documentBegan() {}

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.pages, .integer(let count)) where (0...UsageBounds.maximumTokens).contains(count):
            var usage = Usage()
            usage[.page] = count
            reading.usage = usage
        case (.pages, .null): break
        case (.pages, _): reading.isInvalid = true
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {}
}
