internal import Accounting
internal import Chronology
internal import Config
internal import Crypto
internal import Gateway
internal import LedgerSQLite
internal import Logging
internal import Money
internal import StorePostgres
internal import Stores
internal import Synchronization

extension SharedStoreWorker {
    /// A change is in force within a second; this leaves room for the reading of it.
    private static let lookPeriod = Duration.milliseconds(200)
    /// Between two looks at all windows: for what others have spent, and for alerts that a process
    /// died before writing.
    private static let sweepPeriod = Duration.seconds(1)
    private static let pruningPeriod = Duration.seconds(600)
    /// Seconds for which the time may stand still until the store's has caught up.
    private static let longestStepBack: Int64 = 60
    /// Windows that alerts are remembered of.
    private static let maximumAlerted = 20_000

    /// Takes this process's place among those that share the store, and takes up where its last
    /// start, or the last connection, ended.
    func connect(_ services: GatewayServices, isFirst: Bool) throws -> SharedStoreState {
        let replica = try store.register(
            outbox.replicaID, address: "\(settings.listen)",
            nowMicroseconds: { self.clock.elapsedMicroseconds })
        try follow(replica.clockOffset)
        var state = SharedStoreState(
            replica: replica, hasUUIDUsers: try store.hasUUIDUsers(),
            split: SpendSplit(services.bookkeeper.budgets), marks: [:])
        // They may be left from before a lost connection as well.
        state.hasEarlierLeases = true
        state.earlierOutbox = try outbox.lastNumber()
        if isFirst { try store.setAsideEarlier(of: replica) }
        try takeUpChanges(&state, services)
        // What was under way when the connection was lost is told again first: its rows would be
        // counted as the store's and as on their way. What an earlier start held beyond its slices
        // is in none, so that all of its rows come before a slice is asked for.
        if isFirst { raiseDoubt(to: state.earlierOutbox) }
        try shipAll(&state, services)
        try ledger.mirror(state.split.budgets, try store.keys(), at: clock.now())
        try reconcile(state, services)
        // A limit may be lower than the slices that were leased before.
        try returnParts(services.bookkeeper.giveUp(.all), state, services)
        state.hasCorrected = true
        try sweep(&state, services)
        noteReturn(services)
        return state
    }

    /// A machine that started without the store by a clock that is ahead has dated calls into
    /// windows to come, where a limit would be there once more.
    private func follow(_ offset: Int64) throws {
        let ahead = clock.secondsAhead(ofOffset: offset)
        guard clock.followsStore || ahead <= Self.longestStepBack else {
            throw StoreError(
                "this machine's clock was \(ahead) s ahead of the shared store's when the gateway"
                    + " started without it; set the clock right and start the gateway again")
        }
        clock.follow(offset)
    }

    /// After a connection was lost it is not known what was written of its last statement: what the
    /// store has leased to this process is what counts.
    private func reconcile(_ state: SharedStoreState, _ services: GatewayServices) throws {
        let windows = services.bookkeeper.leasedWindows()
        let leases = try store.leases(of: state.replica, at: clock.now())
        var answers = leases
        let known = Set(leases.map(\.key))
        for window in windows where !known.contains(window.key) {
            answers.append(
                LeaseAnswer(
                    key: window.key, amount: .zero,
                    figures: SharedFigures(settled: .zero, leased: .zero)))
        }
        for index in answers.indices { answers[index].endsBorrowing = true }
        services.bookkeeper.take(answers)
    }

    func look(_ state: inout SharedStoreState, _ services: GatewayServices) throws {
        guard state.lastLook.duration(to: .now) >= Self.lookPeriod else { return }
        state.lastLook = .now
        if try store.changeMarks() != state.marks { try takeUpChanges(&state, services) }
        do throws(PostgresStore.LeaseRefusal) {
            let taken = try store.takeUpForeignRows(
                state.split, version: state.version, for: state.replica)
            // There may be more, and calls wait for leases meanwhile.
            if taken > 0 { state.lastLook = state.lastLook.advanced(by: .zero - Self.lookPeriod) }
        } catch {
            switch error {
            case .fenced: throw Fenced()
            case .outdated: try takeUpChanges(&state, services)
            case .busy: complain("store.busy", Busy())
            case .failed(let failure):
                guard !failure.isPassing else { throw failure }
                // Rows that the app does not let us count keep nobody from anything else.
                complain("rows_of_others.refused", failure)
            }
        }
    }

