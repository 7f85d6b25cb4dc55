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
