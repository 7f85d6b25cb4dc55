internal import Accounting
internal import Dialects
internal import Money
internal import Pricing

/// An answer that is made shorter, so that its bound fits what is left of a limit.
struct ClampedOutput {
    /// What the call may cost.
    let granted: Amount
    /// Output tokens of each answer.
    let tokens: Int64
    let splices: [BodySplice]
}

/// Bounds a call's output by money.
struct OutputClamping {
    let admission: Admission

    private var isPossible: Bool {
        admission.facts.clamp.isPossible && admission.facts.alternatives.isEmpty
            && admission.price != nil && (admission.quote?.outputPrice ?? 0) > 0
    }

    /// The least amount that the call can be clamped to; nil where it cannot be at all.
    var floor: Amount? { isPossible ? amount(OutputClamp.minimumTokens) : nil }

    private func amount(_ tokens: Int64) -> Amount? {
        guard let price = admission.price else { return nil }
        var basis = admission.facts.basis
        basis.outputCap = min(basis.outputCap ?? tokens, tokens)
        return try? Quote(basis, at: price).amount
    }

    /// The longest answer whose bound is within `granted`.
    func output(within granted: Amount) -> ClampedOutput? {
        guard isPossible, let quote = admission.quote else { return nil }
        var low = OutputClamp.minimumTokens
        var high = max(low, quote.outputTokens / max(1, quote.choices))
        guard let least = amount(low), least <= granted else { return nil }
        while low < high {
            let middle = low + (high - low + 1) / 2
            if let bound = amount(middle), bound <= granted {
                low = middle
            } else {
                high = middle - 1
            }
        }
        let isOpenAI = ["openai", "azure"].contains(admission.route.provider)
        return ClampedOutput(
            granted: granted, tokens: low,
            splices: admission.facts.clamp.splices(tokens: low, prefersOlderName: !isOpenAI))
    }
}
