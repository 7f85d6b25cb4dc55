package import Chronology
package import Money

/// Where a window's spend is heading, at the rate of the window so far.
package struct SpendForecast: Hashable, Sendable {
    private static let secondsPerHour: Int128 = 3_600
    /// In the first minute a single call would forecast a fortune.
    private static let minimumElapsedSeconds: Int64 = 60

    /// USD an hour.
    package let hourlyRate: Amount
    /// Spend at the end of the window; nil for windows without an end.
    package let projected: Amount?
    /// When the limit is reached; nil where it is not within the window.
    package let runsOutAt: Instant?

    /// `began`: since when a total has been counted.
    package init(_ standing: BudgetStanding, at now: Instant, began: Instant? = nil) {
        let start = standing.span.isEverything ? began ?? now : standing.span.start
        let elapsed = Int128(max(Self.minimumElapsedSeconds, now.seconds - start.seconds))
        let settled = standing.settled.picodollars
        hourlyRate = Amount(picodollars: settled * Self.secondsPerHour / elapsed)
        let isRolling = if case .rolling = standing.window { true } else { false }
        if standing.span.isEverything || isRolling {
            projected = nil
        } else {
            let left = Int128(max(0, standing.span.end.seconds - now.seconds))
            projected = Amount(picodollars: settled + settled * left / elapsed)
        }
        let room = (standing.limit - standing.settled).picodollars
        if room <= 0 {
            runsOutAt = now
        } else if isRolling || settled <= 0 {
            runsOutAt = nil
        } else {
            let seconds = room * elapsed / settled
            let farthest = Int128(100 * 366) * Int128(Instant.secondsPerDay)
            let moment = now.advanced(bySeconds: Int64(min(seconds, farthest)))
            let isWithin = standing.span.isEverything || moment < standing.span.end
            runsOutAt = isWithin && seconds < farthest ? moment : nil
        }
    }
}
