package import Accounting
internal import Chronology
internal import Money
package import Pricing

extension GatewayError {
    /// Seconds after which a call that only waits for others' holds should ask again.
    static let heldRetrySeconds = 1

    /// A refusal that names the limit, what is spent, what is held and when it resets.
    package init(_ refusal: Refusal, quote: Quote?) {
        let standing = refusal.standing
        let limit =
            "the \(standing.window.rawValue) limit of \(standing.limit.shortDollars) USD"
            + " for \(standing.scope)"
        let state =
            "\(standing.settled.shortDollars) USD spent,"
            + " \(standing.held.shortDollars) USD held by calls in flight;"
            + " it resets at \(refusal.resetsAt.shortText)"
        let raise =
            "raise it with 'spendfuse limit set \(standing.scope)"
            + " --\(standing.window.rawValue) AMOUNT'"
        switch refusal.reason {
        case .spent:
            self.init(
                .spendLimitReached, status: 402,
                "spend limit reached: \(limit) is used up (\(state)); wait, or \(raise)")
        case .exceedsRemainder:
            let fits = Self.fittingOutput(refusal, quote).map { tokens in
                tokens > 0
                    ? "; a max_tokens of at most \(tokens) would fit"
                    : "; no answer to this input fits what is left"
            }
            self.init(
                .requestExceedsBudget, status: 402,
                "spend limit reached: this request can cost up to"
                    + " \(refusal.requested.shortDollars) USD, more than is left of \(limit)"
                    + " (\(state))\(fits ?? ""); ask for less, or \(raise)")
        case .heldByOthers:
            self.init(
                .budgetHeld, status: 429,
                "spend limit reached for the moment: what is left of \(limit) is held by calls in"
                    + " flight (\(state)); this request can cost up to"
                    + " \(refusal.requested.shortDollars) USD; try again in a second")
            retryAfterSeconds = Self.heldRetrySeconds
        }
        facts = Self.facts(of: refusal)
    }

    private static func facts(of refusal: Refusal) -> [Fact] {
        let standing = refusal.standing
        return [
            Fact(name: "scope", value: standing.scope.description),
            Fact(name: "budget", value: "\(standing.scope) \(standing.window.rawValue)".headerSafe),
            Fact(name: "period", value: standing.window.rawValue),
            Fact(name: "limit_usd", value: standing.limit.dollars),
            Fact(name: "spent_usd", value: standing.settled.dollars),
            Fact(name: "held_usd", value: standing.held.dollars),
            Fact(name: "requested_usd", value: refusal.requested.dollars),
            Fact(name: "resets_at", value: refusal.resetsAt.shortText),
        ]
    }

    /// The most output tokens, over all answers, whose bound fits what calls have not spent.
    private static func fittingOutput(_ refusal: Refusal, _ quote: Quote?) -> Int64? {
        guard let quote, quote.outputPrice > 0, quote.outputTokens > 0 else { return nil }
        let left = refusal.standing.limit - refusal.standing.settled
        let excess = (refusal.requested - left).picodollars * 1_000_000
        let (tokens, rest) = excess.quotientAndRemainder(dividingBy: Int128(quote.outputPrice))
        let dropped = Int64(clamping: tokens + (rest > 0 ? 1 : 0))
        return max(0, quote.outputTokens - dropped) / quote.choices
    }
}

extension String {
    /// Without bytes that a header value must not have.
    package var headerSafe: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    scalar.value >= 0x20 && scalar.value < 0x7F ? scalar : "?"
                }))
    }
}
