package import Money

/// When a loop breaker trips: spend of the last minute far above what is usual, or above a fixed
/// rate. A loop of an agent burns a month's money in an hour, long before a monthly limit stops it.
package struct BreakerRule: Hashable, Sendable {
    package enum Action: String, CaseIterable, Sendable {
        case alert
        /// Refuses calls until `stopSeconds` have passed.
        case stop
    }

    package static let defaultFactor: Int64 = 10
    package static let defaultFloor = Amount(picodollars: Amount.picodollarsPerDollar / 10)
    package static let defaultStopSeconds: Int64 = 600
    /// Minutes with spend that make a history; with fewer nothing is usual yet.
    package static let minimumHistoryMinutes = 5

    package var action: Action
    /// Trips above so many times the mean of the minutes with spend of the last hour.
    package var factor: Int64
    /// Spend of a minute that never trips, however unusual.
    package var floor: Amount
    /// Trips above this spend of a minute, whatever is usual.
    package var ceiling: Amount?
    package var stopSeconds: Int64

    package init(
        action: Action, factor: Int64 = defaultFactor, floor: Amount = defaultFloor,
        ceiling: Amount? = nil, stopSeconds: Int64 = defaultStopSeconds
    ) {
        self.action = action
        self.factor = factor
        self.floor = floor
        self.ceiling = ceiling
        self.stopSeconds = stopSeconds
    }
}
