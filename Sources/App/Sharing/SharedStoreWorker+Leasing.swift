internal import Accounting
internal import Chronology
internal import Gateway
internal import Money
internal import StorePostgres
internal import Stores
internal import Synchronization

extension SharedStoreWorker {
    /// Seconds without a call after which a slice goes back.
    private static let idleSeconds: Int64 = 2
    private static let returnPeriod = Duration.milliseconds(50)
    /// Between two askings for what others have leased.
    private static let contentionPause = Duration.milliseconds(60)
    /// A process that was silent for so long is another one to the rest.
    private static let renewalPeriod = Duration.seconds(10)

    struct Fenced: Error, CustomStringConvertible {
        var description: String {
            "another gateway uses this state directory, or a copy of it: it has taken over this"
                + " one's leases; give each gateway a state directory of its own"
        }
    }

    /// Asks the store for what the waiting calls lack, and has them look again.
    func lease(_ state: inout SharedStoreState, _ services: GatewayServices) throws {
        guard ContinuousClock.now >= state.nextLease else { return }
        let waiters = desk.takeWaiters()
        guard !waiters.isEmpty else { return }
        do {
            let needs = services.bookkeeper.needs(of: waiters)
            try take(needs, &state, services)
            if services.bookkeeper.needs(of: waiters).contains(where: { $0.amount > .zero }) {
                state.nextLease = .now.advanced(by: Self.contentionPause)
            }
            desk.answer(waiters)
        } catch {
            desk.putBack(waiters)
            throw error
        }
    }

    /// Leases what is needed; where the limits have changed meanwhile, by what they are now.
    func take(
        _ needs: [LeaseNeed], _ state: inout SharedStoreState, _ services: GatewayServices
    ) throws {
        guard !needs.isEmpty else { return }
        do throws(PostgresStore.LeaseRefusal) {
            let answers = try store.lease(
                needs, for: state.replica, version: state.version, at: clock.now())
            services.bookkeeper.take(answers)
        } catch {
            switch error {
            case .fenced: throw Fenced()
            case .outdated: try takeUpChanges(&state, services)
            case .busy: throw Busy()
            case .failed(let failure): throw failure
            }
        }
    }

    func giveBack(_ state: inout SharedStoreState, _ services: GatewayServices) throws {
        guard state.lastReturn.duration(to: .now) >= Self.returnPeriod else { return }
        state.lastReturn = .now
        let wanted = try store.contended(state.replica)
        if !wanted.isEmpty {
            try returnParts(services.bookkeeper.giveUp(.wanted(wanted)), state, services)
        }
        try returnParts(
            services.bookkeeper.giveUp(.unused(seconds: Self.idleSeconds)), state, services)
    }

    func returnParts(
        _ parts: [LeaseKey: Amount], _ state: SharedStoreState, _ services: GatewayServices
    ) throws {
        guard !parts.isEmpty else { return }
        do throws(PostgresStore.LeaseRefusal) {
            let answers = try store.giveBack(parts, of: state.replica, at: clock.now())
            services.bookkeeper.take(answers)
        } catch {
            switch error {
            case .failed(let failure): throw failure
            // Its limits are locked against nothing, so that it can only be fenced.
            case .fenced, .outdated: throw Fenced()
            case .busy: throw Busy()
            }
        }
    }

    /// Once everything is told that an earlier start left, its slices go back.
    func giveBackEarlier(_ state: inout SharedStoreState) throws {
        guard state.hasEarlierLeases,
            shippedUpTo.load(ordering: .relaxed) >= state.earlierOutbox
        else { return }
        try store.giveBackEarlier(of: state.replica)
        state.hasEarlierLeases = false
    }

    func renew(_ state: inout SharedStoreState) throws {
        guard state.lastRenewal.duration(to: .now) >= Self.renewalPeriod else { return }
        let offset = try store.renew(
            state.replica, nowMicroseconds: { self.clock.elapsedMicroseconds })
        guard let offset else { throw Fenced() }
        clock.follow(offset)
        state.lastRenewal = .now
    }
}
