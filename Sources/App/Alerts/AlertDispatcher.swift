internal import AlertDelivery
internal import Chronology
internal import Gateway
internal import LedgerSQLite
internal import Logging
internal import ServiceLifecycle

/// Sends alerts out of the store, beside the calls: what is not delivered is tried again later,
/// also by the next process.
struct AlertDispatcher: Service {
    private static let period = Duration.milliseconds(250)
    /// Alerts that are taken up, and deliveries that are tried, in one round.
    private static let roundSize = 32
    /// Receivers that are waited for at once.
    private static let maximumAtOnce = 8

    let database: LedgerDatabase
    let channels: [AlertChannel]
    let sender: AlertSender
    let clock: any WallClock
    let ids: any CallIDSource
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await round()
                try? await Task.sleep(for: Self.period)
            }
        }
    }

    private func round() async {
        do {
            try database.dispatchAlerts(
                limit: Self.roundSize, at: clock.now(), channels: names,
                messageID: { "msg_\(ids.next())" })
            let due = try database.dueDeliveries(limit: Self.roundSize, at: clock.now())
            var begin = 0
            while begin < due.count {
                let group = due[begin..<min(begin + Self.maximumAtOnce, due.count)]
                await withTaskGroup(of: Void.self) { tasks in
                    for delivery in group { tasks.addTask { await deliver(delivery) } }
                }
                begin += Self.maximumAtOnce
            }
        } catch {
            logger.error("alerts.unreadable", metadata: ["reason": "\(error)"])
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
        guard let channel = channel(of: delivery) else {
            forget(delivery)
            return
        }
        let message = AlertMessage(delivery.alert, messageID: delivery.messageID)
        let outcome = await sender.send(message, through: channel)
        let now = clock.now()
        let attempt = DeliveryAttempt(
            isDelivered: outcome.isDelivered, status: outcome.status, error: outcome.error,
            milliseconds: outcome.milliseconds)
        let delay = RetrySchedule.delay(after: delivery.attempts + 1)
        do {
            try database.note(
                attempt, of: delivery, nextTry: delay.map { now.advanced(bySeconds: $0) }, at: now)
            if channel.kind == .zapier {
                try database.noteZapier(
                    attempt, event: "budget_\(message.kind)", user: message.userID,
                    priority: message.priority, messageID: message.messageID,
                    payload: message.json, at: now)
            }
        } catch {
            logger.error("alerts.unlogged", metadata: ["reason": "\(error)"])
        }
        if let error = outcome.error {
            logger.warning(
                "alert.not_delivered",
                metadata: [
                    "channel": "\(channel.name)", "alert": "\(delivery.alert.id)",
                    "reason": "\(error)", "next try in seconds": "\(delay ?? -1)",
                ])
        }
    }

    private func forget(_ delivery: AlertDelivery) {
        let isOfBudget = [Self.budgetEmail, Self.budgetWebhook].contains(delivery.channel)
        let reason = isOfBudget ? nil : "the config has no channel '\(delivery.channel)' any more"
        do {
            if isOfBudget {
                try database.dropDelivery(delivery.id)
            } else {
                try database.note(
                    DeliveryAttempt(
                        isDelivered: false, status: nil, error: reason, milliseconds: 0),
                    of: delivery, nextTry: nil, at: clock.now())
            }
        } catch {
            logger.error("alerts.unlogged", metadata: ["reason": "\(error)"])
        }
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
