internal import Chronology
internal import Money

/// Spend that is not as it usually is.
extension Advisor {
    /// How many times the usual is unusual.
    private static let userFactor: Int128 = 3
    private static let hourFactor: Int128 = 5
    private static let sessionFactor: Int128 = 20
    private static let leastSessions = 10
    private static let leastHours = 24

    static func aboveUsual(_ basis: AdviceBasis) -> [Finding] {
        aboveUsualUsers(basis) + aboveUsualSessions(basis)
    }

    /// A user's recent days against the mean of as many days before them.
    private static func aboveUsualUsers(_ basis: AdviceBasis) -> [Finding] {
        let stretches = Int128(
            (AdviceBasis.days - AdviceBasis.recentDays) / AdviceBasis.recentDays)
        let earlier = Dictionary(
            basis.earlierUsers.lines.map { ($0.keys[0], $0.cost) }
        ) { first, _ in first }
        return basis.recentUsers.lines.compactMap { line in
            let user = line.keys[0]
            guard let before = earlier[user], before.isPositive else { return nil }
            let usual = Amount(picodollars: before.picodollars / stretches)
            guard line.cost.picodollars > usual.picodollars * userFactor,
                isWorthwhile(line.cost - usual)
            else { return nil }
            return Finding(
                .aboveUsual, "user:\(user)",
                "\(line.cost.glance) USD in \(AdviceBasis.recentDays) days;"
                    + " \(usual.glance) USD is usual",
                remedy: "'spendfuse report --by model,day --filter user=\(user) --last 7d' shows on"
                    + " what", saving: monthlyOfRecent(line.cost - usual), calls: line.calls)
        }
    }

    private static func monthlyOfRecent(_ amount: Amount) -> Amount {
        Amount(
            picodollars: amount.picodollars * Int128(AdviceBasis.days)
                / Int128(AdviceBasis.recentDays))
    }

    /// Sessions against the median of the sampled ones.
    private static func aboveUsualSessions(_ basis: AdviceBasis) -> [Finding] {
        let sessions = grouped(basis.samples.filter { !$0.session.isEmpty }) { [$0.session] }
            .map {
                (
                    name: $0.key[0], cost: $0.value.reduce(Amount.zero) { $0 + $1.cost },
                    calls: $0.value.count
                )
            }
        guard sessions.count >= leastSessions else { return [] }
        let costs = sessions.map(\.cost).sorted()
        let median = costs[costs.count / 2]
        guard median.isPositive else { return [] }
        return sessions.filter {
            $0.cost.picodollars > median.picodollars * sessionFactor
                && isWorthwhile($0.cost - median)
        }.map { session in
            Finding(
                .aboveUsual, "session:\(session.name)",
                "\(session.cost.glance) USD; a session usually costs"
                    + " \(median.glance) USD",
                remedy: "a loop breaker stops it in time: 'spendfuse limit set session:* --breaker"
                    + " stop --burn-limit …'", calls: Int64(session.calls))
        }
    }

    /// Hours of the recent days against the median of those with spend.
    static func unusualHours(_ basis: AdviceBasis) -> [Finding] {
        let hours = basis.byHour.lines.filter { $0.cost.isPositive }
        guard hours.count >= leastHours else { return [] }
        let costs = hours.map(\.cost).sorted()
        let median = costs[costs.count / 2]
        return hours.filter {
            $0.cost.picodollars > median.picodollars * hourFactor && isWorthwhile($0.cost - median)
        }.map { hour in
            Finding(
                .unusualHour, hour.keys[0],
                "\(hour.cost.glance) USD in this hour; \(median.glance) USD is usual",
                remedy: "'spendfuse top' and 'spendfuse report --by user,hour --last 7d' show who"
                    + " and on what", calls: hour.calls)
        }
    }
}
