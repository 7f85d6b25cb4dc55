/// A change that somebody made: of a limit, a key, a price, an alert.
package struct AuditEntry: Sendable {
    package struct Change: Sendable {
        package let actor: String
        /// `limit.change`, `key.revoke`: what was done to what.
        package let action: String
        package let subject: String
        /// JSON, or nil where there was nothing.
        package let before: String?
        package let after: String?

        package init(
            actor: String, action: String, subject: String, before: String?, after: String?
        ) {
            self.actor = actor
            self.action = action
            self.subject = subject
            self.before = before
            self.after = after
        }
    }

    package let id: Int64
    package let timestamp: String
    package let change: Change

    package init(id: Int64, timestamp: String, change: Change) {
        self.id = id
        self.timestamp = timestamp
        self.change = change
    }
}
