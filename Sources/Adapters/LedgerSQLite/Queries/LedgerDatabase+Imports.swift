internal import Chronology
internal import GRDB
internal import Metering
internal import Money
package import Reporting
package import Stores

extension LedgerDatabase {
    package func importCalls(_ calls: [ImportedCall]) throws(StoreError) -> Int {
        try write("importing calls") { db in
            let known = try db.cachedStatement(
                sql: "INSERT INTO imported_calls VALUES (?, ?) ON CONFLICT DO NOTHING")
            let row = try db.cachedStatement(sql: Self.importSQL)
            var written = 0
            for call in calls {
                try known.execute(arguments: [call.source, call.key])
                guard db.changesCount > 0 else { continue }
                guard let picodollars = call.cost.stored else {
                    throw StoreError("importing calls: \(call.key) costs more than a row can hold")
                }
                try row.execute(arguments: [
                    call.moment.text, call.user, call.project, call.keyName, call.session,
                    call.tagsJSON, call.provider, call.upstream, call.endpoint, call.model,
                    call.model,
                    call.usage.inputTokens, call.usage.outputTokens, call.usage.totalTokens,
                    call.usage.cacheReadTokens, call.usage.cacheWriteTokens,
                    call.usage[.reasoning], call.usage.json,
                    call.isExact ? "exact" : "estimated", picodollars, call.priceVersion,
                    call.status, call.duration, call.metadata,
                ])
                written += 1
            }
            return written
        }
    }

    private static let importSQL = """
        INSERT INTO api_cost_tracking (timestamp, user_id, project_id, key_id, session_id, tags,
            provider, upstream, endpoint, model, model_requested, input_tokens, output_tokens,
            total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usage,
            usage_status, cost_picodollars, price_version, status, request_duration_ms, metadata)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
}
