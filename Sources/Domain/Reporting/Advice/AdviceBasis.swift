package import Accounting
package import Chronology
internal import Money
package import Pricing

/// What advice rests on: sums of all calls of a span, its newest calls, prices and limits.
package struct AdviceBasis: Sendable {
    /// The span that is looked at.
    package static let days: Int64 = 30
    /// The stretch that is compared with the days before it.
    package static let recentDays: Int64 = 7
    /// Newest calls that are looked at one by one.
    package static let sampledCalls = 20_000

    package struct KeyUse: Sendable {
        package let id: String
        package let name: String
        package let createdAt: Instant

        package init(id: String, name: String, createdAt: Instant) {
            self.id = id
            self.name = name
            self.createdAt = createdAt
        }
    }

    package var now: Instant
    package var prices: PriceBook
    /// Of thirty days, by provider and model, and by model and kind of task.
    package var byModel: SpendReport
    package var byTask: SpendReport
    /// Of thirty days, by key and by day.
    package var byKey: SpendReport
    package var byDay: SpendReport
    /// By hour, of the recent days.
    package var byHour: SpendReport
    /// By user, of the recent days and of those before them.
    package var recentUsers: SpendReport
    package var earlierUsers: SpendReport
    /// Newest first.
    package var samples: [CallSample]
    package var ratings: [RatingCount]
    package var keys: [KeyUse]
    package var standings: [BudgetStanding]
    package var budgetStarts: [BudgetID: Instant]

    package init(
        now: Instant, prices: PriceBook, byModel: SpendReport, byTask: SpendReport,
        byKey: SpendReport, byDay: SpendReport, byHour: SpendReport, recentUsers: SpendReport,
        earlierUsers: SpendReport, samples: [CallSample], ratings: [RatingCount], keys: [KeyUse],
        standings: [BudgetStanding], budgetStarts: [BudgetID: Instant]
    ) {
        self.now = now
        self.prices = prices
        self.byModel = byModel
        self.byTask = byTask
        self.byKey = byKey
        self.byDay = byDay
        self.byHour = byHour
        self.recentUsers = recentUsers
        self.earlierUsers = earlierUsers
        self.samples = samples
        self.ratings = ratings
        self.keys = keys
        self.standings = standings
        self.budgetStarts = budgetStarts
    }

    package var performance: PerformanceReport {
        PerformanceReport(byModel: byModel, byTask: byTask, samples: samples, ratings: ratings)
    }

    /// An amount of the sampled calls, as it would be in thirty days.
    func monthly(_ amount: Amount) -> Amount {
        guard let oldest = samples.last?.moment else { return .zero }
        let seconds = max(Instant.secondsPerDay, now.seconds - oldest.seconds)
        return Amount(
            picodollars: amount.picodollars * Int128(Self.days * Instant.secondsPerDay)
                / Int128(seconds))
    }

    /// What a call's tokens cost at a model's prices of today; nil without a price, or without the
    /// service tier that is asked for.
    func cost(
        of sample: CallSample, provider: String, model: String, context: PriceContext? = nil
    ) -> Amount? {
        guard let entry = prices.entry(provider: provider, model: model, at: now),
            let period = entry.period,
            context?.serviceTier.map({ period.serviceTiers[$0] != nil }) ?? true
        else { return nil }
        return try? CostModel.cost(
            of: sample.usage, at: entry, context: context ?? PriceContext())
    }
}
