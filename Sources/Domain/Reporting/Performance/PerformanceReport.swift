internal import Money

/// How models did: success and cost of all calls, times of the newest.
package struct PerformanceReport: Sendable {
    package struct Ranked: Sendable {
        package let model: ModelPerformance
        /// Of a thousand; nil for too few calls.
        package let score: Int64?
        package let isBest: Bool
        /// Why it is the best, for people.
        package let reason: String?
    }

    /// By cost, the dearest first.
    package let models: [ModelPerformance]
    /// For each kind of task, its models with the best first.
    package let tasks: [(task: String, models: [Ranked])]

    /// `byModel` is by provider and model, `byTask` by model and kind of task.
    package init(
        byModel: SpendReport, byTask: SpendReport, samples: [CallSample], ratings: [RatingCount],
        priority: ModelPriority = .balanced
    ) {
        let ofModel = Dictionary(grouping: samples) { [$0.provider, $0.model] }
        models = byModel.lines.filter { $0.calls > 0 }.map { line in
            let (provider, model) = (line.keys[0], line.keys[1])
            return ModelPerformance(
                provider: provider, model: model, task: nil, line: line,
                samples: ofModel[line.keys] ?? [],
                ratings: ratings.filter { $0.provider == provider && $0.model == model })
        }
        let ofTask = Dictionary(grouping: samples) { [$0.model, $0.task] }
        let providers = Dictionary(models.map { ($0.model, $0.provider) }) { first, _ in first }
        let pairs = byTask.lines.filter { $0.calls > 0 }.map { line in
            let (model, task) = (line.keys[0], line.keys[1])
            return ModelPerformance(
                provider: providers[model] ?? "", model: model, task: task, line: line,
                samples: ofTask[line.keys] ?? [],
                ratings: ratings.filter { $0.model == model && $0.task == task })
        }
        tasks = Dictionary(grouping: pairs) { $0.task ?? "" }.sorted { $0.key < $1.key }
            .map { ($0.key, Self.ranked($0.value, priority)) }
    }

    private static func ranked(
        _ models: [ModelPerformance], _ priority: ModelPriority
    ) -> [Ranked] {
        let judged = models.filter { $0.calls >= ModelPerformance.leastCalls }
        let fastest = judged.compactMap(\.medianTime).min() ?? 0
        let cheapest = judged.compactMap(\.costPerCall).filter(\.isPositive).min() ?? .zero
        func score(_ model: ModelPerformance) -> Int64 {
            model.score(priority, fastest: fastest, cheapest: cheapest)
        }
        let ordered = judged.sorted { left, right in
            let scores = (score(left), score(right))
            if scores.0 != scores.1 { return scores.0 > scores.1 }
            return (left.costPerCall ?? .zero) < (right.costPerCall ?? .zero)
        }
        let best = ordered.enumerated().map { place, model in
            Ranked(
                model: model, score: score(model), isBest: place == 0,
                reason: place == 0
                    ? reason(model, among: judged, fastest: fastest, cheapest: cheapest) : nil)
        }
        let rest = models.filter { $0.calls < ModelPerformance.leastCalls }
            .sorted { $0.model < $1.model }
        return best + rest.map { Ranked(model: $0, score: nil, isBest: false, reason: nil) }
    }

    private static func reason(
        _ model: ModelPerformance, among others: [ModelPerformance], fastest: Int64,
        cheapest: Amount
    ) -> String {
        guard others.count > 1 else { return "the only one with enough calls" }
        var reasons: [String] = []
        let success = others.compactMap(\.success).max()
        if let own = model.success, own == success { reasons.append("fails least") }
        if let own = model.satisfaction, own == others.compactMap(\.satisfaction).max() {
            reasons.append("is rated best")
        }
        if model.medianTime == fastest { reasons.append("is the fastest") }
        if model.costPerCall == cheapest { reasons.append("is the cheapest") }
        return reasons.isEmpty ? "the best of all marks together" : reasons.joined(separator: ", ")
    }

    package var modelTable: ReportTable {
        var table = ReportTable(columns: Self.columns([.text("provider"), .text("model")]))
        table.rows = models.map { model in
            [.text(model.provider), .text(model.model)] + Self.cells(model)
        }
        return table
    }

    package var taskTable: ReportTable {
        var table = ReportTable(
            columns: [.text("task_type"), .text("model")] + Self.columns([])
                + [.text("score"), .text("best"), .text("why")])
        for (task, ranked) in tasks {
            for entry in ranked {
                table.rows.append(
                    [.text(task), .text(entry.model.model)] + Self.cells(entry.model)
                        + [
                            .text(Self.tenths(entry.score)), .text(entry.isBest ? "best" : ""),
                            .text(entry.reason),
                        ])
            }
        }
        return table
    }

    private static func columns(_ first: [ReportTable.Column]) -> [ReportTable.Column] {
        first + [
            .number("calls"), .number("success_pct"), .number("median_ms"), .number("p95_ms"),
            .number("first_token_ms"), .number("tokens_per_s"), .number("satisfaction_pct"),
            .number("ratings"), .money("usd_per_call"), .number("sampled"),
        ]
    }

    private static func cells(_ model: ModelPerformance) -> [ReportTable.Cell] {
        [
            .number(model.calls), .text(tenths(model.success)), .number(model.medianTime),
            .number(model.p95Time), .number(model.medianFirstToken),
            .text(tenths(model.medianSpeed)), .text(tenths(model.satisfaction)),
            .number(model.up + model.down), .money(model.costPerCall),
            .number(Int64(model.sampled)),
        ]
    }

    /// `995` as `99.5`.
    package static func tenths(_ value: Int64?) -> String? {
        value.map { "\($0 / 10).\($0 % 10)" }
    }
}
