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
        admission.facts.alternatives.isEmpty && admission.price != nil
            && (admission.quote?.outputPrice ?? 0) > 0 && splices(tokens: least) != nil
    }

    private var least: Int64 { admission.facts.clamp.leastTokens }

    private func splices(tokens: Int64) -> [BodySplice]? {
        admission.facts.clamp.splices(
            tokens: tokens, readsCompletionCap: admission.readsCompletionCap)
    }

    /// The least amount that the call can be clamped to; nil where it cannot be at all.
    var floor: Amount? { isPossible ? amount(least) : nil }

    private func amount(_ tokens: Int64) -> Amount? {
        guard let price = admission.price else { return nil }
        var basis = admission.facts.basis
        basis.outputCap = min(basis.outputCap ?? tokens, tokens)
        return try? Quote(basis, at: price).amount
    }

    /// The longest answer whose bound is within `granted`.
    func output(within granted: Amount) -> ClampedOutput? {
        guard isPossible, let quote = admission.quote else { return nil }
        var low = least
        var high = max(low, quote.outputTokens / max(1, quote.choices))
        guard let lowest = amount(low), lowest <= granted else { return nil }
        while low < high {
            let middle = low + (high - low + 1) / 2
            if let bound = amount(middle), bound <= granted {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return splices(tokens: low).map {
            ClampedOutput(granted: granted, tokens: low, splices: $0)
        }
    }
}

extension Admission {
    /// Servers of the chat dialect that are known to go by `max_completion_tokens`: OpenAI's,
    /// Groq's and xAI's API references name it. Elsewhere it may be passed over in silence.
    private static let completionCapReaders: Set<String> = ["openai", "azure", "groq", "xai"]

    var readsCompletionCap: Bool { Self.completionCapReaders.contains(route.provider) }
}
