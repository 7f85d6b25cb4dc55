package import Accounting
package import Chronology
internal import Money
internal import Postgres
package import Reporting
package import Stores

extension PostgresStore {
    private static let callColumns = """
        SELECT call_id, attempt,
            to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), user_id,
            project_id, key_id, session_id, conversation_id, tags::text, provider, upstream,
            endpoint, model, model_requested, input_tokens, output_tokens, total_tokens,
            cache_read_tokens, cache_write_tokens, reasoning_tokens, usage::text, usage_status,
            service_tier, inference_geo, (cost_usd * 1000000000000)::numeric(38,0),
            (cost_reported_usd * 1000000000000)::numeric(38,0), price_version,
            (held_usd * 1000000000000)::numeric(38,0), status, status_code, error_message,
            request_duration_ms, time_to_first_token_ms, streamed, task_type, metadata::text
        FROM spend_rows
        """
    private static let newestSQL = callColumns + chosen
    static let chosen = """
         WHERE "timestamp" >= $1::timestamptz AND "timestamp" < $2::timestamptz
            AND ($18::timestamptz IS NULL OR "timestamp" <= $18::timestamptz)
            AND ($5::text IS NULL OR status = $5)
            AND ($6::text IS NULL OR coalesce(user_id, '') = $6)
            AND ($7::text IS NULL OR coalesce(model, '') = $7)
            AND ($8::text IS NULL OR coalesce(provider, '') = $8)
            AND ($9::text IS NULL OR coalesce(endpoint, '') = $9)
            AND ($10::text IS NULL OR coalesce(upstream, '') = $10)
            AND ($11::text IS NULL OR coalesce(task_type, '') = $11)
            AND ($12::text IS NULL OR coalesce(project_id, '') = $12)
            AND ($13::text IS NULL OR coalesce(key_id, '') = $13)
            AND ($14::text IS NULL OR coalesce(session_id, '') = $14)
            AND ($15::text IS NULL OR coalesce(conversation_id, '') = $15)
            AND ($17::text IS NULL OR coalesce(tags ->> $16::text, '') = $17)
        ORDER BY "timestamp" DESC, id DESC LIMIT $3::int OFFSET $4::int
        """
    private static let oneCallSQL = callColumns + " WHERE call_id = $1::uuid ORDER BY attempt"

    package func calls(_ query: CallQuery) throws(StoreError) -> [CallRow] {
        Self.callRows(try run("reading calls", Self.newestSQL, Self.values(of: query)))
    }

    /// Bound by the statements of lists and of samples alike.
    static func values(of query: CallQuery) -> [String?] {
        let told: [SpendDimension] = [
            .user, .model, .provider, .endpoint, .upstream, .taskType, .project, .key, .session,
            .conversation,
        ]
        return [
            query.since.text, query.until.text, String(query.limit), String(query.offset),
            query.status,
        ] + told.map(query.value(of:)) + [
            query.tagFilter?.name, query.tagFilter?.value, query.cursor,
        ]
    }

    /// Day by day, as an index has each day's calls by their cost.
    private static let dearestSQL = """
        WITH span AS MATERIALIZED (
            SELECT greatest($1::timestamptz, min("timestamp")) AS oldest,
                least($2::timestamptz, max("timestamp")) AS newest
            FROM api_cost_tracking
        ),
        dear AS (
            SELECT c.id FROM span CROSS JOIN generate_series(
                    (span.oldest AT TIME ZONE 'UTC')::date::timestamp,
                    (span.newest AT TIME ZONE 'UTC')::date::timestamp, interval '1 day') AS d (day)
                CROSS JOIN LATERAL (
                    SELECT r.id, r.cost_usd, r."timestamp" FROM api_cost_tracking AS r
                    WHERE (r."timestamp" AT TIME ZONE 'UTC')::date = d.day::date
                        AND r."timestamp" >= $1::timestamptz AND r."timestamp" < $2::timestamptz
                        AND r.status IS DISTINCT FROM 'blocked'
                        AND r.endpoint IS DISTINCT FROM 'adjustment'
                    ORDER BY r.cost_usd DESC LIMIT $3::int) AS c
            ORDER BY c.cost_usd DESC, c."timestamp" DESC LIMIT $3::int
        )
        SELECT id::text FROM dear
        """

    package func dearestCalls(
        since: Instant, until: Instant, limit: Int
    ) throws(StoreError) -> [CallRow] {
        let ids = try run(
            "looking for the dearest calls", Self.dearestSQL,
            [since.text, until.text, String(limit)])
        let list = ids.rows.compactMap { ids.text($0, 0) }
        guard !list.isEmpty else { return [] }
        let rows = try run(
            "reading the dearest calls", Self.chosenSQL,
            ["{\(list.joined(separator: ","))}", since.text, until.text])
        return CallRow.dearest(Self.callRows(rows), limit)
    }

