package import Chronology
internal import Money

/// Something about a budget that people should know, once for each window.
package struct BudgetAlert: Hashable, Sendable {
    package enum Severity: String, Sendable {
        case warning, critical, emergency
    }

    package enum Kind: Hashable, Sendable {
        /// Spend has reached a percentage of the limit.
        case threshold(Int)
        /// The limit, nearly spent, has begun to refuse calls.
        case refusing
    }

    package let kind: Kind
    package let standing: BudgetStanding
    /// The stretch of time in which the same is not told again.
    package let span: WindowSpan
    package let at: Instant

    package init(kind: Kind, standing: BudgetStanding, span: WindowSpan, at: Instant) {
        self.kind = kind
        self.standing = standing
        self.span = span
        self.at = at
    }

    /// Percent; for a refusal the whole limit.
    package var threshold: Int {
        if case .threshold(let percent) = kind { return percent }
        return 100
    }

    package var kindName: String {
        if case .threshold = kind { return "threshold" }
        return "refusing"
    }

    private static let critical = 90
    private static let emergency = 100

    package var severity: Severity {
        switch threshold {
        case Self.emergency...: .emergency
        case Self.critical...: .critical
        default: .warning
        }
    }

    package var forecast: SpendForecast { SpendForecast(standing, at: at) }

    package var message: String {
        let state =
            "\(standing.settled.shortDollars) USD spent, \(percentText) % of the"
            + " \(standing.window.label) limit of \(standing.limit.shortDollars) USD"
        switch kind {
        case .threshold: return "\(standing.label): past \(threshold) %, \(state)"
        case .refusing: return "\(standing.label): calls are refused, \(state)"
        }
    }

    package var percentText: String { standing.settled.percentText(of: standing.limit) ?? "0.00" }
}
