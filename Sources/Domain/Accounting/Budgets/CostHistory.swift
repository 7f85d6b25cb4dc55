package import Money

/// What calls of one model and operation have cost, in classes of equal ratio: enough to say below
/// which amount nearly all of them lie, in a fixed amount of memory.
package struct CostHistory: Sendable {
    /// With fewer calls nothing is known of the rare dear ones.
    package static let minimumCalls: Int64 = 200
    /// The share of calls that lie below the stated amount, in percent.
    private static let percentile: Int64 = 99
    /// Beyond it old calls count half, so that the history follows a change of use.
    private static let maximumCalls: Int64 = 10_000
    /// Eight classes for each doubling: an upper end is at most an eighth above the amount.
    private static let classesPerDoubling = 8
    private static let classBits = 3

    private var counts = [Int64](repeating: 0, count: 64 * CostHistory.classesPerDoubling)
    private var total: Int64 = 0

    package init() {}

    package mutating func note(_ cost: Amount) {
        guard let picodollars = cost.stored, picodollars >= 0 else { return }
        counts[Self.index(UInt64(picodollars))] += 1
        total += 1
        guard total > Self.maximumCalls else { return }
        for index in counts.indices { counts[index] /= 2 }
        total = counts.reduce(0, +)
    }

    private static func index(_ value: UInt64) -> Int {
        guard value >= UInt64(classesPerDoubling) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let fraction = Int(value >> UInt64(exponent - classBits)) - classesPerDoubling
        return (exponent - classBits + 1) * classesPerDoubling + fraction
    }

    /// The largest value of a class.
    private static func upperEnd(_ index: Int) -> Int128 {
        guard index >= classesPerDoubling else { return Int128(index) }
        let shift = index / classesPerDoubling - 1
        let fraction = index % classesPerDoubling + classesPerDoubling
        return (Int128(fraction + 1) << Int128(shift)) - 1
    }

    /// The amount below which 99 of 100 calls lie; nil while too few were seen.
    package var usual: Amount? {
        guard total >= Self.minimumCalls else { return nil }
        let wanted = (total * Self.percentile + 99) / 100
        var seen: Int64 = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= wanted { return Amount(picodollars: Self.upperEnd(index)) }
        }
        return nil
    }
}

/// The histories of the models and operations that are in use.
package struct CostHistories: Sendable {
    package struct Key: Hashable, Sendable {
        let provider: String
        let model: String
        let endpoint: String

        package init(provider: String, model: String, endpoint: String) {
            self.provider = provider
            self.model = model
            self.endpoint = endpoint
        }
    }

    /// Some 4 KiB each. More are not learned; their calls hold their bound.
    private static let maximumHistories = 2_000

    private var histories: [Key: CostHistory] = [:]

    package init() {}

    package mutating func note(_ cost: Amount, _ key: Key) {
        if histories[key] == nil, histories.count >= Self.maximumHistories { return }
        histories[key, default: CostHistory()].note(cost)
    }

    package func usual(_ key: Key) -> Amount? { histories[key]?.usual }
}
