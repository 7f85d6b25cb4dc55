internal import Accounting
internal import Chronology
internal import Gateway
internal import StorePostgres
internal import Stores

/// What the thread of the shared store knows of it while it is connected.
struct SharedStoreState {
    let replica: Replica
    let hasUUIDUsers: PostgresStore.UUIDUsers
    /// Slices of an earlier start that are set aside, and the entry of the outbox with which all
    /// is told that it spent.
    var hasEarlierLeases = false
    var earlierOutbox: Int64 = 0
    var split: SpendSplit
    /// Versions of what the store configures, as they are in force.
    var marks: [String: Int64]
    /// The highest threshold of each window that an alert was written for.
    var alerted: [LeaseKey: Int] = [:]
    var lastLook = ContinuousClock.now
    var lastPruning = ContinuousClock.now
    var lastRenewal = ContinuousClock.now
    /// Whether figures changed that no answer has told of.
    var hasCorrected = false
    var lastSweep = ContinuousClock.now
    var lastReturn = ContinuousClock.now
    /// Not before then are calls asked for again that others' leases are in the way of.
    var nextLease = ContinuousClock.now

    var version: Int64 { marks["budgets"] ?? 0 }
}
