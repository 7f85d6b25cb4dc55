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

    /// Whether any count was stated, or something in the place of one.
    var saysAnything: Bool { isInvalid || counts.contains { $0 != nil } }

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

extension JSONScalar {
    /// A length of sound or film in seconds, to the nearest millisecond; nil for what is no such
    /// length, or one longer than a month.
    var milliseconds: Int64? {
        let longest: Int64 = 31 * 86_400_000
        let value: Int64
        switch self {
        case .integer(let seconds) where (0...longest / 1_000).contains(seconds):
            value = seconds * 1_000
        case .decimal(let decimal) where !decimal.isNegative:
            var digits = decimal.coefficient
            var exponent = decimal.exponent + 3
            while exponent < -1, digits > 0 {
                digits /= 10
                exponent += 1
            }
            if exponent == -1 { digits = (digits + 5) / 10 }
            while exponent > 0, digits <= longest {
                digits *= 10
                exponent -= 1
            }
            value = digits
        default: return nil
        }
        return (0...longest).contains(value) ? value : nil
    }
}
