internal import Metering

/// The counts of a usage object of the Anthropic dialect, each as it was stated last.
///
/// Source: anthropic-sdk-python `types/usage.py`, `types/message_delta_usage.py`.
struct MessageCounts: Sendable {
    enum Field: Int32, CaseIterable {
        case input, output, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, thinking
        case webSearches
    }

    static let paths: [(String, Field)] = [
        ("input_tokens", .input), ("output_tokens", .output),
        ("cache_read_input_tokens", .cacheRead), ("cache_creation_input_tokens", .cacheWrite),
        ("cache_creation.ephemeral_5m_input_tokens", .cacheWrite5m),
        ("cache_creation.ephemeral_1h_input_tokens", .cacheWrite1h),
        ("output_tokens_details.thinking_tokens", .thinking),
        ("server_tool_use.web_search_requests", .webSearches),
    ]

    private var stated = [Int64?](repeating: nil, count: Field.allCases.count)

    mutating func take(_ counts: CountGroup) {
        for field in Field.allCases {
            if let count = counts[Int(field.rawValue)] { stated[Int(field.rawValue)] = count }
        }
    }

    private subscript(_ field: Field) -> Int64 { stated[Int(field.rawValue)] ?? 0 }

    /// This dialect counts cached and written tokens beside the input. Where the parts by lifetime
    /// do not add up to the whole, the rest was written for five minutes, the default.
    var usage: Usage? {
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
