package import Accounting
internal import Chronology
internal import Money
package import Pricing

extension GatewayError {
    /// Seconds after which a call that only waits for others' holds should ask again.
    static let heldRetrySeconds = 1

    /// A refusal that names the limit, what is spent, what is held and when it resets.
    /// `blockStatus`: of the caller's key, for limits that are spent.
    package init(_ refusal: Refusal, quote: Quote?, blockStatus: Int = 402) {
        switch refusal.subject {
        case .limit(let standing):
            self.init(refusal, standing, quote, blockStatus)
        case .rate(let standing):
            self.init(refusal, standing, blockStatus)
        case .breaker(let trip):
            self.init(
                .loopBreaker, status: blockStatus,
                "spend limit reached: the loop breaker of \(trip.scope.label) has stopped it until"
                    + " \(trip.until.shortText), as \(trip.cause.text); wait, or reset it with"
                    + " 'spendfuse breaker reset \(trip.scope)'")
        }
        facts = Self.facts(of: refusal)
    }

    private init(
        _ refusal: Refusal, _ standing: BudgetStanding, _ quote: Quote?, _ blockStatus: Int
    ) {
        let limit =
            "the \(standing.window.label) limit of \(standing.limit.shortDollars) USD"
            + " for \(standing.label)"
        let state = Self.state(of: standing, refusal)
        let raise =
            "raise it with \"spendfuse limit set \(standing.command)"
            + " \(standing.window.option)\""
        let requested = "this request can cost up to \(refusal.requested.shortDollars) USD"
        switch refusal.reason {
        case .spent:
            self.init(
                .spendLimitReached, status: blockStatus,
                "spend limit reached: \(limit) is used up (\(state)); "
                    + (state.hasSuffix(Self.isForGood) ? raise : "wait, or \(raise)"))
        case .heldByOthers:
            self.init(
                .budgetHeld, status: 429,
                "spend limit reached for the moment: what is left of \(limit) is held by calls in"
                    + " flight (\(state)); \(requested); try again in a second")
            retryAfterSeconds = Self.heldRetrySeconds
        default:
            let fits = Self.fittingOutput(refusal, standing, quote).map { tokens in
                tokens > 0
                    ? "; a max_tokens of at most \(tokens) would fit"
                    : "; no answer to this input fits what is left"
            }
            self.init(
                .requestExceedsBudget, status: blockStatus,
                "spend limit reached: \(requested), more than is left of \(limit)"
                    + " (\(state))\(fits ?? ""); ask for less, or \(raise)")
        }
    }

    private static let isForGood = "it does not reset"

    private static func state(of standing: BudgetStanding, _ refusal: Refusal) -> String {
        if standing.window == .perCall { return "it is for each call" }
        let state =
            "\(standing.settled.shortDollars) USD spent,"
            + " \(standing.held.shortDollars) USD held by calls in flight;"
        if let resetsAt = standing.resetsAt { return "\(state) it resets at \(resetsAt.shortText)" }
        if let opensAt = refusal.opensAt {
            return "\(state) there is room again at \(opensAt.shortText)"
        }
        if case .rolling = standing.window { return "\(state) it frees up as calls grow old" }
        return "\(state) \(isForGood)"
    }

    private init(_ refusal: Refusal, _ standing: RateStanding, _ blockStatus: Int) {
        let limit = "the limit of \(standing.limit.label) for \(standing.label)"
        let used = "\(standing.limit.text(of: standing.used)) in the last minute"
        guard refusal.reason == .tooFast else {
            self.init(
                .requestExceedsBudget, status: blockStatus,
                "spend limit reached: this request can come to"
                    + " \(standing.limit.text(of: standing.claimed)), more than \(limit) allows at"
                    + " all; ask for less, or raise it with \"spendfuse limit set"
                    + " \(standing.command) --\(standing.limit.option) AMOUNT\"")
            return
        }
        let seconds = Self.secondsToWait(refusal)
        self.init(
            .rateLimited, status: 429,
            "rate limit reached: \(limit) leaves no room for this request"
                + (standing.limit.measure == .concurrency
                    ? " (\(standing.used) in flight)"
                    : " (\(used), and this request counts as"
                        + " \(standing.limit.text(of: standing.claimed)) until it has ended)")
                + "; try again in \(seconds) s")
        retryAfterSeconds = seconds
    }

    /// Whole seconds until the call would fit; one where only others' ends can tell.
    private static func secondsToWait(_ refusal: Refusal) -> Int {
        guard let opensAt = refusal.opensAt else { return heldRetrySeconds }
        let microseconds = opensAt.microseconds - refusal.at.microseconds
        return max(1, Int((microseconds + 999_999) / Instant.microsecondsPerSecond))
    }

    private static func facts(of refusal: Refusal) -> [Fact] {
        var facts = [
            Fact(name: "scope", value: refusal.scope.description),
            Fact(name: "budget", value: refusal.budgetLabel.headerSafe),
        ]
        switch refusal.subject {
        case .limit(let standing):
            facts += [
                Fact(name: "period", value: standing.window.name),
                Fact(name: "limit_usd", value: standing.limit.dollars),
                Fact(name: "spent_usd", value: standing.settled.dollars),
                Fact(name: "held_usd", value: standing.held.dollars),
            ]
            if let resetsAt = standing.resetsAt ?? refusal.opensAt {
                facts.append(Fact(name: "resets_at", value: resetsAt.shortText))
            }
        case .rate(let standing):
            facts += [
                Fact(name: "period", value: standing.limit.name),
                Fact(name: "limit", value: standing.limit.text(of: standing.limit.ceiling)),
                Fact(name: "used", value: standing.limit.text(of: standing.used)),
                Fact(name: "requested", value: standing.limit.text(of: standing.claimed)),
            ]
            if let opensAt = refusal.opensAt {
                facts.append(Fact(name: "resets_at", value: opensAt.shortText))
            }
        case .breaker(let trip):
            facts += [
                Fact(name: "period", value: "loop_breaker"),
                Fact(name: "burn_usd_per_minute", value: trip.cause.burn.dollars),
                Fact(name: "allowed_usd_per_minute", value: trip.cause.allowed.dollars),
                Fact(name: "resets_at", value: trip.until.shortText),
            ]
        }
        facts.append(Fact(name: "requested_usd", value: refusal.requested.dollars))
        return facts
    }

    /// The most output tokens, over all answers, whose bound fits what calls have not spent.
    private static func fittingOutput(
        _ refusal: Refusal, _ standing: BudgetStanding, _ quote: Quote?
    ) -> Int64? {
        guard let quote, quote.outputPrice > 0, quote.outputTokens > 0 else { return nil }
        let left = standing.limit - standing.settled
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
