internal import Chronology
internal import Reporting
internal import Stores

/// Alerts, newest first, to be acknowledged.
struct AlertsPage: Sendable {
    struct Alert: Sendable {
        let id: String
        let moment: String
        let severity: String
        let message: String
        let deliveries: String
        let isOpen: Bool
        let acknowledged: String
    }

    let frame: PageFrame
    let alerts: [Alert]
    let showsAll: Bool
    let hasOpen: Bool
    let isEmpty: Bool
    /// Those that are shown: what came since is for another look.
    let openIDs: String

    static let maximumShown = 200
    private static let days: Int64 = 90

    init(
        _ frame: PageFrame, all: Bool, at now: Instant, _ store: any SpendStore
    ) throws(StoreError) {
        self.frame = frame
        showsAll = all
        let records = try store.alerts(
            all: all, since: now.advanced(bySeconds: -Self.days * Instant.secondsPerDay),
            limit: Self.maximumShown)
        alerts = records.map { record in
            Alert(
                id: String(record.id),
                moment: record.timestamp.prefix(10) + " "
                    + record.timestamp.dropFirst(11).prefix(8),
                severity: record.severity, message: record.message.printable,
                deliveries: (record.deliveries ?? "").printable,
                isOpen: record.acknowledgedAt == nil,
                acknowledged: record.acknowledgedAt.map {
                    "\($0.prefix(16)) by \(record.acknowledgedBy ?? "unknown")".printable
                } ?? "")
        }
        hasOpen = alerts.contains(where: \.isOpen)
        isEmpty = alerts.isEmpty
        openIDs = alerts.filter(\.isOpen).map(\.id).joined(separator: ",")
    }
}
