package import Accounting
package import Chronology
internal import Foundation
internal import Money

/// A budget as the columns of `budget_config` have it, in whichever store: money in picodollars,
/// lists as JSON texts.
package struct StoredBudget: Sendable {
    /// Windows that have a column each, in the order of the columns.
    package static let windows: [BudgetWindow] = [
        .hourly, .daily, .weekly, .monthly, .total, .perCall,
    ]

    package var number: Int64
    package var scope: String
    package var name: String
    /// By the order of `windows`.
    package var limits: [Int64?]
    package var rolling = "[]"
    package var rates = "[]"
    package var mode: String
    package var nearLimit = "strict"
    package var timeZone = "UTC"
    package var weekStart = "monday"
    package var thresholds = "[]"
    package var raises = "[]"
    package var breaker: String?
    package var storeOutage: String?
    package var alertEmail: String?
    package var alertWebhook: String?

    package init(number: Int64, scope: String, name: String, limits: [Int64?], mode: String) {
        self.number = number
        self.scope = scope
        self.name = name
        self.limits = limits
        self.mode = mode
    }

    private struct Rolling: Codable {
        let seconds: Int64
        let picodollars: Int64
    }

    private struct Rate: Codable {
        let measure: String
        let ceiling: Int64
    }

    private struct Raise: Codable {
        let window: String
        let picodollars: Int64
        let until: String
    }

    private struct Breaker: Codable {
        let action: String
        let factor: Int64
        let floor: Int64
        let ceiling: Int64?
        let stop_seconds: Int64
    }

    private var place: String { "budget_config, id \(number) (\(scope))" }

    package func budget(zones: any ZoneSource) throws(StoreError) -> Budget {
        guard let known = Scope(stored: scope) else {
            throw StoreError("\(place): '\(scope)' is not a scope; correct or remove the row")
        }
        var budget = Budget(
            id: BudgetID(number), scope: known, name: name,
            mode: Budget.Mode(rawValue: mode) ?? .alert,
            nearLimit: Budget.NearLimit(rawValue: nearLimit) ?? .strict)
        for (window, picodollars) in zip(Self.windows, limits) {
            budget.limits[window] = picodollars.map { Amount(picodollars: Int128($0)) }
        }
        // A zone that this machine lacks is taken for UTC, so that the limit goes on to bind.
        let zone =
            zones.zone(named: timeZone)
            ?? CivilZone(name: timeZone, firstOffset: 0, changes: [])
        budget.calendar = BudgetCalendar(
            zone: zone, weekStart: Weekday(name: weekStart) ?? .monday)
        try readLists(into: &budget)
        budget.storeOutage = storeOutage.flatMap(StoreOutage.init(text:)) ?? .closed
        budget.alertEmail = alertEmail
        budget.alertWebhook = alertWebhook
        return budget
    }

    private func readLists(into budget: inout Budget) throws(StoreError) {
        let thresholds: [Int] = try decoded(thresholds, "thresholds")
        budget.thresholds = thresholds.sorted()
        let rolling: [Rolling] = try decoded(rolling, "rolling_limits")
        for limit in rolling where BudgetWindow.rollingSeconds.contains(limit.seconds) {
            budget.limits[.rolling(seconds: limit.seconds)] = Amount(
                picodollars: Int128(limit.picodollars))
        }
        let rates: [Rate] = try decoded(rates, "rates")
        budget.rates = rates.compactMap { rate in
            RateLimit.Measure(rawValue: rate.measure).map { RateLimit($0, Int128(rate.ceiling)) }
        }
        let raises: [Raise] = try decoded(raises, "raises")
        budget.raises = raises.compactMap { raise in
            guard let window = BudgetWindow(name: raise.window),
                let until = Instant(text: raise.until)
            else { return nil }
            return LimitRaise(
                window: window, amount: Amount(picodollars: Int128(raise.picodollars)),
                until: until)
        }
        if let text = breaker {
            let breaker: Breaker = try decoded(text, "breaker")
            budget.breaker = BreakerRule(
                action: BreakerRule.Action(rawValue: breaker.action) ?? .alert,
                factor: breaker.factor, floor: Amount(picodollars: Int128(breaker.floor)),
                ceiling: breaker.ceiling.map { Amount(picodollars: Int128($0)) },
                stopSeconds: min(max(0, breaker.stop_seconds), TimeSpan.maximumSeconds))
        }
    }

    private func decoded<Value: Decodable>(
        _ text: String, _ column: String
    ) throws(StoreError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw StoreError("\(place): \(column) is not valid: \(text)")
        }
    }

    package init(_ budget: Budget) {
        self.init(
            number: budget.id.number, scope: budget.scope.description, name: budget.name,
            limits: Self.windows.map { budget.limits[$0]?.stored }, mode: budget.mode.rawValue)
        rolling = Self.encoded(
            budget.windows.compactMap { window -> Rolling? in
                guard case .rolling(let seconds) = window else { return nil }
                return Rolling(
                    seconds: seconds, picodollars: budget.limits[window]?.stored ?? 0)
            })
        rates = Self.encoded(
            budget.rates.map {
                Rate(measure: $0.measure.rawValue, ceiling: Int64(clamping: $0.ceiling))
            })
        nearLimit = budget.nearLimit.rawValue
        timeZone = budget.calendar.zone.name
        weekStart = "\(budget.calendar.weekStart)"
        thresholds = Self.encoded(budget.thresholds)
        raises = Self.encoded(
            budget.raises.map {
                Raise(
                    window: $0.window.name, picodollars: $0.amount.stored ?? 0,
                    until: $0.until.text)
            })
        breaker = budget.breaker.map { rule in
            Self.encoded(
                Breaker(
                    action: rule.action.rawValue, factor: rule.factor,
                    floor: rule.floor.stored ?? 0, ceiling: rule.ceiling?.stored,
                    stop_seconds: rule.stopSeconds))
        }
        storeOutage = budget.storeOutage == .closed ? nil : budget.storeOutage.text
        alertEmail = budget.alertEmail
        alertWebhook = budget.alertWebhook
    }

    /// Integers and texts only, which always encode.
    private static func encoded(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}
