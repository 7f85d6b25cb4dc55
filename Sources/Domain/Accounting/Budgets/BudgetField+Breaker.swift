internal import Money

extension BreakerRule {
    func text(of field: BudgetField) -> String? {
        switch field {
        case .breaker: action.rawValue
        case .burnFactor: factor == Self.defaultFactor ? nil : String(factor)
        case .burnFloor: floor == Self.defaultFloor ? nil : floor.shortDollars
        case .burnLimit: ceiling?.shortDollars
        case .stopFor:
            stopSeconds == Self.defaultStopSeconds ? nil : TimeSpan.text(stopSeconds)
        default: nil
        }
    }
}

extension Budget {
    private static let factorRange: ClosedRange<Int64> = 2...1_000_000

    mutating func setBreaker(
        _ field: BudgetField, _ text: String, isCleared: Bool
    ) throws(BudgetFieldError) {
        if field == .breaker {
            if isCleared || text == "off" {
                breaker = nil
            } else {
                let action: BreakerRule.Action = try Self.choice(text, field)
                breaker = breaker ?? BreakerRule(action: action)
                breaker?.action = action
            }
            return
        }
        guard var rule = breaker else {
            throw BudgetFieldError(
                field: field, reason: "there is no loop breaker; set breaker to alert or stop too")
        }
        switch field {
        case .burnFactor:
            guard let factor = isCleared ? BreakerRule.defaultFactor : Int64(text),
                Self.factorRange.contains(factor)
            else {
                throw BudgetFieldError(
                    field: field, reason: "'\(text)' is not a whole number of at least 2")
            }
            rule.factor = factor
        case .burnFloor:
            rule.floor = isCleared ? BreakerRule.defaultFloor : try Self.amount(text, field)
        case .burnLimit: rule.ceiling = isCleared ? nil : try Self.amount(text, field)
        default:
            guard
                let seconds = isCleared ? BreakerRule.defaultStopSeconds : TimeSpan.seconds(text)
            else {
                throw BudgetFieldError(
                    field: field, reason: "'\(text)' is not a length of time such as 10m or 2h")
            }
            rule.stopSeconds = seconds
        }
        breaker = rule
    }
}
