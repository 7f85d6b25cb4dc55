package import Metering

/// Reads Amazon Bedrock's Converse API, plain and as a stream of frames.
///
/// Source: Amazon Bedrock Runtime reference, TokenUsage; botocore's service model.
package struct ConverseUsageReader: UsageReader {
    private enum Place: Int32 {
        case usage = 100
        case serviceTier, errorMessage, text, cacheDetail, cacheTTL
    }

    package static let outline = JSONOutline { outline in
        outline.want("usage", as: Place.usage.rawValue)
        for (path, field) in ConverseCounts.paths {
            outline.want("usage.\(path)", as: field.rawValue)
        }
        outline.want("usage.cacheDetails[]", as: Place.cacheDetail.rawValue)
        outline.want("usage.cacheDetails[].ttl", as: Place.cacheTTL.rawValue)
        outline.want(
            "usage.cacheDetails[].inputTokens", as: ConverseCounts.Field.detail.rawValue)
        outline.want("serviceTier.type", as: Place.serviceTier.rawValue)
        outline.want("message", as: Place.errorMessage.rawValue)
        for path in [
            "delta.text", "delta.toolUse.input", "delta.reasoningContent.text",
            "output.message.content[].text",
        ] {
            outline.want(path, as: Place.text.rawValue, measuresOnly: true)
        }
    }

    package private(set) var reading = UsageReading()
    package var isFinal: Bool { reading.isFinal }
    private var counts = CountGroup(size: ConverseCounts.Field.allCases.count)
    private var cacheTTL: String?
    private var detail: Int64 = 0
    private var writtenForAnHour: Int64 = 0

    package init() {}

    package mutating func documentBegan() {
        counts.reset()
        writtenForAnHour = 0
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = ConverseCounts.Field(rawValue: name) {
            if field == .detail, case .integer(let count) = scalar { detail = max(0, count) }
            counts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.serviceTier, .string(let text)): reading.serviceTier = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        case (.cacheTTL, .string(let text)): cacheTTL = text
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .usage: counts.isPresent = isObject
        case .cacheDetail: (cacheTTL, detail) = (nil, 0)
        default: break
        }
    }

    package mutating func closed(_ name: Int32, at offset: Int) {
        guard case .cacheDetail = Place(rawValue: name), cacheTTL == "1h" else { return }
        writtenForAnHour += min(detail, UsageBounds.maximumTokens)
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid, counts.isPresent, counts.saysAnything else { return }
        guard let usage = ConverseCounts.usage(counts, writtenForAnHour: writtenForAnHour) else {
            reading.isInvalid = true
            return
        }
        reading.isInvalid = false
        reading.usage = usage
        // The frame with the usage is a stream's last.
        reading.isFinal = true
    }
}

/// The counts that Bedrock states in its own words; cached and written tokens stand beside the
/// input.
enum ConverseCounts {
    enum Field: Int32, CaseIterable { case input, output, cacheRead, cacheWrite, detail }

    static let paths: [(String, Field)] = [
        ("inputTokens", .input), ("outputTokens", .output),
        ("cacheReadInputTokens", .cacheRead), ("cacheReadInputTokenCount", .cacheRead),
        ("cacheWriteInputTokens", .cacheWrite), ("cacheWriteInputTokenCount", .cacheWrite),
    ]

    static func usage(_ counts: CountGroup, writtenForAnHour: Int64 = 0) -> Usage? {
        func count(_ field: Field) -> Int64? { counts[Int(field.rawValue)] }
        guard !counts.isInvalid, let input = count(.input), let output = count(.output) else {
            return nil
        }
        var usage = Usage()
        usage[.input] = input
        usage[.cacheRead] = count(.cacheRead) ?? 0
        let written = count(.cacheWrite) ?? 0
        usage[.cacheWrite1h] = min(writtenForAnHour, written)
        usage[.cacheWrite5m] = written - usage[.cacheWrite1h]
        usage[.output] = output
        return usage
    }
}
