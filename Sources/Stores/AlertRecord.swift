/// One row of `budget_alerts`.
package struct AlertRecord: Sendable {
    package let id: Int64
    package let kind: String
    package let scope: String
    package let budgetName: String
    package let budgetID: Int64?
    package let userID: String?
    package let window: String
    package let threshold: Int64
    package let severity: String
    package let percent: String
    package let message: String
    package let status: String
    package let timestamp: String
    package let acknowledgedAt: String?
    package let acknowledgedBy: String?
    /// How its deliveries stand: `ops: delivered`.
    package let deliveries: String?

    package init(
        id: Int64,
        kind: String,
        scope: String,
        budgetName: String,
        budgetID: Int64?,
        userID: String?,
        window: String,
        threshold: Int64,
        severity: String,
        percent: String,
        message: String,
        status: String,
        timestamp: String,
        acknowledgedAt: String?,
        acknowledgedBy: String?,
        deliveries: String?
    ) {
        self.id = id
        self.kind = kind
        self.scope = scope
        self.budgetName = budgetName
        self.budgetID = budgetID
        self.userID = userID
        self.window = window
        self.threshold = threshold
        self.severity = severity
        self.percent = percent
        self.message = message
        self.status = status
        self.timestamp = timestamp
        self.acknowledgedAt = acknowledgedAt
        self.acknowledgedBy = acknowledgedBy
        self.deliveries = deliveries
    }
}

/// An alert that is to go through a channel.
package struct AlertDelivery: Sendable {
    package let id: Int64
    package let channel: String
    package let messageID: String
    package let attempts: Int64
    package let alert: AlertRecord
    /// Of the alert's budget.
    package let budgetEmail: String?
    package let budgetWebhook: String?

    package init(
        id: Int64,
        channel: String,
        messageID: String,
        attempts: Int64,
        alert: AlertRecord,
        budgetEmail: String?,
        budgetWebhook: String?
    ) {
        self.id = id
        self.channel = channel
        self.messageID = messageID
        self.attempts = attempts
        self.alert = alert
        self.budgetEmail = budgetEmail
        self.budgetWebhook = budgetWebhook
    }
}

/// How one try of a delivery went.
package struct DeliveryAttempt: Sendable {
    package let isDelivered: Bool
    package let status: Int?
    package let error: String?
    package let milliseconds: Int64

    package init(isDelivered: Bool, status: Int?, error: String?, milliseconds: Int64) {
        self.isDelivered = isDelivered
        self.status = status
        self.error = error
        self.milliseconds = milliseconds
    }
}
