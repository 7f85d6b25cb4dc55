package import Money

/// Calls whose cost is known only later: stored responses, batches, transcripts. Each waits under
/// the name that the later reply is asked for by, and is settled there once.
package struct DeferredBills: Sendable {
    /// More than any provider lets go on at once; when full, the oldest stay as they are booked.
    package static let maximumBills = 100_000

    private var records: [String: RequestRecord] = [:]
    private var order: [String] = []

    package init() {}

    package var count: Int { records.count }

    package mutating func add(_ record: RequestRecord, as key: String) {
        if records.updateValue(record, forKey: key) == nil { order.append(key) }
        guard records.count > Self.maximumBills, !order.isEmpty else { return }
        records[order.removeFirst()] = nil
    }

    package subscript(_ key: String) -> RequestRecord? { records[key] }

    /// The record, which is then nowhere under this name.
    package mutating func take(_ key: String) -> RequestRecord? {
        guard let record = records.removeValue(forKey: key) else { return nil }
        if order.count > 2 * (records.count + 16) { order.removeAll { records[$0] == nil } }
        return record
    }
}

/// A file of requests that came through the gateway: what a batch of it can cost at most.
package struct QuotedFile: Sendable {
    package let model: String
    package let amount: Amount

    package init(model: String, amount: Amount) {
        self.model = model
        self.amount = amount
    }
}
