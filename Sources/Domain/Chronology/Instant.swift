/// A moment: microseconds since 1970-01-01T00:00:00Z, in UTC, without leap seconds.
package struct Instant: Hashable, Comparable, Sendable {
    package static let microsecondsPerSecond: Int64 = 1_000_000
    package static let secondsPerDay: Int64 = 86_400

    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package init(seconds: Int64) {
        self.microseconds = seconds * Self.microsecondsPerSecond
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 {
        let quotient = microseconds / Self.microsecondsPerSecond
        return microseconds % Self.microsecondsPerSecond < 0 ? quotient - 1 : quotient
    }

    package func advanced(bySeconds count: Int64) -> Instant {
        // The ends of time stand in for what lies beyond them.
        let (change, isTooFar) = count.multipliedReportingOverflow(
            by: Self.microsecondsPerSecond)
        let (sum, overflow) = microseconds.addingReportingOverflow(change)
        if isTooFar || overflow { return Instant(microseconds: count < 0 ? .min : .max) }
        return Instant(microseconds: sum)
    }

    package func milliseconds(since earlier: Instant) -> Int64 {
        (microseconds - earlier.microseconds) / 1_000
    }
}
