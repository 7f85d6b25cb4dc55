internal import Accounting
internal import Chronology
internal import Foundation
internal import GRDB
internal import Money

/// A budget as the columns of `budget_config` have it.
enum BudgetRow {
    static let columns = """
        SELECT id, scope, name, hourly_limit_picodollars, daily_limit_picodollars,
            weekly_limit_picodollars, monthly_limit_picodollars, total_limit_picodollars,
            per_call_limit_picodollars, rolling_limits, rates, mode, near_limit, time_zone,
            week_start, thresholds, raises, breaker, alert_email, alert_webhook
        FROM budget_config
        """

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

    /// Windows in the order of their columns.
    static let windows: [BudgetWindow] = [.hourly, .daily, .weekly, .monthly, .total, .perCall]
    private static let firstLimit = 3

    static func budget(_ row: Row, zones: any ZoneSource) throws -> Budget {
        let scopeText: String = row["scope"]
        let place = "budget_config, id \(row["id"] as Int64) (\(scopeText))"
        guard let scope = Scope(stored: scopeText) else {
            throw LedgerStoreError(
                "\(place): '\(scopeText)' is not a scope; correct or remove the row")
        }
        var budget = Budget(
            id: BudgetID(row["id"]), scope: scope, name: row["name"],
            mode: Budget.Mode(rawValue: row["mode"]) ?? .alert,
            nearLimit: Budget.NearLimit(rawValue: row["near_limit"]) ?? .strict)
        for (index, window) in windows.enumerated() {
            let picodollars: Int64? = row[firstLimit + index]
            budget.limits[window] = picodollars.map { Amount(picodollars: Int128($0)) }
        }
        // A zone that this machine lacks is taken for UTC, so that the limit goes on to bind.
        let zoneName: String = row["time_zone"]
        let zone =
            zones.zone(named: zoneName)
            ?? CivilZone(name: zoneName, firstOffset: 0, changes: [])
        budget.calendar = BudgetCalendar(
            zone: zone, weekStart: Weekday(name: row["week_start"]) ?? .monday)
        try readLists(row, place, into: &budget)
        budget.alertEmail = row["alert_email"]
        budget.alertWebhook = row["alert_webhook"]
        return budget
    }

    private static func readLists(_ row: Row, _ place: String, into budget: inout Budget) throws {
        let thresholds: [Int] = try decoded(row, "thresholds", place)
        budget.thresholds = thresholds.sorted()
        let rolling: [Rolling] = try decoded(row, "rolling_limits", place)
        for limit in rolling where BudgetWindow.rollingSeconds.contains(limit.seconds) {
            budget.limits[.rolling(seconds: limit.seconds)] = Amount(
                picodollars: Int128(limit.picodollars))
        }
        let rates: [Rate] = try decoded(row, "rates", place)
        budget.rates = rates.compactMap { rate in
            RateLimit.Measure(rawValue: rate.measure).map { RateLimit($0, Int128(rate.ceiling)) }
        }
        let raises: [Raise] = try decoded(row, "raises", place)
        budget.raises = raises.compactMap { raise in
            guard let window = BudgetWindow(name: raise.window),
                let until = Instant(text: raise.until)
            else { return nil }
            return LimitRaise(
                window: window, amount: Amount(picodollars: Int128(raise.picodollars)),
                until: until)
        }
        if row["breaker"] != nil {
            let breaker: Breaker = try decoded(row, "breaker", place)
            budget.breaker = BreakerRule(
                action: BreakerRule.Action(rawValue: breaker.action) ?? .alert,
                factor: breaker.factor, floor: Amount(picodollars: Int128(breaker.floor)),
                ceiling: breaker.ceiling.map { Amount(picodollars: Int128($0)) },
                stopSeconds: min(max(0, breaker.stop_seconds), TimeSpan.maximumSeconds))
        }
    }

    private static func decoded<Value: Decodable>(
        _ row: Row, _ column: String, _ place: String
    ) throws -> Value {
        let text: String = row[column] ?? "[]"
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw LedgerStoreError("\(place): \(column) is not valid: \(text)")
        }
    }

    /// The values of the columns behind scope and name, in the order of the statements of
    /// `LedgerDatabase+Budgets`.
    static func values(of budget: Budget) throws -> [(any DatabaseValueConvertible)?] {
        let rolling = budget.windows.compactMap { window -> Rolling? in
            guard case .rolling(let seconds) = window else { return nil }
            return Rolling(seconds: seconds, picodollars: budget.limits[window]?.stored ?? 0)
        }
        let breaker = budget.breaker.map { rule in
            Breaker(
                action: rule.action.rawValue, factor: rule.factor, floor: rule.floor.stored ?? 0,
                ceiling: rule.ceiling?.stored, stop_seconds: rule.stopSeconds)
        }
        let limits = windows.map { budget.limits[$0]?.stored as (any DatabaseValueConvertible)? }
        return [budget.scope.userID] + limits + [
            try encoded(rolling),
            try encoded(
                budget.rates.map {
                    Rate(measure: $0.measure.rawValue, ceiling: Int64(clamping: $0.ceiling))
                }),
            budget.mode.rawValue, budget.nearLimit.rawValue, budget.calendar.zone.name,
            "\(budget.calendar.weekStart)", try encoded(budget.thresholds),
            try encoded(
                budget.raises.map {
                    Raise(
                        window: $0.window.name, picodollars: $0.amount.stored ?? 0,
                        until: $0.until.text)
                }),
            try breaker.map { try encoded($0) }, budget.alertEmail, budget.alertWebhook,
        ]
    }

    private static func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
