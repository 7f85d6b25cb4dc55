package import Accounting
internal import Chronology
internal import Money
internal import Synchronization

/// Calls whose cost is stated by a later reply.
extension Bookkeeper {
    /// Takes up what waited when the last process ended.
    package func restore(_ bills: [(key: String, RequestRecord)]) {
        deferred.withLock { deferred in
            for (key, record) in bills { deferred.add(record, as: key) }
        }
    }

    package func deferredRecord(_ key: String) -> RequestRecord? {
        deferred.withLock { $0[key] }
    }

    /// The later statement will be asked for by another name.
    package func rename(_ key: String, to newKey: String) {
        ledger.withLock { _ in
            let isKnown = deferred.withLock { deferred in
                guard let record = deferred.take(key) else { return false }
                deferred.add(record, as: newKey)
                return true
            }
            if isKnown { journal.append(.rename(key, to: newKey), receipt: nil) }
        }
    }

    /// Replaces what was booked for a call by what it came to. False where it waits no more, as
    /// another reply has stated it: nothing is booked, and nothing will be told to the receipt.
    package func correct(
        _ record: RequestRecord, waitingAs key: String, receipt: JournalReceipt
    ) -> Bool {
        ledger.withLock { ledger in
            guard let booked = deferred.withLock({ $0.take(key) }) else { return false }
            let difference = Spend(
                record.cost - booked.cost, by: booked.attributes, spentAt: booked.admittedAt)
            let spend = tell(ledger.step(.add(difference), at: clock.now()))
            journal.append(.correct(record, waitingAs: key, spend), receipt: receipt)
            return true
        }
    }

    /// Files of requests that are remembered; a batch of a forgotten one has no bound.
    private static let maximumFiles = 10_000

    package func note(_ file: QuotedFile, as key: String) {
        files.withLock { files in
            if files.count >= Self.maximumFiles { files.removeAll() }
            files[key] = file
        }
    }

    package func quotedFile(_ key: String) -> QuotedFile? { files.withLock { $0[key] } }
}
