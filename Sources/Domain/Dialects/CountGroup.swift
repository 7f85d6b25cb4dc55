internal import Metering

/// Counts of one usage object, by position, as one document states them.
struct CountGroup: Sendable {
    private var counts: [Int64?]
    private(set) var isInvalid = false
    /// Whether the document has the usage object at all.
    var isPresent = false

    init(size: Int) { counts = [Int64?](repeating: nil, count: size) }

    mutating func reset() {
        guard isPresent else { return }
        for index in counts.indices { counts[index] = nil }
        isInvalid = false
        isPresent = false
    }

    subscript(_ index: Int) -> Int64? { counts[index] }

    /// Takes a count: a whole number within what a model could produce. Null leaves it unstated.
    mutating func take(_ index: Int, _ scalar: JSONScalar) {
        isPresent = true
        switch scalar {
        case .null: break
        case .integer(let count) where (0...UsageBounds.maximumTokens).contains(count):
            counts[index] = count
        default: isInvalid = true
        }
    }
}
