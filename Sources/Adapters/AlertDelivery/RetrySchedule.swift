/// When an alert that was not delivered is tried again.
package enum RetrySchedule {
    /// Seconds behind the first tries; behind the last of them it stays an hour.
    private static let delays: [Int64] = [1, 5, 30, 120, 600, 1_800, 3_600]
    package static let longestSeconds: Int64 = 3_600
    /// A day and a half; then the delivery has failed, and says so in `alerts list`.
    package static let maximumAttempts: Int64 = 40

    /// Seconds until the next try behind `attempts` tries; nil where there is none.
    package static func delay(after attempts: Int64) -> Int64? {
        guard attempts < maximumAttempts else { return nil }
        return delays[Int(min(max(1, attempts), Int64(delays.count))) - 1]
    }
}
