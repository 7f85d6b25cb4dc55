internal import Accounting
internal import Chronology
internal import Crypto
internal import Metering
internal import Money
internal import Postgres
package import Reporting
package import Stores

extension PostgresStore {
    package func importCalls(_ calls: [ImportedCall]) throws(StoreError) -> Int {
        let users = try hasUUIDUsers()
        let rows = "[" + calls.map(Self.json).joined(separator: ",") + "]"
        return try run(
            "importing calls",
            users.costs ? Self.importUUIDSQL : Self.importSQL, [rows.withoutNUL]
        ).affectedRows
    }

    /// The same id for the same call of the same source, whoever imports it.
    private static func callID(_ call: ImportedCall) -> CallID {
        let digest = Array(SHA256.hash(data: Array("\(call.source) \(call.key)".utf8)))
        func word(_ first: Int) -> UInt64 {
            digest[first..<first + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let milliseconds = max(0, call.moment.microseconds / 1_000)
        return CallID(milliseconds: UInt64(milliseconds), random: (word(0), word(8)))
    }

    private static func json(_ call: ImportedCall) -> String {
        var object = JSONObjectText()
        object.add("call_id", callID(call).description)
        object.add("at", call.moment.text)
        object.add("user_id", call.user)
        object.add("project_id", call.project)
        object.add("key_id", call.keyName)
        object.add("session_id", call.session)
        object.add("tags", call.tagsJSON)
        object.add("provider", call.provider)
        object.add("upstream", call.upstream)
        object.add("endpoint", call.endpoint)
        object.add("model", call.model)
        object.add("input_tokens", call.usage.inputTokens)
        object.add("output_tokens", call.usage.outputTokens)
        object.add("total_tokens", call.usage.totalTokens)
        object.add("cache_read_tokens", call.usage.cacheReadTokens)
        object.add("cache_write_tokens", call.usage.cacheWriteTokens)
        object.add("reasoning_tokens", call.usage[.reasoning])
        object.add("usage", call.usage.json)
        object.add("usage_status", call.isExact ? "exact" : "estimated")
        object.addRaw("cost", String(call.cost.picodollars))
        object.add("price_version", call.priceVersion)
        object.add("status", call.status)
        object.add("request_duration_ms", call.duration)
        object.add("metadata", call.metadata)
        return object.closed
    }

    /// Rows that no gateway has counted yet; each takes them up within a second.
    private static let head = """
        WITH incoming AS (SELECT * FROM json_to_recordset($1::json) AS r(call_id uuid,
            at timestamptz, user_id text, project_id text, key_id text, session_id text,
            tags text, provider text, upstream text, endpoint text, model text,
            input_tokens bigint, output_tokens bigint, total_tokens bigint,
            cache_read_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint,
            usage text, usage_status text, cost numeric, price_version text, status text,
            request_duration_ms bigint, metadata text)),
        fresh AS (INSERT INTO imported_calls (call_id) SELECT DISTINCT call_id FROM incoming
            ON CONFLICT DO NOTHING RETURNING call_id)
        INSERT INTO api_cost_tracking (call_id, attempt, "timestamp", created_at, payer_id,
            project_id, key_id, session_id, tags, provider, upstream, endpoint, model,
            model_requested, input_tokens, output_tokens, total_tokens, cache_read_tokens,
            cache_write_tokens, reasoning_tokens, usage, usage_status, cost_usd, price_version,
            status, request_duration_ms, streamed, cached, metadata, request_id, counted, user_id)
        SELECT call_id, 1, at, at, user_id, project_id, key_id, session_id, tags::jsonb, provider,
            upstream, endpoint, model, model, input_tokens, output_tokens, total_tokens,
            cache_read_tokens, cache_write_tokens, reasoning_tokens, usage::jsonb, usage_status,
            cost * 0.000000000001, price_version, status, request_duration_ms, false,
            status = 'cached', metadata::jsonb, call_id::text, false,
        """

    private static let tail = """
             FROM incoming JOIN fresh USING (call_id)
        ON CONFLICT (call_id, attempt) WHERE call_id IS NOT NULL DO NOTHING
        """

    private static let importSQL = head + " user_id" + tail
    private static let importUUIDSQL =
        head + """
             CASE WHEN user_id ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
                THEN user_id::uuid END
            """ + tail
}
