package import Money

/// Something that somebody should look at, and what it would be worth.
package struct Finding: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case limitAhead = "limit_ahead"
        case unpricedModel = "unpriced_model"
        case cheaperModel = "cheaper_model"
        case uncachedPrefix = "uncached_prefix"
        case batchEligible = "batch_eligible"
        case longContext = "long_context"
        case failuresPaid = "failures_paid"
        case reasoningShare = "reasoning_share"
        case outputBound = "output_bound"
        case aboveUsual = "above_usual"
        case unusualHour = "unusual_hour"
        case dormantKey = "dormant_key"
    }

    package let kind: Kind
    /// What it is about: a model, a key, a user, a limit.
    package let subject: String
    package let text: String
    /// What to do about it.
    package let remedy: String
    /// USD in thirty days; nil where it is not about money saved.
    package let saving: Amount?
    /// Calls it rests on.
    package let calls: Int64

    init(
        _ kind: Kind, _ subject: String, _ text: String, remedy: String, saving: Amount? = nil,
        calls: Int64
    ) {
        self.kind = kind
        self.subject = subject
        self.text = text
        self.remedy = remedy
        self.saving = saving
        self.calls = calls
    }

    package static func table(_ findings: [Finding]) -> ReportTable {
        var table = ReportTable(columns: [
            .text("finding"), .text("subject"), .money("saving_usd_per_month"), .number("calls"),
            .text("text"), .text("remedy"),
        ])
        table.rows = findings.map { finding in
            [
                .text(finding.kind.rawValue), .text(finding.subject), .money(finding.saving),
                .number(finding.calls), .text(finding.text), .text(finding.remedy),
            ]
        }
        return table
    }
}