    /// By time as well, which every shape of the app's table has an index on.
    private static let chosenSQL =
        callColumns + """
             WHERE id = ANY ($1::text[]) AND "timestamp" >= $2::timestamptz
                AND "timestamp" < $3::timestamptz
            """

    package func rate(_ call: CallID, _ rating: CallRating) throws(StoreError) -> Bool {
        try run(
            "rating a call",
            "UPDATE model_performance_metrics SET user_rating = $2::int WHERE call_id = $1::uuid",
            [call.description, String(rating.rawValue)]
        ).affectedRows > 0
    }

    package func attempts(of call: CallID) throws(StoreError) -> [CallRow] {
        Self.callRows(try run("reading a call", Self.oneCallSQL, [call.description]))
    }

    private static func callRows(_ result: PostgresResult) -> [CallRow] {
        result.rows.map { row in
            CallRow(
                cells: CallRow.columns.enumerated().map { index, column in
                    switch column {
                    case .text: .text(result.text(row, index))
                    case .number: .number(result.number(row, index))
                    case .flag: .flag(result.flag(row, index))
                    case .json: .json(result.text(row, index) ?? "null")
                    case .money: .money(result.amount(row, index))
                    }
                })
        }
    }

    /// Calls that a reading asks the server for at once.
    private static let pageSize = 5_000

    package func pastCalls(
        since: Instant, until: Instant, _ body: (PastCall) -> Void
    ) throws(StoreError) {
        let names = try keyNames()
        var last = (moment: since.text, id: "")
        while true {
            let result = try run(
                "reading past calls", Self.pastCallsSQL,
                [last.moment, until.text, last.id, String(Self.pageSize)])
            for row in result.rows {
                last = (result.text(row, 2) ?? last.moment, result.text(row, 17) ?? "")
                if let call = Self.pastCall(result, row, names) { body(call) }
            }
            if result.rowCount < Self.pageSize { return }
        }
    }

    /// Pages by time and id, as a cursor would be state of the session.
    private static let pastCallsSQL = """
        SELECT call_id, attempt,
            to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            request_duration_ms, (held_usd * 1000000000000)::numeric(38,0),
            (cost_usd * 1000000000000)::numeric(38,0), total_tokens, user_id, project_id, key_id,
            session_id, provider, endpoint, model_requested, model_priced, tags::text,
            uncounted::text, id::text
        FROM spend_rows
        WHERE "timestamp" >= $1::timestamptz AND "timestamp" < $2::timestamptz
            AND ("timestamp" > $1::timestamptz OR id::text > $3)
            AND status <> 'blocked' AND coalesce(endpoint, '') <> 'adjustment'
        ORDER BY "timestamp", id::text LIMIT $4::int
        """

    private static func pastCall(
        _ result: PostgresResult, _ row: Int, _ names: [String: String]
    ) -> PastCall? {
        guard let moment = result.text(row, 2).flatMap({ Instant(text: $0) }) else { return nil }
        let text = result.text(row, 0)
        // Rows of others have no id; their place in the list stands for it.
        let call =
            text.flatMap { CallID(text: $0) }
            ?? CallID(
                milliseconds: 0, random: (UInt64(row), UInt64(bitPattern: moment.microseconds)))
        return PastCall(
            callID: text ?? "row \(result.text(row, 17) ?? "")",
            attempt: AttemptID(call: call, attempt: Int(result.number(row, 1) ?? 1)),
            attributes: attributes(result, row, from: 7, names), admittedAt: moment,
            milliseconds: result.number(row, 3) ?? 0, held: result.amount(row, 4) ?? .zero,
            cost: result.amount(row, 5) ?? .zero, tokens: result.number(row, 6) ?? 0)
    }

    /// Names of gateway keys by id.
    func keyNames() throws(StoreError) -> [String: String] {
        let result = try run("reading gateway_keys", "SELECT id, name FROM gateway_keys")
        var names: [String: String] = [:]
        for row in result.rows { names[result.text(row, 0) ?? ""] = result.text(row, 1) }
        return names
    }

    /// Ten columns from `first` on: user, project, key, session, provider, endpoint, models
    /// requested and priced, tags, uncounted.
    static func attributes(
        _ result: PostgresResult, _ row: Int, from first: Int, _ names: [String: String]
    ) -> CallAttributes {
        StoredAttributes(
            user: result.text(row, first) ?? "", project: result.text(row, first + 1),
            key: result.text(row, first + 2), session: result.text(row, first + 3),
            provider: result.text(row, first + 4) ?? "", endpoint: result.text(row, first + 5),
            modelRequested: result.text(row, first + 6), modelPriced: result.text(row, first + 7),
            tags: result.text(row, first + 8), uncounted: result.text(row, first + 9)
        ).attributes(keyNames: names)
    }
}
