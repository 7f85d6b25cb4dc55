internal import Chronology
internal import Accounting
internal import Gateway
internal import GRDB
internal import Metering
internal import Money

/// Writes journal entries, inside the writer's transaction.
struct JournalStatements {
    let db: Database

    func write(_ entry: JournalEntry) throws {
        switch entry {
        case .hold(let record): try insertHold(record)
        case .conclude(let record):
            try deleteHold(record.attempt)
            try insertRow(record)
            try insertPerformance(record)
        case .refuse(let record): try insertRow(record)
        case .alert(let alert): try insertAlert(alert)
        case .drop(let attempt): try deleteHold(attempt)
        }
    }

    private func run(_ sql: String, _ arguments: StatementArguments) throws {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        try statement.execute()
    }

    private func insertHold(_ record: RequestRecord) throws {
        try run(
            """
            INSERT INTO ledger_holds (call_id, attempt, admitted_at, user_id, project_id, key_id,
                session_id, conversation_id, tags, provider, upstream, endpoint, model,
                price_version, held_picodollars, streamed, task_type)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                record.attempt.call.description, record.attempt.attempt, record.admittedAt.text,
                record.userID, record.projectID, record.keyID, record.sessionID,
                record.conversationID, record.tags, record.provider, record.upstream,
                record.endpoint, record.model, record.priceVersion, record.held.stored,
                record.streamed, record.taskType,
            ])
    }

    private func deleteHold(_ attempt: AttemptID) throws {
        try run(
            "DELETE FROM ledger_holds WHERE call_id = ? AND attempt = ?",
            [attempt.call.description, attempt.attempt])
    }

    /// The attempt's id decides that a row is written once, however often it is tried.
    private func insertRow(_ record: RequestRecord) throws {
        try run(
            """
            INSERT INTO api_cost_tracking (call_id, attempt, timestamp, user_id, project_id, key_id,
                session_id, conversation_id, tags, provider, upstream, endpoint, model,
                model_requested, input_tokens, output_tokens, total_tokens, cache_read_tokens,
                cache_write_tokens, reasoning_tokens, usage, usage_status, service_tier,
                inference_geo, cost_picodollars, cost_reported_picodollars, price_version,
                held_picodollars, status, status_code, error_message, request_duration_ms,
                time_to_first_token_ms, streamed, task_type, metadata)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (call_id, attempt) WHERE call_id IS NOT NULL DO NOTHING
            """,
            [
                record.attempt.call.description, record.attempt.attempt, record.admittedAt.text,
                record.userID, record.projectID, record.keyID, record.sessionID,
                record.conversationID, record.tags, record.provider, record.upstream,
                record.endpoint, record.model, record.modelRequested, record.inputTokens,
                record.outputTokens, record.totalTokens, record.cacheReadTokens,
                record.cacheWriteTokens, record.reasoningTokens, record.usage, record.usageStatus,
                record.serviceTier, record.inferenceGeo, record.cost.stored,
                record.costReported?.stored, record.priceVersion, record.held.stored,
                record.status.rawValue, record.statusCode, record.errorMessage,
                record.durationMilliseconds, record.firstByteMilliseconds, record.streamed,
                record.taskType, record.metadata,
            ])
    }

    private func insertPerformance(_ record: RequestRecord) throws {
        try run(
            """
            INSERT INTO model_performance_metrics (call_id, attempt, timestamp, user_id, model,
                provider, task_type, response_time_ms, time_to_first_token_ms, input_tokens,
                output_tokens, success, error_type, error_message, conversation_id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                record.attempt.call.description, record.attempt.attempt, record.admittedAt.text,
                record.userID, record.model, record.provider, record.taskType,
                record.durationMilliseconds, record.firstByteMilliseconds, record.inputTokens,
                record.outputTokens, record.status == .success, record.errorClass,
                record.errorMessage, record.conversationID,
            ])
    }

    /// One alert for each budget, window and threshold, whatever the number of calls and starts.
    private func insertAlert(_ alert: ThresholdAlert) throws {
        let standing = alert.standing
        let percent = standing.settled.percentText(of: standing.limit) ?? "0.00"
        var status = JSONObjectText()
        status.add("spent_usd", standing.settled.dollars)
        status.add("held_usd", standing.held.dollars)
        status.add("limit_usd", standing.limit.dollars)
        status.add("percent", percent)
        status.add("resets_at", alert.windowEnd.shortText)
        let message = "\(standing.scope) has spent \(standing.settled.shortDollars) USD, \(percent) %"
            + " of its \(standing.window.rawValue) limit of \(standing.limit.shortDollars) USD"
        try run(
            """
            INSERT INTO budget_alerts (scope, user_id, alert_type, window_start, threshold_pct,
                severity, percent_used, message, status, amount_spent_picodollars,
                limit_picodollars, timestamp)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            [
                standing.scope.description, standing.scope.userID, standing.window.rawValue,
                alert.windowStart.text, alert.threshold, alert.severity.rawValue, percent, message,
                status.closed, standing.settled.stored, standing.limit.stored, alert.at.text,
            ])
    }
}
