/// Where the money went, whether a limit is ahead, and what to change.
struct OverviewPage: Sendable {
    struct Line: Sendable {
        let place: Int
        let name: String
        let href: String?
        let cost: MoneyText
        let share: String
        let calls: String
        let perCall: MoneyText?
        let change: String
        let spark: String
    }

    struct FindingPart: Sendable {
        let subject: String
        let text: String
        let remedy: String
        let saving: MoneyText?
    }

    struct Refusal: Sendable {
        let moment: String
        let href: String
        let user: String
        let model: String
        let reason: String
    }

    let frame: PageFrame
    let spans: [PageChoice]
    let dimensions: [PageChoice]
    let filters: [PageChoice]
    let zone: String
    let hidden: [CallPage.Fact]
    let total: MoneyText
    let change: String
    let calls: String
    let errors: String
    let blocked: String
    let month: MoneyText
    let expected: MoneyText
    let low: MoneyText
    let high: MoneyText
    let chart: String
    let chartTable: TablePart
    let lines: [Line]
    let budgets: [BudgetPart]
    let moreBudgets: Int?
    let findings: [FindingPart]
    let showsFindings: Bool
    let refusals: [Refusal]
    let hasRefusals: Bool
    let hasBudgets: Bool
    let hasFindings: Bool
    let by: String
}
