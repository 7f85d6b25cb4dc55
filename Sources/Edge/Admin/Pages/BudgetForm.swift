internal import Accounting
internal import Chronology
internal import Hummingbird
internal import Stores

/// A limit to be set or changed.
struct BudgetForm: Sendable {
    struct Field: Sendable {
        let name: String
        let label: String
        let value: String
        let hint: String
    }

    struct Choice: Sendable {
        let value: String
        let label: String
        let isChosen: Bool
    }

    let frame: PageFrame
    let scope: String
    let name: String
    let isNew: Bool
    let fields: [Field]
    let modes: [Choice]
    let problem: String?

    /// What the form has fields for, with what stands beside them. The rest stays as it is.
    private static let shown: [(field: BudgetField, label: String, hint: String)] = [
        (.hourly, "Hourly USD", ""), (.daily, "Daily USD", ""), (.weekly, "Weekly USD", ""),
        (.monthly, "Monthly USD", ""), (.total, "Total USD", ""), (.perCall, "Per call USD", ""),
        (.alertAt, "Alert at %", "50,75,90,100"), (.timeZone, "Time zone", "UTC"),
        (.alertEmail, "Alert mail to", ""),
    ]

    private static let modes: [(Budget.Mode, String)] = [
        (.enforce, "hard stop: calls that do not fit are refused"),
        (.alert, "alert: nothing is refused"),
        (.shadow, "shadow: what would be refused is recorded"),
    ]

    init(
        _ frame: PageFrame, scope: String, name: String, known: Budget?,
        typed: FormFields? = nil, problem: String? = nil
    ) {
        self.frame = frame
        self.scope = scope
        self.name = name
        self.problem = problem
        isNew = known == nil
        fields = Self.shown.map { field, label, hint in
            Field(
                name: field.rawValue, label: label,
                value: typed.map { $0[field.rawValue] ?? "" } ?? known?.text(of: field) ?? "",
                hint: hint)
        }
        let mode = typed?["mode"] ?? (known?.mode ?? .enforce).rawValue
        modes = Self.modes.map {
            Choice(value: $0.rawValue, label: $1, isChosen: $0.rawValue == mode)
        }
    }

    /// The budget as the form has it: what is empty is cleared, what it does not show stays.
    static func budget(
        _ name: BudgetName, from known: Budget?, _ typed: FormFields, zones: any ZoneSource
    ) throws(BudgetFieldError) -> Budget {
        var budget = known ?? Budget(scope: name.scope, name: name.name)
        for (field, _, _) in shown {
            let text = typed[field.rawValue]
            // A raise of a limit that stays as it is stays too.
            guard text != budget.text(of: field) else { continue }
            if text == nil, field == .alertAt {
                budget.thresholds = Budget.defaultThresholds
            } else {
                try budget.set(field, text ?? BudgetField.none, zones: zones)
            }
        }
        try budget.set(.mode, typed["mode"] ?? "", zones: zones)
        return budget
    }
}
