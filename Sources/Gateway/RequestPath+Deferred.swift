internal import Accounting
internal import Metering

/// Replies that state what an earlier call came to.
extension RequestPath {
    /// The name that a later statement of this call's cost will be asked for by.
    func deferredKey(_ reading: UsageReading, _ admission: Admission) -> String? {
        reading.pendingID.map { Self.key($0, admission) }
    }

    private static func key(_ objectID: String, _ admission: Admission) -> String {
        "\(admission.route.upstream.name)/\(objectID)"
    }

    /// Corrects the earlier call's row, once, and waits for that to be durable; any other reply
    /// goes on at once.
    func settleEarlier(_ ending: Settlement.Ending, _ admission: Admission) {
        let reading = reply.meter.reading
        guard case .answered(let status) = ending, (200..<300).contains(status) else {
            deliver()
            return
        }
        noteStoredObject(reading, admission)
        guard let objectID = admission.route.objectID,
            let booked = services.bookkeeper.deferredRecord(Self.key(objectID, admission)),
            reading.status == .exact, reading.pendingID == nil
        else {
            deliver()
            return
        }
        let corrected = Settlement.correction(
            of: booked, admission, reading, prices: services.books.prices)
        let isWaiting = services.bookkeeper.correct(
            corrected, waitingAs: Self.key(objectID, admission), receipt: receipt)
        if !isWaiting { deliver() }
    }

    /// Remembers what a file of requests can cost, and where a batch puts its results.
    private func noteStoredObject(_ reading: UsageReading, _ admission: Admission) {
        guard let objectID = reading.objectID else { return }
        if let file = admission.quotedFile {
            services.bookkeeper.note(file, as: Self.key(objectID, admission))
        }
        if let output = reading.outputObjectID {
            services.bookkeeper.rename(
                Self.key(objectID, admission), to: Self.key(output, admission))
        }
    }
}
