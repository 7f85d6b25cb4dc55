package import Chronology
internal import Money

/// What can be said of a budget, by the names of options, files and audit entries.
package enum BudgetField: String, CaseIterable, Sendable {
    case hourly, daily, weekly, monthly, total
    case perCall = "per_call"
    case rolling
    case requestsPerMinute = "requests_per_minute"
    case tokensPerMinute = "tokens_per_minute"
    case moneyPerMinute = "usd_per_minute"
    case concurrentCalls = "concurrent_calls"
    case mode
    case nearLimit = "near_limit"
    case timeZone = "time_zone"
    case weekStart = "week_start"
    case alertAt = "alert_at"
    case breaker
    case burnFactor = "burn_factor"
    case burnFloor = "burn_floor"
    case burnLimit = "burn_limit"
    case stopFor = "stop_for"
    case alertEmail = "alert_email"
    case alertWebhook = "alert_webhook"
    case raises
    case storeOutage = "on_store_outage"

    /// A word that clears a limit.
    package static let none = "none"

    var window: BudgetWindow? {
        switch self {
        case .hourly: .hourly
        case .daily: .daily
        case .weekly: .weekly
        case .monthly: .monthly
        case .total: .total
        case .perCall: .perCall
        default: nil
        }
    }

    var measure: RateLimit.Measure? {
        switch self {
        case .requestsPerMinute: .requests
        case .tokensPerMinute: .tokens
        case .moneyPerMinute: .money
        case .concurrentCalls: .concurrency
        default: nil
        }
    }
}

/// A field of a budget that cannot be read, and why.
package struct BudgetFieldError: Error, CustomStringConvertible, Sendable {
    package let field: BudgetField
    package let reason: String

    package var description: String { "\(field.rawValue): \(reason)" }
}

extension Budget {
    /// The fields that are not as they are by default, in the order of lists.
    package var fields: [(field: BudgetField, text: String)] {
        BudgetField.allCases.compactMap { field in text(of: field).map { (field, $0) } }
    }

    package func text(of field: BudgetField) -> String? {
        if let window = field.window { return limits[window]?.shortDollars }
        if let measure = field.measure {
            return rates.first { $0.measure == measure }.map { $0.text(of: $0.ceiling) }
        }
        switch field {
        case .rolling: return rollingText
        case .mode: return mode.rawValue
        case .nearLimit: return nearLimit == .strict ? nil : nearLimit.rawValue
        case .timeZone: return calendar.zone.name == "UTC" ? nil : calendar.zone.name
        case .weekStart: return calendar.weekStart == .monday ? nil : "\(calendar.weekStart)"
        case .alertAt:
            return thresholds == Self.defaultThresholds
                ? nil : thresholds.map(String.init).joined(separator: ",")
        case .storeOutage: return storeOutage == .closed ? nil : storeOutage.text
        case .alertEmail: return alertEmail
        case .alertWebhook: return alertWebhook.map(Self.masked)
        case .raises:
            return raises.isEmpty
                ? nil
                : raises.map {
                    "\($0.window.name)=\($0.amount.shortDollars) until \($0.until.shortText)"
                }.joined(separator: ", ")
        default: return breaker.map { $0.text(of: field) } ?? nil
        }
    }

    /// The address of a webhook can hold a token: its host, and a mark by which a change shows.
    private static func masked(_ url: String) -> String {
        let host = url.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        // FNV-1a, 32 bits.
        let mark = url.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return "\(url.prefix { $0 != "/" })//\(host)/***#\(String(mark, radix: 16))"
    }

    private var rollingText: String? {
        let parts = windows.compactMap { window -> String? in
            guard case .rolling(let seconds) = window, let limit = limits[window] else {
                return nil
            }
            return "\(TimeSpan.text(seconds))=\(limit.shortDollars)"
        }
        return parts.isEmpty ? nil : parts.joined(separator: ",")
    }

