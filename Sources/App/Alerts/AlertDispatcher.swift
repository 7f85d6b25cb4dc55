internal import AlertDelivery
internal import Chronology
internal import Gateway
internal import LedgerSQLite
internal import Logging
internal import ServiceLifecycle
internal import Stores

/// Sends alerts out of the store, beside the calls: what is not delivered is tried again later,
/// also by the next process.
struct AlertDispatcher: Service {
    private static let period = Duration.milliseconds(250)
    /// After a failure, doubled with each that follows: a store that is away is no news each time.
    private static let longestPeriod = Duration.seconds(30)
    /// Alerts that are taken up, and deliveries that are tried, in one round.
    private static let roundSize = 32
    /// Receivers that are waited for at once.
    private static let maximumAtOnce = 8

    let database: any AlertOutbox
    let channels: [AlertChannel]
    let sender: AlertSender
    let clock: any WallClock
    let ids: any CallIDSource
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var period = Self.period
            while !Task.isCancelled {
                period = await round() ? Self.period : min(period * 2, Self.longestPeriod)
                try? await Task.sleep(for: period)
            }
        }
    }

    /// False where the store could not be read.
    private func round() async -> Bool {
        do {
            try database.dispatchAlerts(
                limit: Self.roundSize, at: clock.now(), channels: names,
                messageID: { "msg_\(ids.next())" })
            let due = try database.dueDeliveries(limit: Self.roundSize, at: clock.now())
            await withTaskGroup(of: Void.self) { tasks in
                for (index, delivery) in due.enumerated() {
                    if index >= Self.maximumAtOnce { await tasks.next() }
                    // A stop waits for what is under way, and begins nothing.
                    if Task.isCancelled { break }
                    tasks.addTask { await deliver(delivery) }
                }
            }
            return true
        } catch {
            logger.error("alerts.unreadable", metadata: ["reason": "\(error)"])
            return false
        }
    }

    private static let budgetWebhook = "webhook of the budget"
    private static let budgetEmail = "e-mail of the budget"

    /// Every channel that takes the severity, and those of the budget itself.
    private func names(_ alert: AlertRecord) -> [String] {
        let own = alert.budgetID == nil ? [] : [Self.budgetWebhook, Self.budgetEmail]
        return channels.filter { $0.takes(severity: alert.severity) }.map(\.name) + own
    }

    /// The channel of a delivery; nil where the budget has none, or the config has it no more.
    private func channel(of delivery: AlertDelivery) -> AlertChannel? {
        switch delivery.channel {
        case Self.budgetWebhook:
            return delivery.budgetWebhook.map { url in
                var channel = AlertChannel(
                    name: delivery.channel, kind: .webhook, url: Secret(url))
                channel.secret = channels.first { $0.kind == .webhook }?.secret
                return channel
            }
        case Self.budgetEmail:
            guard let address = delivery.budgetEmail,
                var channel = channels.first(where: { $0.kind == .email })
            else { return nil }
            channel.to = [address]
            return channel
        default: return channels.first { $0.name == delivery.channel }
        }
    }

    private func deliver(_ delivery: AlertDelivery) async {
        do {
            guard let channel = channel(of: delivery) else { return try giveUp(delivery) }
            // The next try is set before this one is made: a store that cannot be written lets
            // nothing be sent, rather than the same again and again.
            let delay = RetrySchedule.delay(after: delivery.attempts + 1)
            let isOurs = try database.claim(
                delivery,
                until: clock.now().advanced(bySeconds: delay ?? RetrySchedule.longestSeconds))
            guard isOurs else { return }
            let message = AlertMessage(delivery.alert, messageID: delivery.messageID)
            let outcome = await sender.send(message, through: channel)
            try note(outcome, message, delivery, channel, isLast: delay == nil)
        } catch {
            logger.error("alerts.unwritable", metadata: ["reason": "\(error)"])
        }
    }

    private func note(
        _ outcome: AlertSender.Outcome, _ message: AlertMessage, _ delivery: AlertDelivery,
        _ channel: AlertChannel, isLast: Bool
    ) throws {
        let attempt = DeliveryAttempt(
            isDelivered: outcome.isDelivered, status: outcome.status, error: outcome.error,
            milliseconds: outcome.milliseconds)
        if let error = outcome.error {
            logger.warning(
                "alert.not_delivered",
                metadata: [
                    "channel": "\(channel.name)", "alert": "\(delivery.alert.id)",
                    "reason": "\(error)", "is last try": "\(isLast)",
                ])
        }
        try database.note(attempt, of: delivery, isLast: isLast, at: clock.now())
        if channel.kind == .zapier {
            try database.noteZapier(
                attempt, event: "budget_\(message.kind)", user: message.userID,
                priority: message.priority, messageID: message.messageID,
                payload: message.json, at: clock.now())
        }
    }

    /// A budget that names no address of its own is owed nothing; what else has no channel is
    /// shown as failed.
    private func giveUp(_ delivery: AlertDelivery) throws {
        let isOwed =
            switch delivery.channel {
            case Self.budgetWebhook: delivery.budgetWebhook != nil
            case Self.budgetEmail: delivery.budgetEmail != nil
            default: true
            }
        guard isOwed else { return try database.dropDelivery(delivery.id) }
        let reason =
            delivery.channel == Self.budgetEmail
            ? "the config has no channel of kind email to send it through"
            : "the config has no channel '\(delivery.channel)' any more"
        try database.note(
            DeliveryAttempt(isDelivered: false, status: nil, error: reason, milliseconds: 0),
            of: delivery, isLast: true, at: clock.now())
    }
}

extension AlertMessage {
    init(_ alert: AlertRecord, messageID: String) {
        self.init(
            alertID: alert.id, messageID: messageID, kind: alert.kind, scope: alert.scope,
            budgetName: alert.budgetName, userID: alert.userID, window: alert.window,
            threshold: alert.threshold, severity: alert.severity, message: alert.message,
            status: alert.status, timestamp: alert.timestamp)
    }
}
