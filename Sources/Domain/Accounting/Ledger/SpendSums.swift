internal import Money

/// What a window of a budget has seen.
struct SpendSums: WindowSums {
    var settled = Amount.zero
    /// Upper bounds of the calls in flight.
    var bounds = Amount.zero
    /// Calls in flight, where some hold less than their bound.
    var openCount: Int64 = 0
    /// How much less than their bounds the calls in flight hold.
    var discount = Amount.zero

    static func + (left: SpendSums, right: SpendSums) -> SpendSums {
        SpendSums(
            settled: left.settled + right.settled, bounds: left.bounds + right.bounds,
            openCount: left.openCount + right.openCount, discount: left.discount + right.discount)
    }

    static func - (left: SpendSums, right: SpendSums) -> SpendSums {
        SpendSums(
            settled: left.settled - right.settled, bounds: left.bounds - right.bounds,
            openCount: left.openCount - right.openCount, discount: left.discount - right.discount)
    }

    /// What is set aside for the calls in flight: their learned holds, and a safety stock for so
    /// many of them as can cost their bound at once.
    func held(largestRest: Amount) -> Amount {
        guard discount > .zero else { return bounds }
        let exceeding = Int128(SafetyStock.exceedingCalls(of: openCount))
        let stock = Amount(picodollars: largestRest.picodollars * exceeding)
        return bounds - max(.zero, discount - stock)
    }
}

/// How many of the calls in flight may cost more than their learned hold.
enum SafetyStock {
    /// The largest numbers of calls of which more than 1, 2, 3 … exceed the 99th percentile with
    /// a probability under one in a million, if each does so by itself: the binomial distribution.
    private static let largestCounts: [Int64] = [
        1, 2, 8, 18, 33, 52, 75, 102, 131, 163, 198, 235, 274, 315, 358, 402, 447, 494, 543, 592,
        643, 694, 747, 800, 855, 910, 966, 1_022,
    ]

    static func exceedingCalls(of count: Int64) -> Int64 {
        if let index = largestCounts.firstIndex(where: { $0 >= count }) { return Int64(index + 1) }
        // One in 35 at 1,022 calls; the share of exceeding calls only falls with their number.
        return count / 35 + 1
    }
}
