internal import Money
internal import Pricing

/// Other models, tiers and bounds.
extension Advisor {
    /// Calls of a model at a task before another is proposed for it.
    private static let leastCalls: Int64 = 20
    /// Of a thousand: how much less often another model may succeed.
    private static let tolerance: Int64 = 10
    /// Another model must save at least this share.
    private static let leastPercent: Int128 = 10

    /// A mean of calls says nothing of how long each was.
    private static var short: PriceContext {
        var context = PriceContext()
        context.contextInput = 0
        return context
    }

    static func cheaperModels(_ basis: AdviceBasis) -> [Finding] {
        basis.performance.tasks.flatMap { task, ranked in
            ranked.map(\.model).compactMap { model -> Finding? in
                guard model.calls >= leastCalls, model.cost.isPositive,
                    let line = basis.byTask.lines.first(where: { $0.keys == [model.model, task] })
                else { return nil }
                let others = ranked.map(\.model).filter { fits($0, insteadOf: model) }
                let mix = average(line)
                // Prices of lists on both sides: what else was charged would be with both.
                guard
                    let own = basis.cost(
                        of: mix, provider: model.provider, model: model.model, context: short)
                else { return nil }
                let options = others.compactMap {
                    other -> (model: ModelPerformance, saving: Amount)? in
                    guard
                        let price = basis.cost(
                            of: mix, provider: other.provider, model: other.model, context: short)
                    else { return nil }
                    let saving = Amount(
                        picodollars: (own - price).picodollars * Int128(line.calls))
                    guard price.picodollars * 100 <= own.picodollars * (100 - leastPercent),
                        isWorthwhile(saving)
                    else { return nil }
                    return (other, saving)
                }
                guard let best = options.max(by: { $0.saving < $1.saving }) else { return nil }
                return Finding(
                    .cheaperModel, model.model,
                    "\(task): \(best.model.model) succeeded in"
                        + " \(PerformanceReport.tenths(best.model.success) ?? "") % of"
                        + " \(best.model.calls) calls, \(model.model) in"
                        + " \(PerformanceReport.tenths(model.success) ?? "") % of \(model.calls),"
                        + " and costs less for the same tokens",
                    remedy: "use \(best.model.model) for \(task), and rate its answers with"
                        + " 'spendfuse rate'", saving: best.saving, calls: model.calls)
            }
        }
    }

    /// Whether it does as well, as far as its calls tell.
    private static func fits(
        _ other: ModelPerformance, insteadOf model: ModelPerformance
    ) -> Bool {
        guard other.model != model.model, other.calls >= ModelPerformance.leastCalls,
            let success = other.success, success + tolerance >= model.success ?? 0
        else { return false }
        guard let satisfaction = other.satisfaction, let own = model.satisfaction else {
            return true
        }
        return satisfaction + tolerance >= own
    }

    /// The mean call of a line.
    private static func average(_ line: SpendReport.Line) -> CallSample {
        var mean = CallSample()
        let calls = max(1, line.calls)
        mean.input = line.inputTokens / calls
        mean.output = line.outputTokens / calls
        mean.cacheRead = line.cacheReadTokens / calls
        mean.cacheWrite = line.cacheWriteTokens / calls
        mean.reasoning = line.reasoningTokens / calls
        return mean
    }

    /// Calls of one model before a better way of calling it is proposed.
    private static let leastBatch = 50

    static func batchEligible(_ basis: AdviceBasis) -> [Finding] {
        let waiting = basis.samples.filter {
            $0.isSuccess && !$0.isStreamed
                && ($0.serviceTier.map { ["default", "standard"].contains($0) } ?? true)
        }
        return grouped(waiting) { [$0.provider, $0.model] }.compactMap { names, calls in
            guard calls.count >= leastBatch else { return nil }
            var saving = Amount.zero
            for call in calls {
                guard
                    let batch = basis.cost(
                        of: call, provider: names[0], model: names[1],
                        context: PriceContext(serviceTier: "batch")),
                    let now = basis.cost(of: call, provider: names[0], model: names[1]),
                    batch < now
                else { continue }
                saving += now - batch
            }
            let monthly = basis.monthly(saving)
            guard isWorthwhile(monthly) else { return nil }
            return Finding(
                .batchEligible, names[1],
                "\(calls.count) of the newest calls were not streamed; where nobody waits for them,"
                    + " the provider's batch price would do",
                remedy: "send what can wait some hours through the provider's batch operation",
                saving: monthly, calls: Int64(calls.count))
        }
    }

    static func longContexts(_ basis: AdviceBasis) -> [Finding] {
        grouped(basis.samples) { [$0.provider, $0.model] }.compactMap { names, calls in
            var (extra, count) = (Amount.zero, 0)
            for call in calls {
                var short = PriceContext(serviceTier: call.serviceTier)
                let full = basis.cost(
                    of: call, provider: names[0], model: names[1], context: short)
                short.contextInput = 0
                let base = basis.cost(
                    of: call, provider: names[0], model: names[1], context: short)
                guard let full, let base, base < full else { continue }
                extra += full - base
                count += 1
            }
            let monthly = basis.monthly(extra)
            guard isWorthwhile(monthly) else { return nil }
            return Finding(
                .longContext, names[1],
                "\(count) calls passed the length from which \(names[1]) charges more for every"
                    + " token of the call",
                remedy: "keep prompts below that length: shorten the history, or retrieve less",
                saving: monthly, calls: Int64(count))
        }
    }

    /// How many times its cost a call may hold before its bound is called too high.
    private static let boundFactor: Int128 = 10

    static func outputBounds(_ basis: AdviceBasis) -> [Finding] {
        let held = basis.samples.filter { $0.isSuccess && $0.held.isPositive && $0.cost.isPositive }
        return grouped(held) { [$0.provider, $0.model] }.compactMap { names, calls in
            let (held, cost) = calls.reduce((Amount.zero, Amount.zero)) {
                ($0.0 + $1.held, $0.1 + $1.cost)
            }
            guard calls.count >= leastBatch, held.picodollars > cost.picodollars * boundFactor
            else { return nil }
            let tokens = calls.map(\.output).sorted()
            let usual = ModelPerformance.quantile(95, of: tokens) ?? 0
            return Finding(
                .outputBound, names[1],
                "calls hold \(held.picodollars / max(1, cost.picodollars)) times what they cost, so"
                    + " that hard limits refuse calls that would have fitted; 95 % of answers have"
                    + " at most \(usual) tokens",
                remedy: "send a max_tokens nearer to that, or set 'limit set … --near-limit"
                    + " learned'", calls: Int64(calls.count))
        }
    }

    static func grouped(
        _ samples: [CallSample], by key: (CallSample) -> [String]
    ) -> [(key: [String], value: [CallSample])] {
        Dictionary(grouping: samples, by: key).sorted {
            $0.key.lexicographicallyPrecedes($1.key)
        }
    }
}
