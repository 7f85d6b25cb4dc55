/// Statements that take rows up. Rows come as one JSON array, as the ledger wrote them.
enum ShippingSQL {
    /// Rolling windows have a row under zero for what is leased, beside those of their slots.
    static let makeWindows = """
        INSERT INTO budget_windows (budget_number, signature, scope, window_start, expires_at)
        SELECT DISTINCT n, g, s, t, e FROM json_to_recordset($1::json)
            AS a(n bigint, g text, s text, t bigint, e bigint)
        ORDER BY n, g, s, t
        ON CONFLICT DO NOTHING
        """

    static let lockWindows = """
        SELECT 1 FROM budget_windows w JOIN (SELECT DISTINCT n, g, s, t
                FROM json_to_recordset($1::json) AS a(n bigint, g text, s text, t bigint)) a
            ON w.budget_number = a.n AND w.signature = a.g AND w.scope = a.s
                AND w.window_start = a.t
        ORDER BY w.budget_number, w.signature, w.scope, w.window_start FOR UPDATE OF w
        """

    private static let incoming = """
        WITH incoming AS (SELECT * FROM json_to_recordset($1::json) AS r(call_id uuid, attempt int,
            at timestamptz, user_id text, project_id text, key_id text, session_id text,
            conversation_id text, tags text, provider text, upstream text, endpoint text,
            model text, model_requested text, model_priced text, uncounted text,
            input_tokens bigint, output_tokens bigint, total_tokens bigint,
            cache_read_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint,
            usage text, usage_status text, service_tier text, inference_geo text, cost numeric,
            cost_reported numeric, price_version text, held numeric, status text,
            status_code int, error_message text, request_duration_ms bigint,
            time_to_first_token_ms bigint, streamed int, task_type text, metadata text,
            has_metrics int, success int, error_type text))
        """

    private static let rowColumns = """
        , inserted AS (INSERT INTO api_cost_tracking (call_id, attempt, "timestamp", created_at,
            payer_id, project_id, key_id, session_id, conversation_id, tags, provider, upstream,
            endpoint, model, model_requested, model_priced, uncounted, input_tokens,
            output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
            usage, usage_status, service_tier, inference_geo, cost_usd, cost_reported_usd,
            price_version, held_usd, status, status_code, error_message, request_duration_ms,
            time_to_first_token_ms, streamed, cached, task_type, metadata, request_id, counted,
            user_id)
        SELECT call_id, attempt, at, at, user_id, project_id, key_id, session_id,
            conversation_id, tags::jsonb, provider, upstream, endpoint, model, model_requested,
            model_priced, uncounted::jsonb, input_tokens, output_tokens, total_tokens,
            cache_read_tokens, cache_write_tokens, reasoning_tokens, usage::jsonb, usage_status,
            service_tier, inference_geo, cost * 0.000000000001, cost_reported * 0.000000000001,
            price_version, held * 0.000000000001, status, status_code, error_message,
            request_duration_ms, time_to_first_token_ms, streamed = 1, status = 'cached',
            task_type, metadata::jsonb, call_id::text, true,
        """

    private static let uuidUser = """
             CASE WHEN user_id ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
                THEN user_id::uuid END
        """

    /// Counts what was inserted, and tells of every window of the shipment, whether its rows were
    /// there before or not.
    private static let counting = """
             FROM incoming
        ON CONFLICT (call_id, attempt) WHERE call_id IS NOT NULL DO NOTHING
        RETURNING call_id, attempt),
        entries AS (SELECT e.n, e.g, e.s, e.t, e.p, e.a * 0.000000000001 AS a,
                e.x * 0.000000000001 AS x, i.call_id IS NOT NULL AS is_new
            FROM json_to_recordset($2::json) AS e(c uuid, k int, n bigint, g text, s text,
                t bigint, p bigint, a numeric, x numeric)
            LEFT JOIN inserted i ON i.call_id = e.c AND i.attempt = e.k),
        sums AS (SELECT n, g, s, t, sum(a) FILTER (WHERE is_new) AS settled,
                coalesce(sum(x) FILTER (WHERE is_new), 0) AS taken
            FROM entries GROUP BY n, g, s, t),
        parts AS (SELECT sums.*, coalesce(l.amount_usd, 0) AS had,
                least(coalesce(l.amount_usd, 0), taken) AS part
            FROM sums LEFT JOIN budget_leases l ON l.budget_number = n AND l.signature = g
                AND l.scope = s AND l.window_start = t AND l.replica_id = $3),
        windows AS (UPDATE budget_windows w SET settled_usd = w.settled_usd + settled,
                leased_usd = w.leased_usd - part
            FROM parts WHERE settled IS NOT NULL AND w.budget_number = n AND w.signature = g
                AND w.scope = s AND w.window_start = t),
        leases AS (UPDATE budget_leases l SET amount_usd = l.amount_usd - part, updated_at = now()
            FROM parts WHERE part > 0 AND l.budget_number = n AND l.signature = g AND l.scope = s
                AND l.window_start = t AND l.replica_id = $3)
        SELECT n, g, s, t, ((had - part) * 1000000000000)::numeric(38,0),
            ((w.settled_usd + coalesce(settled, 0)
                + coalesce((SELECT sum(q.settled_usd) FROM budget_windows q
                    WHERE parts.t = 0 AND q.budget_number = n AND q.signature = g AND q.scope = s
                        AND q.window_start <> 0 AND q.expires_at > $4::bigint), 0)
                + coalesce((SELECT sum(o.settled) FROM sums o
                    WHERE parts.t = 0 AND o.n = parts.n AND o.g = parts.g AND o.s = parts.s
                        AND o.t <> 0), 0)) * 1000000000000)::numeric(38,0),
            ((w.leased_usd - part) * 1000000000000)::numeric(38,0)
        FROM parts JOIN budget_windows w ON w.budget_number = n AND w.signature = g
            AND w.scope = s AND w.window_start = t
        WHERE EXISTS (SELECT 1 FROM entries o WHERE o.n = parts.n AND o.g = parts.g
            AND o.s = parts.s AND o.p = parts.t)
        """

