internal import Accounting
internal import Chronology
internal import Config
internal import Dispatch
internal import Gateway
internal import LedgerSQLite
internal import Linux
internal import Logging
internal import StorePostgres
internal import Stores
internal import Synchronization

/// Speaks with the shared store on a thread of its own: brings it the rows of the local ledger,
/// takes slices of limits from it, and puts in force what others have changed there.
///
/// One thread does all of it, so that what the store says of a lease is never overtaken by a row
/// that is on its way.
final class SharedStoreWorker: Sendable {
    /// Between two looks at the outbox while nothing is waited for.
    private static let idleMilliseconds = 5
    /// After a failure, doubled up to the longest.
    private static let firstRetryMilliseconds = 50
    private static let longestRetryMilliseconds = 400

    let store: PostgresStore
    let outbox: LedgerOutbox
    let ledger: LedgerDatabase
    let desk: LeaseDesk
    let clock: SharedClock
    let settings: Settings
    let logger: Logger
    private let bell: DispatchSemaphore
    private let isStopping = Atomic(false)
    private let hasEnded = Atomic(false)
    /// Numbers of the outbox up to which the store has everything.
    let shippedUpTo = Atomic<Int64>(0)
    /// Numbers of the outbox up to which the store may have something, or not.
    let doubtfulUpTo = Atomic<Int64>(0)
    let isAway = Atomic(false)
    let shipmentRows = Atomic(SharedStoreWorker.fewestRows)
    /// How long a stop tries to tell the store what is left.
    private static let leavePatience = Duration.seconds(5)
    private let complained = Mutex<ContinuousClock.Instant?>(nil)
    private static let complaintPeriod = Duration.seconds(60)

    init(
        store: PostgresStore, outbox: LedgerOutbox, ledger: LedgerDatabase, clock: SharedClock,
        settings: Settings, logger: Logger
    ) {
        self.store = store
        self.outbox = outbox
        self.ledger = ledger
        self.clock = clock
        self.settings = settings
        self.logger = logger
        let bell = DispatchSemaphore(value: 0)
        self.bell = bell
        desk = LeaseDesk { bell.signal() }
    }

    /// Entries of the outbox that the store has not got; nil where the ledger cannot be read.
    var undeliveredEntries: Int64? {
        (try? outbox.lastNumber()).map { max(0, $0 - shippedUpTo.load(ordering: .relaxed)) }
    }

    func start(_ services: GatewayServices) throws {
        try SystemThread.start(name: "shared-store") { self.work(services) }
    }

    /// Brings what is left to the store and gives all slices back; false after `seconds`.
    func stop(seconds: Int) async -> Bool {
        isStopping.store(true, ordering: .releasing)
        bell.signal()
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while !hasEnded.load(ordering: .acquiring) {
            if ContinuousClock.now > deadline { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    private func work(_ services: GatewayServices) {
        var state: SharedStoreState?
        var retry = Self.firstRetryMilliseconds
        var isFirst = true
        var lastTry = ContinuousClock.now
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            if !isLast { lastTry = .now.advanced(by: Self.leavePatience) }
            do {
                var current = try state ?? connect(services, isFirst: isFirst)
                state = nil
                isFirst = false
                try round(&current, services)
                if isLast {
                    try leave(current, services)
                    break
                }
                state = current
                retry = Self.firstRetryMilliseconds
                _ = bell.wait(timeout: .now() + .milliseconds(Self.idleMilliseconds))
            } catch let error as Fenced {
                endLeasing(error, services)
                break
            } catch {
                lose(error, services)
                if isLast, ContinuousClock.now > lastTry { break }
                waitForReturn(retry, services)
                retry = min(retry * 2, Self.longestRetryMilliseconds)
            }
        }
        hasEnded.store(true, ordering: .releasing)
    }

    /// While the store is away calls are answered by the policies of their limits.
    private func waitForReturn(_ milliseconds: Int, _ services: GatewayServices) {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(milliseconds))
        while ContinuousClock.now < deadline, !isStopping.load(ordering: .acquiring) {
            desk.answer(desk.takeWaiters())
            _ = bell.wait(timeout: .now() + .milliseconds(Self.idleMilliseconds))
        }
    }

    /// The place of this process is another's: it spends nothing of shared limits any more, and
    /// its rows wait for a start that has a place of its own.
    private func endLeasing(_ error: Fenced, _ services: GatewayServices) {
        lose(error, services)
        while !isStopping.load(ordering: .acquiring) {
            desk.answer(desk.takeWaiters())
            // Also what calls in flight hold until they end.
            _ = services.bookkeeper.giveUp(.all)
            _ = bell.wait(timeout: .now() + .milliseconds(Self.idleMilliseconds))
        }
    }

    private func lose(_ error: any Error, _ services: GatewayServices) {
        services.bookkeeper.noteStore(isAway: true)
        desk.answer(desk.takeWaiters())
        shipmentRows.store(Self.fewestRows, ordering: .relaxed)
        let isNew = !isAway.exchange(true, ordering: .relaxed)
        if !isNew { return complain("store.away", error) }
        logger.error("store.away", metadata: ["reason": "\(error)"])
    }

    /// Once a minute as long as it lasts.
    func complain(_ what: Logger.Message, _ error: any Error) {
        let isDue = complained.withLock { last in
            guard last.map({ $0.duration(to: .now) >= Self.complaintPeriod }) ?? true else {
                return false
            }
            last = .now
            return true
        }
        if isDue { logger.error(what, metadata: ["reason": "\(error)"]) }
    }

    func noteReturn(_ services: GatewayServices) {
        services.bookkeeper.noteStore(isAway: false)
        guard isAway.exchange(false, ordering: .relaxed) else { return }
        logger.notice("store.back")
    }

    /// One round: everything that is due.
    private func round(_ state: inout SharedStoreState, _ services: GatewayServices) throws {
        try renew(&state)
        try look(&state, services)
        do {
            try ship(&state, services)
        } catch is Outdated {
            try takeUpChanges(&state, services)
        } catch let error as Busy {
            complain("store.busy", error)
        }
        try giveBackEarlier(&state)
        try lease(&state, services)
        try giveBack(&state, services)
        try sweep(&state, services)
    }

    private func leave(_ state: SharedStoreState, _ services: GatewayServices) throws {
        var state = state
        raiseDoubt(to: try outbox.lastNumber())
        try shipAll(&state, services)
        try returnParts(services.bookkeeper.giveUp(.all), state, services)
        if state.hasEarlierLeases { try store.giveBackEarlier(of: state.replica) }
        try outbox.forget(upTo: shippedUpTo.load(ordering: .relaxed))
        try store.deregister(state.replica)
    }
}
