internal import Accounting
internal import Chronology
internal import GRDB
internal import Gateway
internal import Metering
internal import Money
internal import SQLite

/// Writes journal entries, inside the writer's transaction.
struct JournalStatements {
    let db: Database

    /// The entries of a group, in their order. What its calls spent is added up first, so that each
    /// window is written once.
    func write(_ entries: some Sequence<JournalEntry>) throws {
        var spent: [SpendEntry] = []
        for entry in entries {
            switch entry {
            case .hold(let record): try insertHold(record)
            case .drop(let attempt): try deleteHold(attempt)
            case .refuse(let record): _ = try insertRow(record)
            case .conclude(let record, let spend):
                try deleteHold(record.attempt)
                // An attempt that has its row is not counted again.
                guard try insertRow(record) else { continue }
                try insertPerformance(record)
                spent += spend
            default:
                // Others read windows, or begin them anew.
                try SpendStatements(db: db).add(spent)
                spent = []
                try writeRare(entry)
            }
        }
        try SpendStatements(db: db).add(spent)
    }

    private func writeRare(_ entry: JournalEntry) throws {
        switch entry {
        case .hold, .drop, .refuse, .conclude, .view: break
        case .alert(let alert): try insertAlert(alert)
        case .trip(let trip):
            try BreakerStatements(db: db).insert(trip)
            try insertAlert(trip)
        case .uncount(let keys): try SpendStatements(db: db).forget(keys)
        case .counted(let keys, let spend):
            try SpendStatements(db: db).add(spend)
            try SpendStatements(db: db).note(counted: keys)
        case .foreign(let spend, let lastRow):
            try SpendStatements(db: db).add(spend)
            try SpendStatements(db: db).note(lastForeign: lastRow)
        case .defer(let attempt, let key): try insertDeferred(attempt, key)
        case .rename(let key, let newKey): try renameDeferred(key, to: newKey)
        case .correct(let record, let key, let spend):
            try correct(record, waitingAs: key)
            try SpendStatements(db: db).add(spend)
        }
    }

    func run(_ sql: String, _ bind: (inout RowWriter) -> Void) throws {
        let statement = try db.cachedStatement(sql: sql)
        var writer = RowWriter(borrowing: statement.sqliteStatement)
        bind(&writer)
        do throws(RowWriter.Failure) {
            try writer.run()
        } catch {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: error.code), message: error.message)
        }
    }

    /// The columns that a hold and a row begin with.
    private static func bindCaller(of record: RequestRecord, to row: inout RowWriter) {
        row.bind(record.attempt.call.description)
        row.bind(Int64(record.attempt.attempt))
        row.bind(record.admittedAt.text)
        row.bind(record.userID)
        row.bind(record.projectID)
        row.bind(record.keyID)
        row.bind(record.sessionID)
        row.bind(record.conversationID)
        row.bind(record.tags)
        row.bind(record.provider)
        row.bind(record.upstream)
        row.bind(record.endpoint)
        row.bind(record.model)
    }

    private func insertHold(_ record: RequestRecord) throws {
        try run(
            """
            INSERT INTO ledger_holds (call_id, attempt, admitted_at, user_id, project_id, key_id,
                session_id, conversation_id, tags, provider, upstream, endpoint, model,
                price_version, held_picodollars, streamed, task_type, model_requested, model_priced,
                uncounted)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """
        ) { row in
            Self.bindCaller(of: record, to: &row)
            row.bind(record.priceVersion)
            row.bind(record.held.stored)
            row.bind(record.streamed)
            row.bind(record.taskType)
            row.bind(record.modelRequested)
            row.bind(record.modelPriced)
            row.bind(record.uncountedList)
        }
    }

    private func deleteHold(_ attempt: AttemptID) throws {
        try run(
            "DELETE FROM ledger_holds WHERE call_id = ? AND attempt = ?"
        ) { row in
            row.bind(attempt.call.description)
            row.bind(Int64(attempt.attempt))
        }
    }

    /// The attempt's id decides that a row is written once, however often it is tried. False where
    /// it was there.
    private func insertRow(_ record: RequestRecord) throws -> Bool {
        try run(
            """
            INSERT INTO api_cost_tracking (call_id, attempt, timestamp, user_id, project_id, key_id,
                session_id, conversation_id, tags, provider, upstream, endpoint, model,
                model_requested, input_tokens, output_tokens, total_tokens, cache_read_tokens,
                cache_write_tokens, reasoning_tokens, usage, usage_status, service_tier,
                inference_geo, cost_picodollars, cost_reported_picodollars, price_version,
                held_picodollars, status, status_code, error_message, request_duration_ms,
                time_to_first_token_ms, streamed, task_type, metadata, model_priced, uncounted)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (call_id, attempt) WHERE call_id IS NOT NULL DO NOTHING
            """
        ) { row in
            Self.bindCaller(of: record, to: &row)
            row.bind(record.modelRequested)
            row.bind(record.inputTokens)
            row.bind(record.outputTokens)
            row.bind(record.totalTokens)
            row.bind(record.cacheReadTokens)
            row.bind(record.cacheWriteTokens)
            row.bind(record.reasoningTokens)
            row.bind(record.usage)
            row.bind(record.usageStatus)
            row.bind(record.serviceTier)
            row.bind(record.inferenceGeo)
            row.bind(record.cost.stored)
            row.bind(record.costReported?.stored)
            row.bind(record.priceVersion)
            row.bind(record.held.stored)
            row.bind(record.status.rawValue)
            row.bind(record.statusCode.map(Int64.init))
            row.bind(record.errorMessage)
            row.bind(record.durationMilliseconds)
            row.bind(record.firstByteMilliseconds)
            row.bind(record.streamed)
            row.bind(record.taskType)
            row.bind(record.metadata)
            row.bind(record.modelPriced)
            row.bind(record.uncountedList)
        }
        return db.changesCount > 0
    }

    private func insertPerformance(_ record: RequestRecord) throws {
        try run(
            """
            INSERT INTO model_performance_metrics (call_id, attempt, timestamp, user_id, model,
                provider, task_type, response_time_ms, time_to_first_token_ms, input_tokens,
                output_tokens, success, error_type, error_message, conversation_id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        ) { row in
            row.bind(record.attempt.call.description)
            row.bind(Int64(record.attempt.attempt))
            row.bind(record.admittedAt.text)
            row.bind(record.userID)
            row.bind(record.model)
            row.bind(record.provider)
            row.bind(record.taskType)
            row.bind(record.durationMilliseconds)
            row.bind(record.firstByteMilliseconds)
            row.bind(record.inputTokens)
            row.bind(record.outputTokens)
            row.bind(record.status == .success)
            row.bind(record.errorClass)
            row.bind(record.errorMessage)
            row.bind(record.conversationID)
        }
    }
}

extension RequestRecord {
    /// A JSON list; nil where everything counts.
    fileprivate var uncountedList: String? {
        uncounted.isEmpty ? nil : "[" + uncounted.map(\.jsonQuoted).joined(separator: ",") + "]"
    }
}
