internal import Accounting
internal import Money
internal import SQLite

/// Rows whose cost is stated by a later reply.
extension JournalStatements {
    func insertDeferred(_ attempt: AttemptID, _ key: String) throws {
        try run(
            """
            INSERT INTO deferred_bills (deferred_key, call_id, attempt) VALUES (?, ?, ?)
            ON CONFLICT (deferred_key) DO UPDATE SET call_id = excluded.call_id,
                attempt = excluded.attempt
            """
        ) { row in
            row.bind(key)
            row.bind(attempt.call.description)
            row.bind(Int64(attempt.attempt))
        }
    }

    func renameDeferred(_ key: String, to newKey: String) throws {
        try run("UPDATE OR REPLACE deferred_bills SET deferred_key = ? WHERE deferred_key = ?") {
            $0.bind(newKey)
            $0.bind(key)
        }
    }

    func correct(_ record: RequestRecord, waitingAs key: String) throws {
        try run(
            """
            UPDATE api_cost_tracking SET model = ?, input_tokens = ?, output_tokens = ?,
                total_tokens = ?, cache_read_tokens = ?, cache_write_tokens = ?,
                reasoning_tokens = ?, usage = ?, usage_status = ?, service_tier = ?,
                cost_picodollars = ?, cost_reported_picodollars = ?, price_version = ?,
                metadata = ?
            WHERE call_id = ? AND attempt = ?
            """
        ) { row in
            row.bind(record.model)
            row.bind(record.inputTokens)
            row.bind(record.outputTokens)
            row.bind(record.totalTokens)
            row.bind(record.cacheReadTokens)
            row.bind(record.cacheWriteTokens)
            row.bind(record.reasoningTokens)
            row.bind(record.usage)
            row.bind(record.usageStatus)
            row.bind(record.serviceTier)
            row.bind(record.cost.stored)
            row.bind(record.costReported?.stored)
            row.bind(record.priceVersion)
            row.bind(record.metadata)
            row.bind(record.attempt.call.description)
            row.bind(Int64(record.attempt.attempt))
        }
        try run(
            """
            UPDATE model_performance_metrics SET model = ?, input_tokens = ?, output_tokens = ?
            WHERE call_id = ? AND attempt = ?
            """
        ) { row in
            row.bind(record.model)
            row.bind(record.inputTokens)
            row.bind(record.outputTokens)
            row.bind(record.attempt.call.description)
            row.bind(Int64(record.attempt.attempt))
        }
        try run("DELETE FROM deferred_bills WHERE deferred_key = ?") { $0.bind(key) }
    }
}
