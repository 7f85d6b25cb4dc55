import Accounting
import Chronology
import Stores
import Synchronization

struct MemoryDelivery {
    var delivery: AlertDelivery
    var state = "waiting"
    var nextAttempt: Instant
    var attempts: Int64 = 0
    var lastError: String?
}

extension MemoryStore: AlertOutbox {
    /// Once for each budget, window and threshold.
    func raise(_ alert: BudgetAlert) {
        let stored = StoredAlert(alert)
        state.withLock { state in
            let isKnown = state.alerts.contains {
                $0.budgetID == stored.budget.number && $0.window == stored.type
                    && $0.threshold == Int64(stored.threshold)
            }
            guard !isKnown else { return }
            state.alerts.append(
                AlertRecord(
                    id: Int64(state.alerts.count + 1), kind: stored.kind,
                    scope: stored.scope.description, budgetName: stored.name,
                    budgetID: stored.budget.number, userID: stored.scope.userID,
                    window: stored.type, threshold: Int64(stored.threshold),
                    severity: stored.severity, percent: stored.percent, message: stored.message,
                    status: stored.status, timestamp: stored.at, acknowledgedAt: nil,
                    acknowledgedBy: nil, deliveries: nil))
        }
    }

    func alerts(all: Bool, since: Instant, limit: Int) throws(StoreError) -> [AlertRecord] {
        state.withLock { state in
            let chosen = state.alerts.filter {
                (all || $0.acknowledgedAt == nil) && $0.timestamp >= since.text
            }
            return chosen.reversed().prefix(limit).map { alert in
                let texts = state.deliveries.filter { $0.delivery.alert.id == alert.id }.map {
                    let error = $0.state == "delivered" ? nil : $0.lastError
                    return "\($0.delivery.channel): \($0.state)"
                        + (error.map { " (\($0))" } ?? "")
                }
                return alert.changed(
                    deliveries: texts.isEmpty ? nil : texts.joined(separator: ", "))
            }
        }
    }

    func acknowledge(
        _ ids: [Int64]?, by actor: String, at now: Instant
    ) throws(StoreError) -> Int {
        state.withLock { state in
            var count = 0
            for index in state.alerts.indices {
                let alert = state.alerts[index]
                guard alert.acknowledgedAt == nil, ids?.contains(alert.id) ?? true else { continue }
                state.alerts[index] = alert.changed(acknowledgedAt: now.text, by: actor)
                count += 1
                state.note(
                    AuditEntry.Change(
                        actor: actor, action: "alert.acknowledge", subject: "alert \(alert.id)",
                        before: nil, after: nil), at: now)
            }
            return count
        }
    }

    func dispatchAlerts(
        limit: Int, at now: Instant, channels: (AlertRecord) -> [String], messageID: () -> String
    ) throws(StoreError) {
        state.withLock { state in
            let new = state.alerts.filter { !state.dispatched.contains($0.id) }.prefix(limit)
            for alert in new {
                state.dispatched.insert(alert.id)
                let budget = state.budgets.values.first { $0.id.number == alert.budgetID }
                for channel in channels(alert) {
                    state.deliveries.append(
                        MemoryDelivery(
                            delivery: AlertDelivery(
                                id: Int64(state.deliveries.count + 1), channel: channel,
                                messageID: messageID(), attempts: 0, alert: alert,
                                budgetEmail: budget?.alertEmail,
                                budgetWebhook: budget?.alertWebhook), nextAttempt: now))
                }
            }
        }
    }

    func dueDeliveries(limit: Int, at now: Instant) throws(StoreError) -> [AlertDelivery] {
        state.withLock { state in
            state.deliveries.filter { $0.state == "waiting" && $0.nextAttempt <= now }
                .sorted { $0.nextAttempt < $1.nextAttempt }.prefix(limit)
                .map { $0.delivery.tried($0.attempts) }
        }
    }

    func dropDelivery(_ id: Int64) throws(StoreError) {
        state.withLock { state in state.deliveries.removeAll { $0.delivery.id == id } }
    }

    func claim(_ delivery: AlertDelivery, until moment: Instant) throws(StoreError) -> Bool {
        state.withLock { state in
            let found = state.deliveries.firstIndex {
                $0.delivery.id == delivery.id && $0.attempts == delivery.attempts
            }
            guard let found else { return false }
            state.deliveries[found].attempts += 1
            state.deliveries[found].nextAttempt = moment
            return true
        }
    }

    func note(
        _ attempt: DeliveryAttempt, of delivery: AlertDelivery, isLast: Bool, at now: Instant
    ) throws(StoreError) {
        state.withLock { state in
            for index in state.deliveries.indices
            where state.deliveries[index].delivery.id == delivery.id {
                state.deliveries[index].state =
                    attempt.isDelivered ? "delivered" : isLast ? "failed" : "waiting"
                state.deliveries[index].lastError = attempt.error
            }
        }
    }

    func noteZapier(
        _ attempt: DeliveryAttempt, event: String, user: String?, priority: String,
        messageID: String, payload: String, at now: Instant
    ) throws(StoreError) {}
}

extension AlertRecord {
    fileprivate func changed(
        acknowledgedAt: String? = nil, by: String? = nil, deliveries: String? = nil
    ) -> AlertRecord {
        AlertRecord(
            id: id, kind: kind, scope: scope, budgetName: budgetName, budgetID: budgetID,
            userID: userID, window: window, threshold: threshold, severity: severity,
            percent: percent, message: message, status: status, timestamp: timestamp,
            acknowledgedAt: acknowledgedAt ?? self.acknowledgedAt,
            acknowledgedBy: by ?? acknowledgedBy, deliveries: deliveries ?? self.deliveries)
    }
}

extension AlertDelivery {
    fileprivate func tried(_ attempts: Int64) -> AlertDelivery {
        AlertDelivery(
            id: id, channel: channel, messageID: messageID, attempts: attempts, alert: alert,
            budgetEmail: budgetEmail, budgetWebhook: budgetWebhook)
    }
}
