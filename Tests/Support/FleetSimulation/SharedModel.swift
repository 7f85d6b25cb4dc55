internal import Accounting
internal import Chronology
internal import Money

/// What a shared store keeps, as a model of its statements: every operation is a transaction.
struct SharedModel {
    struct WindowKey: Hashable {
        let counter: CounterKey
        let scope: Scope
        let start: Instant
    }

    struct Window {
        var settled = Amount.zero
        var expiry: Instant
    }

    private(set) var windows: [WindowKey: Window] = [:]
    private(set) var leases: [LeaseKey: [Int: Amount]] = [:]
    private(set) var rows: [AttemptID: Spend] = [:]
    private(set) var covered: Set<CounterKey> = []
    private(set) var budgets: [Budget] = []
    private(set) var version = 0
    let mistake: FleetMistake?

    var split: SpendSplit { SpendSplit(budgets) }

    init(mistake: FleetMistake?) { self.mistake = mistake }

    /// Changes the limits, and counts the rows of before where a window is new.
    mutating func set(_ changed: [Budget], at now: Instant) {
        budgets = changed
        version += 1
        let split = split
        let live = Set(split.counters)
        covered.formIntersection(live)
        let missing = live.subtracting(covered)
        for key in windows.keys where missing.contains(key.counter) {
            windows[key]?.settled = .zero
        }
        if mistake != .forgetsHistory {
            for spend in rows.values {
                add(split.parts(of: spend).filter { missing.contains($0.entry.counter) })
            }
        }
        covered.formUnion(missing)
    }

    private mutating func add(_ parts: [SpendSplit.Part]) {
        for part in parts {
            let key = WindowKey(
                counter: part.entry.counter, scope: part.entry.scope, start: part.entry.start)
            windows[key, default: Window(expiry: part.entry.expiry)].settled += part.entry.amount
        }
    }

    func figures(_ key: LeaseKey, at now: Instant) -> SharedFigures {
        let isParent = key.start == Instant(microseconds: 0)
        let settled = windows.reduce(Amount.zero) { sum, entry in
            guard entry.key.counter == key.counter, entry.key.scope == key.scope,
                entry.value.expiry > now, isParent || entry.key.start == key.start
            else { return sum }
            return sum + entry.value.settled
        }
        return SharedFigures(settled: settled, leased: leased(key))
    }

    func leased(_ key: LeaseKey) -> Amount {
        leases[key, default: [:]].values.reduce(.zero, +)
    }

    mutating func lease(
        _ needs: [LeaseNeed], for replica: Int, of replicas: Int, at now: Instant
    ) -> [LeaseAnswer] {
        needs.map { need in
            let figures = figures(need.key, at: now)
            var free = max(.zero, need.limit - figures.settled - figures.leased)
            if mistake == .forgetsOthersLeases { free = max(.zero, need.limit - figures.settled) }
            var granted = min(need.amount, free)
            if granted == need.amount {
                granted += Amount(
                    picodollars: (free - granted).picodollars / Int128(4 * replicas))
            }
            leases[need.key, default: [:]][replica, default: .zero] += granted
            return answer(need.key, replica, at: now)
        }
    }

    func answer(_ key: LeaseKey, _ replica: Int, at now: Instant) -> LeaseAnswer {
        LeaseAnswer(
            key: key, amount: leases[key]?[replica] ?? .zero, figures: figures(key, at: now))
    }

    mutating func giveBack(
        _ parts: [LeaseKey: Amount], of replica: Int, at now: Instant
    ) -> [LeaseAnswer] {
        parts.map { key, part in
            let had = leases[key]?[replica] ?? .zero
            leases[key, default: [:]][replica] = had - min(had, part)
            return answer(key, replica, at: now)
        }
    }

    /// Slices of earlier starts are kept under a name of their own.
    private func earlier(_ replica: Int) -> Int { -1 - replica }

    mutating func setAsideEarlier(of replica: Int) {
        for key in Array(leases.keys) {
            guard let amount = leases[key]?.removeValue(forKey: replica) else { continue }
            let name = earlier(replica)
            leases[key, default: [:]][name, default: .zero] += amount
        }
    }

    mutating func giveBackEarlier(of replica: Int) {
        let name = earlier(replica)
        for key in Array(leases.keys) { leases[key]?[name] = nil }
    }

    mutating func ship(
        _ shipped: [FleetSimulation.Row], from replica: Int, at now: Instant
    ) -> [LeaseAnswer] {
        let split = split
        var touched: [LeaseKey: Amount] = [:]
        for row in shipped {
            for part in row.parts { touched[part.key, default: .zero] += part.amount }
            let isKnown = rows[row.attempt] != nil && mistake != .countsTwice
            guard !isKnown else { continue }
            rows[row.attempt] = row.spend
            let parts = split.parts(of: row.spend)
            add(parts)
            for part in row.parts {
                let had = leases[part.key]?[replica] ?? .zero
                leases[part.key, default: [:]][replica] = had - min(had, part.amount)
            }
        }
        return touched.map { key, amount in
            var answer = answer(key, replica, at: now)
            answer.shipped = mistake == .forgetsShipped ? .zero : amount
            return answer
        }
    }
}
