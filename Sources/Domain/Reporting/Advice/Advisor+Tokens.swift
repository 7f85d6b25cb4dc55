internal import Chronology
internal import Money
internal import Pricing

/// Tokens that are paid for without need.
extension Advisor {
    /// Prompts shorter than this are not cached by most providers.
    private static let leastCachedTokens: Int64 = 1_024
    /// Most providers forget a prompt after so many seconds.
    private static let cacheSeconds: Int64 = 300
    /// The share of a prompt that is taken to be the same as before, in percent: instructions and
    /// history are, the newest question is not.
    private static let repeatedPercent: Int64 = 50
    private static let leastRepeated = 20

    static func uncachedPrefixes(_ basis: AdviceBasis) -> [Finding] {
        grouped(basis.samples.filter(\.isSuccess)) { [$0.provider, $0.model] }.compactMap {
            names, calls in
            let (input, cached) = calls.reduce((Int64(0), Int64(0))) {
                ($0.0 + $1.input, $0.1 + $1.cacheRead)
            }
            guard input > 0, cached * 10 < input else { return nil }
            let repeated = repeats(calls)
            guard repeated.count >= leastRepeated else { return nil }
            var saving = Amount.zero
            for call in repeated {
                var other = call
                other.cacheRead = call.input * repeatedPercent / 100
                let now = basis.cost(of: call, provider: names[0], model: names[1])
                let then = basis.cost(of: other, provider: names[0], model: names[1])
                if let now, let then, then < now { saving += now - then }
            }
            let monthly = basis.monthly(saving)
            guard isWorthwhile(monthly) else { return nil }
            return Finding(
                .uncachedPrefix, names[1],
                "\(repeated.count) calls followed one of the same sender within"
                    + " \(cacheSeconds / 60) minutes and read almost nothing from the cache; half"
                    + " of each prompt is taken to be the same",
                remedy: "put what stays the same first, and mark it for the cache where the"
                    + " provider wants that (cache_control)",
                saving: monthly, calls: Int64(repeated.count))
        }
    }

    /// Long calls that came soon after another of the same sender.
    private static func repeats(_ calls: [CallSample]) -> [CallSample] {
        var last: [[String]: CallSample] = [:]
        var repeated: [CallSample] = []
        for call in calls.reversed() where call.input >= leastCachedTokens {
            let sender = [call.user, call.key, call.session, call.task]
            if let earlier = last[sender],
                call.moment.seconds - earlier.moment.seconds <= cacheSeconds,
                earlier.input * 2 > call.input
            {
                repeated.append(call)
            }
            last[sender] = call
        }
        return repeated
    }

    static func failuresPaid(_ basis: AdviceBasis) -> [Finding] {
        let failed = basis.samples.filter {
            (!$0.isSuccess || $0.attempt > 1) && $0.cost.isPositive
        }
        return grouped(failed) { [$0.provider, $0.model] }.compactMap { names, calls in
            let monthly = basis.monthly(calls.reduce(Amount.zero) { $0 + $1.cost })
            guard isWorthwhile(monthly) else { return nil }
            return Finding(
                .failuresPaid, names[1],
                "\(calls.count) calls failed, or were sent again, and were charged all the same",
                remedy: "see their errors with 'spendfuse calls --format json'; lengthen the"
                    + " client's timeout, and retry less",
                saving: monthly, calls: Int64(calls.count))
        }
    }

    /// Of a hundred tokens of output.
    private static let leastReasoningPercent: Int64 = 60

    static func reasoningShares(_ basis: AdviceBasis) -> [Finding] {
        basis.byModel.lines.compactMap { line in
            let (provider, model) = (line.keys[0], line.keys[1])
            guard line.outputTokens > 0,
                line.reasoningTokens * 100 >= line.outputTokens * leastReasoningPercent
            else { return nil }
            var thought = CallSample()
            // Half of the thought of a mean call, so that no price of long contexts comes in.
            thought.output = line.reasoningTokens / max(1, line.calls) / 2
            thought.reasoning = thought.output
            guard let each = basis.cost(of: thought, provider: provider, model: model) else {
                return nil
            }
            let saving = Amount(picodollars: each.picodollars * Int128(line.calls))
            guard isWorthwhile(saving) else { return nil }
            let percent = line.reasoningTokens * 100 / line.outputTokens
            return Finding(
                .reasoningShare, model,
                "\(percent) % of what \(model) writes is thought that nobody reads",
                remedy: "ask for less effort where the task is easy; half of it would save this"
                    + " much", saving: saving, calls: line.calls)
        }
    }
}
