package import Chronology

/// What a retention deletes, and after how many days.
package struct RetentionRule: Sendable {
    /// Kinds of rows, by the table they are in.
    package enum Subject: String, CaseIterable, Sendable {
        case calls = "api_cost_tracking"
        case performance = "model_performance_metrics"
        /// Only those that somebody has acknowledged.
        case alerts = "budget_alerts"
        case audit = "audit_log"
    }

    package let subject: Subject
    package let cutoff: Instant

    package init(subject: Subject, cutoff: Instant) {
        self.subject = subject
        self.cutoff = cutoff
    }
}

/// A copy of a store.
package struct BackupListing: Sendable {
    package let createdAt: String
    package let path: String
    package let bytes: Int64?
    package let sha256: String?

    package init(createdAt: String, path: String, bytes: Int64?, sha256: String?) {
        self.createdAt = createdAt
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// Deleting what is old, and keeping copies.
package protocol StoreUpkeep: Sendable {
    /// How many rows a rule would delete.
    func countExpired(_ rule: RetentionRule) throws(StoreError) -> Int
    /// Deletes up to `limit` rows of a rule, which bounds how long others wait; returns how many.
    func deleteExpired(_ rule: RetentionRule, limit: Int) throws(StoreError) -> Int
    /// Notes a run of retention.
    func note(
        retention rule: RetentionRule, deleted: Int, began: Instant, at now: Instant
    ) throws(StoreError)
    /// Notes a backup.
    func note(backup: BackupListing) throws(StoreError)
    /// Backups, newest first.
    func backups() throws(StoreError) -> [BackupListing]
}