    static let insertRows = incoming + rowColumns + " user_id" + counting
    static let insertUUIDRows = incoming + rowColumns + uuidUser + counting

    private static let metricColumns = """
         INSERT INTO model_performance_metrics (call_id, attempt, "timestamp", created_at,
            payer_id, model, model_name, provider, task_type, response_time_ms,
            time_to_first_token_ms, tokens_used, input_tokens, output_tokens, total_tokens,
            cost_usd, success, error_occurred, error_type, error_message, conversation_id, user_id)
        SELECT call_id, attempt, at, at, user_id, model, model, provider, task_type,
            coalesce(request_duration_ms, 0), time_to_first_token_ms, total_tokens, input_tokens,
            output_tokens, total_tokens, cost * 0.000000000001, success = 1, success = 0,
            error_type, error_message, conversation_id,
        """
    private static let metricSource = """
             FROM incoming WHERE has_metrics = 1
        ON CONFLICT (call_id, attempt) WHERE call_id IS NOT NULL DO NOTHING
        """

    static let insertMetrics = incoming + metricColumns + " user_id" + metricSource
    static let insertUUIDMetrics = incoming + metricColumns + uuidUser + metricSource

    /// Adds spend that is no row of a shipment.
    static let addSpend = """
        UPDATE budget_windows w SET settled_usd = w.settled_usd + e.a
        FROM (SELECT n, g, s, t, sum(a) * 0.000000000001 AS a FROM json_to_recordset($1::json)
                AS e(n bigint, g text, s text, t bigint, a numeric) GROUP BY n, g, s, t) AS e
        WHERE w.budget_number = e.n AND w.signature = e.g AND w.scope = e.s
            AND w.window_start = e.t
        """

    static let correctRow =
        incoming + """
             UPDATE api_cost_tracking c SET model = r.model, input_tokens = r.input_tokens,
                output_tokens = r.output_tokens, total_tokens = r.total_tokens,
                cache_read_tokens = r.cache_read_tokens, cache_write_tokens = r.cache_write_tokens,
                reasoning_tokens = r.reasoning_tokens, usage = r.usage::jsonb,
                usage_status = r.usage_status, service_tier = r.service_tier,
                cost_usd = r.cost * 0.000000000001,
                cost_reported_usd = r.cost_reported * 0.000000000001,
                price_version = r.price_version, metadata = r.metadata::jsonb
            FROM incoming r WHERE c.call_id = r.call_id AND c.attempt = r.attempt
            """

    static let insertAlert = """
        INSERT INTO budget_alerts (kind, scope, budget_name, budget_number, user_id, alert_type,
            window_start, threshold_pct, severity, percent_used, message, status,
            amount_spent_usd, limit_usd, "timestamp", created_at)
        SELECT kind, scope, budget_name, budget_number, user_id, alert_type, window_start,
            threshold_pct, severity, percent_used, message, status::jsonb,
            spent * 0.000000000001, "limit" * 0.000000000001, at, at
        FROM json_to_record($1::json) AS a(kind text, scope text, budget_name text,
            budget_number bigint, user_id text, alert_type text, window_start text,
            threshold_pct int, severity text, percent_used numeric, message text, status text,
            spent numeric, "limit" numeric, at timestamptz)
        ON CONFLICT DO NOTHING
        """

    static let insertTrip = """
        INSERT INTO breaker_trips (budget_number, budget_name, scope, action, tripped_at,
            stops_until, burn_usd, allowed_usd, usual_usd, reason, replica_id)
        SELECT budget_number, budget_name, scope, action, tripped_at, stops_until,
            burn * 0.000000000001, allowed * 0.000000000001, usual * 0.000000000001, reason, $2
        FROM json_to_record($1::json) AS t(budget_number bigint, budget_name text, scope text,
            action text, tripped_at timestamptz, stops_until timestamptz, burn numeric,
            allowed numeric, usual numeric, reason text)
        ON CONFLICT DO NOTHING
        """
}