    /// Sets a field from its text; `none` clears it.
    package mutating func set(
        _ field: BudgetField, _ text: String, zones: any ZoneSource
    ) throws(BudgetFieldError) {
        let isCleared = text == BudgetField.none
        if let window = field.window {
            limits[window] = isCleared ? nil : try Self.amount(text, field)
            // A limit that is set now is meant now, whatever was raised before.
            raises.removeAll { $0.window == window }
            return
        }
        if let measure = field.measure {
            rates.removeAll { $0.measure == measure }
            if !isCleared {
                rates.append(RateLimit(measure, try Self.ceiling(text, measure, field)))
                rates.sort { $0.measure.rawValue < $1.measure.rawValue }
            }
            return
        }
        switch field {
        case .rolling: try setRolling(text, isCleared: isCleared)
        case .mode: mode = try Self.choice(text, field)
        case .nearLimit: nearLimit = isCleared ? .strict : try Self.choice(text, field)
        case .timeZone:
            guard let zone = zones.zone(named: isCleared ? "UTC" : text) else {
                throw BudgetFieldError(
                    field: field,
                    reason: "no time zone is called '\(text)'; use a name such as"
                        + " America/New_York or UTC")
            }
            calendar.zone = zone
        case .weekStart:
            guard let day = Weekday(name: isCleared ? "monday" : text.lowercased()) else {
                throw BudgetFieldError(
                    field: field, reason: "'\(text)' is not a day; use monday, sunday, …")
            }
            calendar.weekStart = day
        case .alertAt: thresholds = try Self.thresholds(text, isCleared: isCleared)
        case .storeOutage:
            guard let policy = StoreOutage(text: isCleared ? "closed" : text) else {
                throw BudgetFieldError(
                    field: field,
                    reason: "'\(text)' is not closed, bounded:AMOUNT or open_unbounded")
            }
            storeOutage = policy
        case .alertEmail: alertEmail = isCleared ? nil : try Self.address(text)
        case .alertWebhook: alertWebhook = isCleared ? nil : try Self.url(text)
        case .raises:
            throw BudgetFieldError(field: field, reason: "use 'spendfuse limit raise'")
        default: try setBreaker(field, text, isCleared: isCleared)
        }
    }

    static func amount(_ text: String, _ field: BudgetField) throws(BudgetFieldError) -> Amount {
        do throws(Amount.TextError) {
            return try Amount(dollars: text)
        } catch {
            throw BudgetFieldError(field: field, reason: "\(error)")
        }
    }

    private static func ceiling(
        _ text: String, _ measure: RateLimit.Measure, _ field: BudgetField
    ) throws(BudgetFieldError) -> Int128 {
        if measure == .money { return try amount(text, field).picodollars }
        guard let count = Int64(text), count >= 0 else {
            throw BudgetFieldError(field: field, reason: "'\(text)' is not a whole number")
        }
        return Int128(count)
    }

    private mutating func setRolling(
        _ text: String, isCleared: Bool
    ) throws(BudgetFieldError) {
        let kept = limits.filter { if case .rolling = $0.key { false } else { true } }
        var changed = isCleared ? kept : limits
        for part in isCleared ? [] : text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map {
                String($0).filter { $0 != " " }
            }
            guard sides.count == 2, let seconds = TimeSpan.seconds(sides[0]),
                BudgetWindow.rollingSeconds.contains(seconds)
            else {
                throw BudgetFieldError(
                    field: .rolling,
                    reason: "'\(part)' is not a length and an amount such as 5h=2.50; from 1m to"
                        + " 366d")
            }
            let window = BudgetWindow.rolling(seconds: seconds)
            changed[window] =
                sides[1] == BudgetField.none ? nil : try Self.amount(sides[1], .rolling)
        }
        limits = changed
    }

    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: String, _ field: BudgetField
    ) throws(BudgetFieldError) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw BudgetFieldError(field: field, reason: "'\(text)' is not one of \(known)")
        }
        return choice
    }

    private static func thresholds(
        _ text: String, isCleared: Bool
    ) throws(BudgetFieldError) -> [Int] {
        if isCleared { return [] }
        var thresholds: Set<Int> = []
        for part in text.split(separator: ",") {
            guard let percent = Int(part.filter { $0 != " " && $0 != "%" }),
                thresholdRange.contains(percent)
            else {
                throw BudgetFieldError(
                    field: .alertAt,
                    reason: "'\(part)' is not a percentage from \(thresholdRange.lowerBound) to"
                        + " \(thresholdRange.upperBound); write 50,80,100 or none")
            }
            thresholds.insert(percent)
        }
        return thresholds.sorted()
    }

    private static func address(_ text: String) throws(BudgetFieldError) -> String {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPlain,
            !text.contains(where: { "<>\",;".contains($0) })
        else {
            throw BudgetFieldError(
                field: .alertEmail, reason: "'\(text)' is not an address such as ops@example.com")
        }
        return text
    }

    private static func url(_ text: String) throws(BudgetFieldError) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F }
        guard isPlain, text.hasPrefix("https://") || text.hasPrefix("http://") else {
            throw BudgetFieldError(
                field: .alertWebhook, reason: "'\(text)' is not a URL with https:// or http://")
        }
        return text
    }
}
