package import Money

/// Calls whose cost is known only later: stored responses, batches, transcripts. Each waits under
/// the name that the later reply is asked for by, and is settled there once.
package struct DeferredBills: Sendable {
    /// More than any provider lets go on at once; when full, the oldest stay as they are booked.
    package static let maximumBills = 100_000

    private struct Bill: Sendable {
        let record: RequestRecord
        let serial: UInt64
    }

    private var bills: [String: Bill] = [:]
    /// Names in the order of their bills; those whose bill is gone or newer count no more.
    private var order: [(key: String, serial: UInt64)] = []
    private var serial: UInt64 = 0

    package init() {}

    package var count: Int { bills.count }

    package mutating func add(_ record: RequestRecord, as key: String) {
        serial += 1
        bills[key] = Bill(record: record, serial: serial)
        order.append((key, serial))
        if bills.count > Self.maximumBills { forgetOldest() }
        if order.count > 2 * (bills.count + 16) {
            order.removeAll { bills[$0.key]?.serial != $0.serial }
        }
    }

    private mutating func forgetOldest() {
        guard let index = order.firstIndex(where: { bills[$0.key]?.serial == $0.serial }) else {
            return
        }
        bills[order[index].key] = nil
        order.removeFirst(index + 1)
    }

    package subscript(_ key: String) -> RequestRecord? { bills[key]?.record }

    /// The record, which is then nowhere under this name.
    package mutating func take(_ key: String) -> RequestRecord? {
        bills.removeValue(forKey: key)?.record
    }
}

/// A file of requests that came through the gateway: what a batch of it can cost at most.
package struct QuotedFile: Sendable {
    /// Of its requests; the first is the one that the batch is booked under.
    package let models: [String]
    package let amount: Amount

    package init(models: [String], amount: Amount) {
        self.models = models
        self.amount = amount
    }
}
