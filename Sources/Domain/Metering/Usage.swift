/// What one attempt consumed: disjoint counts by class, and pieces billed beside them.
package struct Usage: Sendable {
    private var tokens = InlineArray<17, Int64>(repeating: 0)
    private var pieces = InlineArray<14, Int64>(repeating: 0)

    package init() {}

    package subscript(_ tokenClass: TokenClass) -> Int64 {
        get { tokens[tokenClass.index] }
        set { tokens[tokenClass.index] = newValue }
    }

    package subscript(_ unit: FeeUnit) -> Int64 {
        get { pieces[unit.index] }
        set { pieces[unit.index] = newValue }
    }

    /// All tokens sent to the model, cached or not.
    package var inputTokens: Int64 {
        var sum: Int64 = 0
        for tokenClass in TokenClass.inputs { sum += self[tokenClass] }
        return sum
    }

    /// All tokens that came from the model, thought or shown.
    package var outputTokens: Int64 {
        var sum: Int64 = 0
        for tokenClass in TokenClass.outputs { sum += self[tokenClass] }
        return sum
    }

    package var totalTokens: Int64 { inputTokens + outputTokens }

    package var cacheReadTokens: Int64 {
        self[.cacheRead] + self[.cacheReadAudio] + self[.cacheReadImage] + self[.cacheReadVideo]
    }

    package var cacheWriteTokens: Int64 { self[.cacheWrite5m] + self[.cacheWrite1h] }

    package var isEmpty: Bool { self == Usage() }

    /// Both together, as one bill has them.
    package static func + (left: Usage, right: Usage) -> Usage {
        var sum = left
        for tokenClass in TokenClass.all { sum[tokenClass] += right[tokenClass] }
        for unit in FeeUnit.all { sum[unit] += right[unit] }
        return sum
    }

    /// A JSON object of the classes and pieces that are not zero: `{"input":12,"output":3}`.
    package var json: String {
        var text = "{"
        func add(_ name: String, _ count: Int64) {
            guard count != 0 else { return }
            if text.utf8.count > 1 { text += "," }
            text += "\"\(name)\":\(count)"
        }
        for tokenClass in TokenClass.all { add(tokenClass.rawValue, self[tokenClass]) }
        for unit in FeeUnit.all { add(unit.rawValue, self[unit]) }
        return text + "}"
    }
}

extension Usage: Equatable {
    package static func == (left: Usage, right: Usage) -> Bool {
        TokenClass.all.allSatisfy { left[$0] == right[$0] }
            && FeeUnit.all.allSatisfy { left[$0] == right[$0] }
    }
}

/// How far a row's usage can be trusted; the text of the `usage_status` column.
package enum UsageStatus: String, Sendable {
    /// The provider stated it.
    case exact
    /// Inferred, as the provider's statement never came; at least the true figure.
    case estimated
    /// The provider's reply states none.
    case absent
    /// The provider stated something that cannot be true.
    case invalid
}
