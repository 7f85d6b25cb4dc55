/// What one attempt consumed: disjoint counts by class, and pieces billed beside them.
package struct Usage: Hashable, Sendable {
    private var tokens: [Int64]
    private var pieces: [Int64]

    package init() {
        tokens = [Int64](repeating: 0, count: TokenClass.allCases.count)
        pieces = [Int64](repeating: 0, count: FeeUnit.allCases.count)
    }

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
        TokenClass.allCases.reduce(0) { $0 + ($1.isInput ? self[$1] : 0) }
    }

    /// All tokens that came from the model, thought or shown.
    package var outputTokens: Int64 {
        TokenClass.allCases.reduce(0) { $0 + ($1.isInput ? 0 : self[$1]) }
    }

    package var totalTokens: Int64 { inputTokens + outputTokens }

    package var cacheReadTokens: Int64 {
        self[.cacheRead] + self[.cacheReadAudio] + self[.cacheReadImage]
    }

    package var cacheWriteTokens: Int64 { self[.cacheWrite5m] + self[.cacheWrite1h] }

    /// A JSON object of the classes and pieces that are not zero: `{"input":12,"output":3}`.
    package var json: String {
        var text = "{"
        func add(_ name: String, _ count: Int64) {
            guard count != 0 else { return }
            if text.utf8.count > 1 { text += "," }
            text += "\"\(name)\":\(count)"
        }
        for tokenClass in TokenClass.allCases { add(tokenClass.rawValue, self[tokenClass]) }
        for unit in FeeUnit.allCases { add(unit.rawValue, self[unit]) }
        return text + "}"
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