    /// Puts in force what the store configures, where it has changed.
    func takeUpChanges(_ state: inout SharedStoreState, _ services: GatewayServices) throws {
        defer { services.noteChangeTakenUp() }
        let change = try readChanges(&state, services)
        // Rows of before are in no slice of a limit that is new, so they are told first.
        if change == .newLimits { try shipAll(&state, services) }
        // Only then a start without the store takes these limits for known.
        try ledger.mirror(state.split.budgets, try store.keys(), at: clock.now())
        guard change != .otherThanLimits else { return }
        // What is leased beyond need goes back, as a limit may be lower now; what calls in flight
        // hold of a new one is leased at once.
        try returnParts(services.bookkeeper.giveUp(.all), state, services)
        try take(services.bookkeeper.uncoveredNeeds(), &state, services)
    }

    enum LimitChange { case otherThanLimits, knownLimits, newLimits }

    /// Reads what has changed, and has it bind from now on. Writes no row.
    func readChanges(
        _ state: inout SharedStoreState, _ services: GatewayServices
    ) throws -> LimitChange {
        let marks = try store.changeMarks()
        if marks["keys"] != state.marks["keys"] { services.use(try keyRing()) }
        if marks["breakers"] != state.marks["breakers"] {
            let now = clock.now()
            services.bookkeeper.clear(try store.resetTrips(at: now))
            services.bookkeeper.restore(try store.openTrips(at: now))
        }
        if marks["prices"] != state.marks["prices"], state.marks["prices"] != nil {
            try takeUpPrices(services)
        }
        defer { state.marks = marks }
        guard marks["budgets"] != state.marks["budgets"] else { return .otherThanLimits }
        return try readLimits(&state, version: marks["budgets"] ?? 0, services)
    }

    private func readLimits(
        _ state: inout SharedStoreState, version: Int64, _ services: GatewayServices
    ) throws -> LimitChange {
        // Windows that are gone from here on give back what they had leased.
        if !state.marks.isEmpty {
            try returnParts(services.bookkeeper.giveUp(.all), state, services)
        }
        let budgets = try store.budgets(skipping: { reason in
            self.logger.error("limit.unreadable", metadata: ["reason": "\(reason)"])
        })
        let isNew = budgets != services.bookkeeper.budgets
        // Remembered over a lost connection: until all of these are told, nothing is leased.
        if isNew { raiseDoubt(to: try outbox.lastNumber()) }
        state.split = SpendSplit(budgets)
        try store.countMissing(state.split, version: version, at: clock.now())
        _ = services.bookkeeper.setBudgets(budgets)
        state.alerted = [:]
        return isNew ? .newLimits : .knownLimits
    }

    func keyRing() throws -> KeyRing {
        KeyRing(
            mode: settings.authMode, defaultUser: settings.defaultUser,
            pepper: try KeyVault.pepper(in: settings.state, of: store), keys: try store.keys())
    }

    private func takeUpPrices(_ services: GatewayServices) throws {
        do {
            try SharedPrices(store: store, state: settings.state).pull()
            services.use(try PriceSheetFolder.read(settings.pricing, state: settings.state))
            logger.notice("prices.changed")
        } catch let error as StoreError {
            throw error
        } catch {
            logger.error("prices.refused", metadata: ["reason": "\(error)"])
        }
    }

    func sweep(_ state: inout SharedStoreState, _ services: GatewayServices) throws {
        guard state.hasCorrected || state.lastSweep.duration(to: .now) >= Self.sweepPeriod else {
            return
        }
        state.hasCorrected = false
        state.lastSweep = .now
        if state.alerted.count > Self.maximumAlerted { state.alerted = [:] }
        let now = clock.now()
        let own = Dictionary(
            try store.leases(of: state.replica, at: now).map { ($0.key, $0.amount) }
        ) { first, _ in first }
        var answers: [LeaseAnswer] = []
        for (key, figures) in try store.figures(at: now) {
            try alert(key, figures, &state)
            answers.append(
                LeaseAnswer(key: key, amount: own[key] ?? .zero, figures: figures))
        }
        services.bookkeeper.take(answers)
        try take(services.bookkeeper.uncoveredNeeds(), &state, services)
        try outbox.forget(upTo: shippedUpTo.load(ordering: .relaxed))
        guard state.lastPruning.duration(to: .now) >= Self.pruningPeriod else { return }
        state.lastPruning = .now
        try store.prune(before: now.advanced(bySeconds: -Instant.secondsPerDay))
    }
}
