package import Money

/// How a model did, at all of its tasks or at one.
package struct ModelPerformance: Sendable {
    package let provider: String
    package let model: String
    /// Nil: at all of them.
    package let task: String?
    package let calls: Int64
    package let errors: Int64
    package let cost: Amount
    /// Calls that times are told from: the newest.
    package let sampled: Int
    /// Milliseconds.
    package let medianTime: Int64?
    package let p95Time: Int64?
    package let medianFirstToken: Int64?
    /// Tokens a second, in tenths.
    package let medianSpeed: Int64?
    package let up: Int64
    package let down: Int64

    private static let p95 = 95

    init(
        provider: String, model: String, task: String?, line: SpendReport.Line,
        samples: [CallSample], ratings: [RatingCount]
    ) {
        self.provider = provider
        self.model = model
        self.task = task
        calls = line.calls
        errors = line.errors
        cost = line.cost
        sampled = samples.count
        let times = samples.filter(\.isSuccess).compactMap(\.duration).sorted()
        medianTime = Self.quantile(50, of: times)
        p95Time = Self.quantile(Self.p95, of: times)
        medianFirstToken = Self.quantile(
            50, of: samples.filter(\.isSuccess).compactMap(\.firstToken).sorted())
        medianSpeed = Self.quantile(50, of: samples.compactMap(\.speed).sorted())
        up = ratings.reduce(0) { $0 + $1.up }
        down = ratings.reduce(0) { $0 + $1.down }
    }

    /// The smallest value that at least so many percent are not above (nearest rank).
    static func quantile(_ percent: Int, of sorted: [Int64]) -> Int64? {
        guard !sorted.isEmpty else { return nil }
        let rank = (sorted.count * percent + 99) / 100
        return sorted[max(1, rank) - 1]
    }

    /// Of a thousand.
    package var success: Int64? { calls > 0 ? (calls - min(errors, calls)) * 1_000 / calls : nil }

    /// Of a thousand; nil where nobody rated an answer.
    package var satisfaction: Int64? { up + down > 0 ? up * 1_000 / (up + down) : nil }

    package var costPerCall: Amount? {
        calls > 0 ? Amount(picodollars: cost.picodollars / Int128(calls)) : nil
    }
}

/// What somebody wants of a model most.
package enum ModelPriority: String, CaseIterable, Sendable {
    case balanced, quality, speed, cost

    /// Weights, of ten, of success, satisfaction, speed and cheapness. Balanced is as the app's
    /// `best_model_by_task` has it.
    fileprivate var weights: (success: Int64, satisfaction: Int64, speed: Int64, price: Int64) {
        switch self {
        case .balanced: (4, 4, 2, 0)
        case .quality: (5, 5, 0, 0)
        case .speed: (2, 1, 7, 0)
        case .cost: (2, 1, 0, 7)
        }
    }
}

extension ModelPerformance {
    /// Below it, a model is not compared with others.
    package static let leastCalls: Int64 = 5

    /// Of a thousand, among the models of one task. What nobody rated counts as half content.
    func score(_ priority: ModelPriority, fastest: Int64, cheapest: Amount) -> Int64 {
        let weights = priority.weights
        let speed = medianTime.map { $0 > 0 ? fastest * 1_000 / $0 : 1_000 } ?? 0
        var price: Int64 = 1_000
        if let costPerCall, costPerCall.isPositive {
            price = Int64(cheapest.picodollars * 1_000 / costPerCall.picodollars)
        }
        let parts = [
            weights.success * (success ?? 0), weights.satisfaction * (satisfaction ?? 500),
            weights.speed * speed, weights.price * price,
        ]
        return parts.reduce(0, +) / 10
    }
}
