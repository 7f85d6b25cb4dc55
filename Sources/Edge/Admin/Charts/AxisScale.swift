internal import Money

/// Maps amounts to heights, with ticks at round ones. Whole numbers throughout: a drawing is in
/// tenths of its units.
struct AxisScale: Sendable {
    static let tenths = 10
    private static let wantedTicks: Int128 = 4

    let ticks: [Amount]
    private let highest: Int128
    /// In tenths of a unit.
    private let length: Int128

    init(highest: Amount, length: Int) {
        let wanted = max(1, highest.picodollars)
        let step = Self.roundStep(wanted / Self.wantedTicks + 1)
        let count = (wanted + step - 1) / step
        self.highest = step * count
        self.length = Int128(length * Self.tenths)
        ticks = (0...count).map { Amount(picodollars: step * $0) }
    }

    /// The least of 1, 2 or 5 times a power of ten that is not below a value.
    private static func roundStep(_ value: Int128) -> Int128 {
        var power: Int128 = 1
        while power * 10 <= value { power *= 10 }
        return [power, 2 * power, 5 * power].first { $0 >= value } ?? 10 * power
    }

    /// In tenths of a unit, from the bottom.
    func height(_ amount: Amount) -> Int {
        Int(min(max(0, amount.picodollars), highest) * length / highest)
    }

    /// Tenths as a coordinate.
    static func text(_ tenths: Int) -> String {
        "\(tenths / Self.tenths).\(abs(tenths % Self.tenths))"
    }
}
