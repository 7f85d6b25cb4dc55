package import Chronology

/// What a store keeps of a ledger, for a start.
package protocol LedgerSource {
    /// Windows of which all spend has been counted.
    func counted() throws -> Set<CounterKey>
    /// The settled spend that is kept of windows that are not over.
    func entries(at now: Instant) throws -> [SpendEntry]
    func openTrips(at now: Instant) throws -> [BreakerTrip]
    /// The newest row of others that is counted.
    func lastForeign() throws -> Int64
    func newestRow() throws -> Int64
    /// Rows of others that are newer than `row`.
    func foreign(after row: Int64, at now: Instant) throws -> [Spend]
    /// Spend since a moment, some at a time: all rows of our own, and those of others up to
    /// `lastForeign`. `user`: only this user's.
    func history(
        since: Instant, lastForeign: Int64, user: String?, at now: Instant,
        _ body: ([Spend]) throws -> Void) throws
    func holds(at now: Instant) throws -> [HeldCall]
}

/// A call in flight, as its hold says.
package struct HeldCall: Sendable {
    package let claim: CallClaim
    package let admittedAt: Instant

    package init(claim: CallClaim, admittedAt: Instant) {
        self.claim = claim
        self.admittedAt = admittedAt
    }
}
