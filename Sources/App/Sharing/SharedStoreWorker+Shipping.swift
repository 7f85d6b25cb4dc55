internal import Accounting
internal import Chronology
internal import Gateway
internal import LedgerSQLite
internal import Logging
internal import StorePostgres
internal import Stores
internal import Synchronization

extension SharedStoreWorker {
    /// Rows of one shipment, which bounds how long a call waits for a lease behind it. After a
    /// failure they are few, so that a store that is there for moments gets on.
    private static let mostRows = 400
    static let fewestRows = 25
    /// Rows after which the outbox is tidied, and the time after which in any case.
    private static let tidyRows: Int64 = 5_000
    /// Times that a shipment is tried over limits that change meanwhile.
    private static let maximumRereadings = 20

    /// Brings the store what it has not heard, up to one shipment; returns how much.
    @discardableResult
    func ship(_ state: inout SharedStoreState, _ services: GatewayServices) throws -> Int {
        let items = try outbox.items(
            after: shippedUpTo.load(ordering: .relaxed),
            limit: shipmentRows.load(ordering: .relaxed))
        if let last = items.last { raiseDoubt(to: last.number) }
        var rows: [OutboxRow] = []
        for item in items {
            if case .row(let row, isCorrection: false) = item.content {
                rows.append(row)
                continue
            }
            // In order: what stands before it goes first.
            try ship(rows, &state, services)
            rows = []
            try tell(item, &state, services)
        }
        try ship(rows, &state, services)
        if let last = items.last { try note(last.number) }
        let size = shipmentRows.load(ordering: .relaxed)
        if items.count == size {
            shipmentRows.store(min(size * 2, Self.mostRows), ordering: .relaxed)
        }
        return items.count
    }

    /// What the store refuses for good is told to people, and keeps nothing behind it.
    private func unlessRefused(_ what: Logger.Message, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as StoreError where error.isAboutValues {
            logger.error(what, metadata: ["reason": "\(error)"])
        }
    }

    private func note(_ number: Int64) throws {
        let before = shippedUpTo.exchange(number, ordering: .relaxed)
        if before / Self.tidyRows != number / Self.tidyRows { try outbox.forget(upTo: number) }
    }

    private func tell(
        _ item: OutboxItem, _ state: inout SharedStoreState, _ services: GatewayServices
    ) throws {
        switch item.content {
        case .alert(let json):
            try unlessRefused("alert.refused") { try self.store.insertAlert(json: json) }
        case .trip(let json):
            let replica = state.replica
            try unlessRefused("trip.refused") {
                try self.store.insertTrip(json: json, of: replica)
            }
        case .row(let row, _):
            let (split, version, replica) = (state.split, state.version, state.replica)
            let isFound = try current {
                () throws(PostgresStore.LeaseRefusal) in
                try self.store.correct(
                    row, split: split, version: version, of: replica, at: self.clock.now())
            }
            if !isFound {
                logger.error("correction.lost", metadata: ["call": "\(row.attempt.call)"])
            }
            state.hasCorrected = true
        }
    }

    private func ship(
        _ rows: [OutboxRow], _ state: inout SharedStoreState, _ services: GatewayServices
    ) throws {
        guard !rows.isEmpty else { return }
        let attempts = rows.map(\.attempt)
        let parts = services.bookkeeper.leaseParts(of: attempts)
        let answers: [LeaseAnswer]
        do {
            let shipment = PostgresStore.Shipment(
                rows: rows, leaseParts: parts, split: state.split, version: state.version,
                hasUUIDUsers: state.hasUUIDUsers)
            let replica = state.replica
            answers = try current { () throws(PostgresStore.LeaseRefusal) in
                try self.store.ship(shipment, of: replica, at: self.clock.now())
            }
        } catch let error as StoreError where error.isAboutValues {
            // One of them is refused: each goes by itself, and that one without what is beside its
            // figures.
            if rows.count > 1 {
                for row in rows { try ship([row], &state, services) }
            } else if let row = rows.first, let plain = row.plain() {
                logger.error("row.refused", metadata: ["reason": "\(error)"])
                try ship([plain], &state, services)
            } else {
                // It stays in the local ledger, whose row nobody else has.
                logger.critical(
                    "row.not_taken",
                    metadata: ["call": "\(rows[0].attempt.call)", "reason": "\(error)"])
                services.bookkeeper.forgetLeaseParts(of: attempts)
            }
            return
        }
        services.bookkeeper.take(answers)
        services.bookkeeper.forgetLeaseParts(of: attempts)
        for answer in answers { try alert(answer.key, answer.figures, &state) }
    }

    /// The limits have changed since they were read: nothing was written. A shipment begins anew
    /// with what they are now, and never within another.
    struct Outdated: Error {}

    /// Somebody keeps rows or sums locked: nothing was written, and leases go on meanwhile.
    struct Busy: Error, CustomStringConvertible {
        var description: String {
            "a transaction of another program has kept the tables of calls locked; rows wait in the"
                + " local ledger until it ends"
        }
    }

    private func current<Value>(
        _ body: () throws(PostgresStore.LeaseRefusal) -> Value
    ) throws -> Value {
        do throws(PostgresStore.LeaseRefusal) {
            return try body()
        } catch {
            switch error {
            case .fenced: throw Fenced()
            case .outdated: throw Outdated()
            case .busy: throw Busy()
            case .failed(let failure): throw failure
            }
        }
    }

    /// Entries up to this one are told before anything is leased.
    func raiseDoubt(to number: Int64) { doubtfulUpTo.max(number, ordering: .relaxed) }

    /// Tells everything that is in doubt, by the limits as they are then.
    func shipAll(_ state: inout SharedStoreState, _ services: GatewayServices) throws {
        for _ in 0..<Self.maximumRereadings {
            do {
                while shippedUpTo.load(ordering: .relaxed) < doubtfulUpTo.load(ordering: .relaxed),
                    try ship(&state, services) > 0
                {
                    try renew(&state)
                }
                return
            } catch is Outdated {
                _ = try readChanges(&state, services)
            } catch is Busy {
                try renew(&state)
            }
        }
        throw StoreError(
            "rows cannot be written to the shared store: its limits change meanwhile, or another"
                + " transaction keeps its tables locked", isPassing: true)
    }

    /// Writes the alerts that a window's standing calls for; the store keeps each once.
    func alert(
        _ key: LeaseKey, _ figures: SharedFigures, _ state: inout SharedStoreState
    ) throws {
        let alerts = state.split.alerts(
            key, figures, beyond: state.alerted[key] ?? 0, at: clock.now())
        for alert in alerts { try store.insertAlert(json: StoredAlert(alert).json) }
        if let highest = alerts.map(\.threshold).max() { state.alerted[key] = highest }
    }
}
