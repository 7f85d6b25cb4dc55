package import Chronology
package import Money

/// What a month will cost, judged by its days so far and those before it.
package struct MonthOutlook: Hashable, Sendable {
    /// Days whose spend is looked at.
    package static let days = 28
    /// Standard deviations, in hundredths, within which four of five outcomes are.
    private static let deviations: Int128 = 128

    package let spent: Amount
    package let expected: Amount
    /// Four of five months like this end between them.
    package let low: Amount
    package let high: Amount

    /// `spent`: of the month so far. `daily`: spend of whole days before today, in any order.
    /// `left`: seconds until the month ends.
    package init(spent: Amount, daily: [Amount], secondsLeft left: Int64) {
        self.spent = spent
        let count = Int128(max(1, daily.count))
        let sum = daily.reduce(Int128(0)) { $0 + $1.picodollars }
        let mean = sum / count
        // In millionths of a dollar, so that squares of any spend fit.
        let unit = Amount.picodollarsPerDollar / 1_000_000
        let squares = daily.reduce(Int128(0)) { sum, day in
            let difference = (day.picodollars - mean) / unit
            return sum + difference * difference
        }
        let rest = mean * Int128(left) / Int128(Instant.secondsPerDay)
        // The deviation of a sum of days grows with the root of their number.
        let variance = squares / count * Int128(left) / Int128(Instant.secondsPerDay)
        let spread = Self.root(variance) * unit * Self.deviations / 100
        expected = spent + Amount(picodollars: rest)
        low = spent + Amount(picodollars: max(0, rest - spread))
        high = spent + Amount(picodollars: rest + spread)
    }

    /// The whole part of the square root.
    static func root(_ value: Int128) -> Int128 {
        guard value > 0 else { return 0 }
        var guess = value
        var next = (guess + 1) / 2
        while next < guess {
            guess = next
            next = (guess + value / guess) / 2
        }
        return guess
    }

    /// Of a report by day that covers the month so far and some days before it.
    package init(byDay report: SpendReport, now: Instant, zone: CivilZone) {
        let today = zone.day(at: now)
        let first = today.startOfMonth
        var (spent, daily): (Amount, [Amount]) = (.zero, [])
        var costs: [String: Amount] = [:]
        for line in report.lines { costs[line.keys[0], default: .zero] += line.cost }
        for (day, cost) in costs where day >= first.text { spent += cost }
        for back in 1...Int64(Self.days) {
            let day = today.advanced(byDays: -back)
            // Days before the first call would make it look cheaper than it is.
            guard let oldest = costs.keys.min(), day.text >= oldest else { break }
            daily.append(costs[day.text] ?? .zero)
        }
        if daily.isEmpty { daily = [costs[today.text] ?? .zero] }
        self.init(
            spent: spent, daily: daily,
            secondsLeft: zone.start(of: today.startOfNextMonth).seconds - now.seconds)
    }
}
