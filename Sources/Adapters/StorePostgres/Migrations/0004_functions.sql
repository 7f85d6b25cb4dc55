-- Functions. One that the app has under the same name is the app's, whatever its arguments: a
-- second one beside it would make calls ambiguous. Only the savings are computed anew, since the
-- app's have the prices of some day in their body.
WITH shared AS (
    -- By ranges of time, so that no batch reads again what another removed. The month that is open
    -- is kept whatever its length and wherever its midnight is, and so is what no window has yet.
    -- Whole days go, so that the sums by day do.
    SELECT $$DECLARE
    cutoff timestamptz := date_trunc('day', least(now() - interval '90 days',
        date_trunc('month', now(), 'UTC') - interval '1 day'), 'UTC');
    low timestamptz := '-infinity';
    high timestamptz;
    batch bigint;
    removed bigint := 0;
BEGIN
    LOOP
        SELECT max(t."timestamp") INTO high FROM (
            SELECT c."timestamp" FROM api_cost_tracking AS c
            WHERE c."timestamp" > low AND c."timestamp" < cutoff
            ORDER BY c."timestamp" LIMIT 5000) AS t;
        EXIT WHEN high IS NULL;
        DELETE FROM api_cost_tracking AS c
        WHERE c."timestamp" > low AND c."timestamp" <= high AND counted;
        GET DIAGNOSTICS batch = ROW_COUNT;
        removed := removed + batch;
        low := high;
    END LOOP;$$ AS cleanup,
        -- What was spent since then by model: in whole days, the hours before them, and the rest.
        $$SELECT r.model, r.facet, r.entries - r.blocked AS rows, r.cost_usd, r.input_tokens,
                r.output_tokens, r.total_tokens
            FROM spend_days AS r WHERE r.facet IN ('', 'cached') AND r.bucket >= date_trunc('day',
                %1$s + interval '24 hours' - interval '1 microsecond', 'UTC')
            UNION ALL
            SELECT r.model, r.facet, r.entries - r.blocked, r.cost_usd, r.input_tokens,
                r.output_tokens, r.total_tokens
            FROM spend_hours AS r WHERE r.facet IN ('', 'cached') AND r.bucket >= date_trunc('hour',
                %1$s + interval '1 hour' - interval '1 microsecond', 'UTC')
                AND r.bucket < date_trunc('day',
                    %1$s + interval '24 hours' - interval '1 microsecond', 'UTC')
            UNION ALL
            SELECT coalesce(r.model, '') COLLATE "C", f.facet, 1, r.cost_usd, r.input_tokens,
                r.output_tokens, r.total_tokens
            FROM api_cost_tracking AS r JOIN (VALUES ('' COLLATE "C"), ('cached')) AS f (facet)
                ON f.facet = '' OR r.status = 'cached'
            WHERE r.status IS DISTINCT FROM 'blocked' AND r."timestamp" >= %1$s
                AND r."timestamp" < date_trunc('hour',
                    %1$s + interval '1 hour' - interval '1 microsecond', 'UTC')$$ AS recent,
        $$min(q.step) FILTER (WHERE q.upto > floor(%1$s * (q.n - 1)))
            * (1 - (%1$s * (q.n - 1)) %% 1) + min(q.step) FILTER (WHERE q.upto
            > ceil(%1$s * (q.n - 1))) * ((%1$s * (q.n - 1)) %% 1)$$ AS percentile
),
functions (pos, name, arguments, result, attributes, body) AS (
    SELECT f.* FROM shared CROSS JOIN LATERAL (VALUES
    -- Hours or days that are over by then are read from their sums, the rest of the first one from
    -- the rows; so is everything for those who see no sums.
    (1, 'spendfuse_spent', 'since timestamptz, payer text', 'numeric',
        'LANGUAGE sql STABLE SET jit = off', $$
    SELECT coalesce(CASE
        WHEN EXISTS (SELECT FROM rollup_state) AND payer IS NULL THEN
            coalesce((SELECT sum(r.cost_usd) FROM hour_rollups AS r
                WHERE r.facet = '' AND r.bucket >= f.hour
                    AND r.bucket < f.day), 0)
            + coalesce((SELECT sum(r.cost_usd) FROM cost_rollups AS r
                WHERE r.grain = 'day' AND r.facet = '' AND r.bucket >= f.day), 0)
            + coalesce((SELECT sum(cost_usd) FROM api_cost_tracking
                WHERE "timestamp" >= since AND "timestamp" < f.hour
                    AND status IS DISTINCT FROM 'blocked'), 0)
        WHEN EXISTS (SELECT FROM rollup_state) THEN
            coalesce((SELECT sum(r.cost_usd) FROM payer_rollups AS r WHERE r.bucket >= f.day
                AND nullif(r.user_id, '') COLLATE "default" = spendfuse_short(payer)), 0)
            + coalesce((SELECT sum(cost_usd) FROM api_cost_tracking
                WHERE coalesce(payer_id, user_id::text) = payer AND "timestamp" >= since
                    AND "timestamp" < f.day AND status IS DISTINCT FROM 'blocked'), 0)
        WHEN payer IS NULL THEN (SELECT sum(cost_usd) FROM api_cost_tracking
            WHERE "timestamp" >= since AND status IS DISTINCT FROM 'blocked')
        ELSE (SELECT sum(cost_usd) FROM api_cost_tracking
            WHERE coalesce(payer_id, user_id::text) = payer AND "timestamp" >= since
                AND status IS DISTINCT FROM 'blocked') END, 0)
    FROM (SELECT date_trunc('hour', since + interval '1 hour' - interval '1 microsecond', 'UTC')
            AS hour,
        date_trunc('day', since + interval '24 hours' - interval '1 microsecond', 'UTC') AS day)
        AS f$$),
    (2, 'get_spending_since', 'since_timestamp timestamptz, filter_user_id text DEFAULT NULL',
        'numeric', 'LANGUAGE sql STABLE', $$
    SELECT spendfuse_spent(since_timestamp, filter_user_id)$$),
    (3, 'get_monthly_spending', 'filter_user_id text DEFAULT NULL', 'numeric',
        'LANGUAGE sql STABLE', $$
    SELECT spendfuse_spent(date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
        filter_user_id)$$),
    (4, 'get_daily_spending', 'filter_user_id text DEFAULT NULL', 'numeric',
        'LANGUAGE sql STABLE', $$
    SELECT spendfuse_spent(date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
        filter_user_id)$$),
    (5, 'get_hourly_spending', 'filter_user_id text DEFAULT NULL', 'numeric',
        'LANGUAGE sql STABLE', $$
    SELECT spendfuse_spent(date_trunc('hour', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
        filter_user_id)$$),
    -- The dearest few of each day are one step into an index, however many calls there were. The
    -- planner cannot know how few rows that is, and compiling for many would take 300 ms. Under row
    -- security it takes an order from the index only where the day is named in it.
    (6, 'get_top_expensive_calls', 'limit_count int DEFAULT 10, since_days int DEFAULT 7',
        'TABLE (id text, call_id uuid, "timestamp" timestamptz, user_id text, provider text,'
        ' model text, endpoint text, input_tokens bigint, output_tokens bigint,'
        ' total_tokens bigint, cost_usd numeric, conversation_id text, metadata jsonb)',
        'LANGUAGE sql STABLE SET jit = off', $$
    WITH span AS MATERIALIZED (
        SELECT now() - make_interval(days => since_days) AS since, min(c."timestamp") AS oldest,
            max(c."timestamp") AS newest
        FROM api_cost_tracking AS c
    )
    SELECT c.id::text, c.call_id, c."timestamp", coalesce(c.payer_id, c.user_id::text),
        c.provider::text, c.model::text, c.endpoint::text, c.input_tokens::bigint,
        c.output_tokens::bigint, c.total_tokens::bigint, c.cost_usd, c.conversation_id::text,
        c.metadata
    FROM span CROSS JOIN generate_series(
            (greatest(span.since, span.oldest) AT TIME ZONE 'UTC')::date::timestamp,
            (span.newest AT TIME ZONE 'UTC')::date::timestamp, interval '1 day') AS d (day)
        CROSS JOIN LATERAL (
            SELECT * FROM api_cost_tracking AS dear
            WHERE (dear."timestamp" AT TIME ZONE 'UTC')::date = d.day::date
                AND dear."timestamp" >= span.since AND dear.status IS DISTINCT FROM 'blocked'
            ORDER BY (dear."timestamp" AT TIME ZONE 'UTC')::date, dear.cost_usd DESC
            LIMIT limit_count) AS c
    ORDER BY c.cost_usd DESC, c."timestamp" DESC LIMIT limit_count$$),
    (8, 'get_best_model_for_task', $$p_task_type text, p_priority text DEFAULT 'balanced'$$,
        'TABLE (model text, provider text, score numeric, total_calls bigint,'
        ' success_rate numeric, satisfaction_rate numeric, avg_response_time_ms numeric,'
        ' cost_per_1k_tokens numeric)', 'LANGUAGE sql STABLE SET jit = off', format($$
    WITH costs AS (
        SELECT nullif(c.model, '') COLLATE "default" AS model,
            1000 * sum(c.cost_usd) / nullif(sum(c.total_tokens), 0) AS per_1k
        FROM (%s) AS c WHERE c.facet = ''
        GROUP BY 1
    ),
    measured AS (
        SELECT nullif(m.model, '') COLLATE "default" AS model,
            nullif(m.provider, '') COLLATE "default" AS provider, sum(m.calls)::bigint AS calls,
            round(100.0 * sum(m.successes) / sum(m.calls), 2) AS ok,
            round(50 * (sum(m.rating_sum) / nullif(sum(m.ratings), 0) + 1), 2) AS liked,
            round(sum(m.response_time_ms) / nullif(sum(m.timed_calls), 0), 2) AS ms
        FROM performance_days AS m WHERE m.task_type = p_task_type
        GROUP BY 1, 2 HAVING sum(m.calls) >= 5
    ),
    rated AS (
        SELECT m.*, c.per_1k, coalesce(m.liked, 50) AS pleased,
            coalesce(100 * min(m.ms) OVER () / nullif(m.ms, 0), 100) AS fast,
            CASE WHEN c.per_1k = 0 THEN 100
                ELSE coalesce(100 * min(c.per_1k) OVER () / c.per_1k, 0) END AS cheap
        FROM measured AS m LEFT JOIN costs AS c ON c.model = m.model
    )
    SELECT r.model, r.provider, round(CASE p_priority
            WHEN 'speed' THEN 0.6 * fast + 0.3 * ok + 0.1 * pleased
            WHEN 'quality' THEN 0.5 * pleased + 0.5 * ok
            WHEN 'cost' THEN 0.6 * cheap + 0.3 * ok + 0.1 * pleased
            ELSE 0.4 * ok + 0.4 * pleased + 0.2 * fast END, 2), calls, ok, liked, ms,
        round(per_1k, 12)
    FROM rated AS r ORDER BY 3 DESC, calls DESC LIMIT 1$$, format(recent,
        $$(now() - interval '90 days')$$))),
    -- Median and p95 are within 1 %, as they are read from steps of 2 %.
    (9, 'get_model_performance_summary', 'p_days int DEFAULT 7',
        'TABLE (model text, provider text, total_calls bigint, success_rate numeric,'
        ' avg_response_time_ms numeric, median_response_time_ms double precision,'
        ' p95_response_time_ms double precision, avg_tokens_per_call numeric,'
        ' satisfaction_rate numeric)', 'LANGUAGE sql STABLE SET jit = off', format($$
    WITH edge AS (
        SELECT coalesce(m.model, m.model_name, '') COLLATE "C" AS model,
            coalesce(m.provider, '') COLLATE "C" AS provider,
            CASE WHEN m.response_time_ms <= 0 THEN -1
                ELSE floor(ln(m.response_time_ms::float8) / ln(1.02::float8))::int END
                AS width_bucket, count(*) AS calls, count(*) FILTER (WHERE m.success) AS successes,
            count(m.response_time_ms) AS timed_calls, sum(m.response_time_ms) AS response_time_ms,
            count(m.total_tokens) AS counted_calls, sum(m.total_tokens) AS total_tokens,
            count(m.user_rating) AS ratings,
            count(*) FILTER (WHERE m.user_rating > 0) AS positive_ratings
        FROM model_performance_metrics AS m
        WHERE m."timestamp" >= now() - make_interval(days => p_days)
            AND m."timestamp" < date_trunc('day', now() - make_interval(days => p_days), 'UTC')
                + interval '24 hours'
        GROUP BY 1, 2, 3
    ),
    models AS (
        SELECT d.model, d.provider, sum(d.calls)::bigint AS calls, sum(d.successes) AS successes,
            sum(d.timed_calls) AS timed_calls, sum(d.response_time_ms) AS response_time_ms,
            sum(d.counted_calls) AS counted_calls, sum(d.total_tokens) AS total_tokens,
            sum(d.ratings) AS ratings, sum(d.positive_ratings) AS positive_ratings
        FROM (SELECT model, provider, calls, successes, timed_calls, response_time_ms,
                counted_calls, total_tokens, ratings, positive_ratings
            FROM performance_days
            WHERE bucket >= date_trunc('day', now() - make_interval(days => p_days), 'UTC')
                + interval '24 hours'
            UNION ALL
            SELECT model, provider, calls, successes, timed_calls, response_time_ms,
                counted_calls, total_tokens, ratings, positive_ratings FROM edge) AS d
        GROUP BY 1, 2
    ),
    steps AS (
        SELECT s.model, s.provider, CASE WHEN s.width_bucket < 0 THEN 0
                ELSE power(1.02::float8, s.width_bucket + 0.5) END AS step,
            sum(sum(s.calls)) OVER (PARTITION BY s.model, s.provider ORDER BY s.width_bucket)
                AS upto, sum(sum(s.calls)) OVER (PARTITION BY s.model, s.provider) AS n
        FROM (SELECT model, provider, width_bucket, calls + failed_calls AS calls
            FROM response_times WHERE grain = 'day' AND bucket >= date_trunc('day',
                now() - make_interval(days => p_days), 'UTC') + interval '24 hours'
            UNION ALL
            SELECT model, provider, width_bucket, timed_calls FROM edge WHERE timed_calls > 0) AS s
        GROUP BY s.model, s.provider, s.width_bucket
    ),
    times AS (
        SELECT q.model, q.provider, %s AS median, %s AS p95
        FROM steps AS q GROUP BY q.model, q.provider, q.n
    )
    SELECT nullif(m.model, ''), nullif(m.provider, ''), m.calls,
        round(100.0 * m.successes / m.calls, 2),
        round(m.response_time_ms / nullif(m.timed_calls, 0), 2), t.median, t.p95,
        round(m.total_tokens / nullif(m.counted_calls, 0), 2),
        round(100.0 * m.positive_ratings / nullif(m.ratings, 0), 2)
    FROM models AS m LEFT JOIN times AS t USING (model, provider)
    ORDER BY 3 DESC$$, format(percentile, '0.5'), format(percentile, '0.95'))),
    (10, 'cleanup_old_cost_data', '', 'bigint', 'LANGUAGE plpgsql', format($$
%s
    -- The alert of a window that never ends stays, as it would be sent again without it.
    DELETE FROM budget_alerts WHERE acknowledged AND coalesce(acknowledged_at, "timestamp") < cutoff
        AND alert_type IS DISTINCT FROM 'total';
    GET DIAGNOSTICS batch = ROW_COUNT;
    RETURN removed + batch;
END$$, cleanup)),
    (11, 'cleanup_old_performance_data', '', 'bigint', 'LANGUAGE plpgsql', replace(replace(
        format(E'\n%s\n    RETURN removed;\nEND', cleanup), 'api_cost_tracking',
        'model_performance_metrics'), ' AND counted', ''))
    ) AS f (pos, name, arguments, result, attributes, body)
),
present AS (
    SELECT p.*, pg_get_function_result(p.oid) AS shown, p.prokind = 'f'
        -- The array of an oidvector starts at 0, and equals none that starts at 1.
        AND string_to_array(p.proargtypes::text, ' ')::oid[]
            = ARRAY['text', 'text', 'int4']::regtype[]::oid[]
        AND pg_has_role(p.proowner, 'USAGE') AS is_ours_to_replace
    FROM pg_proc AS p WHERE p.pronamespace = quote_ident(current_schema())::regnamespace
        AND (p.proname::text IN (SELECT name FROM functions)
            OR p.proname = 'calculate_potential_savings')
),
-- What a column of the app's answer means is told by its name.
columns AS (
    SELECT p.oid, o.pos, format_type(p.proallargtypes[o.pos], NULL) AS type,
        CASE WHEN o.name ~* 'perc|pct|rate' THEN 'round(100 * (spent - cheap)'
                ' / nullif(spent, 0), 2)'
            WHEN o.name ~* 'sav' THEN 'spent - cheap'
            WHEN o.name ~* 'call|count' THEN 'calls'
            WHEN o.name ~* 'current|actual|expensive|spent' THEN 'spent'
            WHEN o.name ~* 'potential|cheap|alternative|projected|estimated|new' THEN 'cheap'
        END AS value
    FROM present AS p CROSS JOIN unnest(p.proargnames) WITH ORDINALITY AS o (name, pos)
    WHERE p.proname = 'calculate_potential_savings' AND p.proargmodes[o.pos] = 't'
),
answers AS (
    SELECT p.oid, CASE WHEN p.proretset THEN (SELECT string_agg(format('(%s)::%s', c.value, c.type),
                ', ' ORDER BY c.pos) FROM columns AS c
                WHERE c.oid = p.oid HAVING bool_and(c.value IS NOT NULL))
            WHEN p.prorettype = 'numeric'::regtype THEN 'spent - cheap' END AS body
    FROM present AS p WHERE p.proname = 'calculate_potential_savings'
),
savings AS (
    SELECT 7 AS pos, 'calculate_potential_savings' AS name, p.oid,
        coalesce(pg_get_function_arguments(p.oid),
            'expensive_model text, cheap_model text, days_back int DEFAULT 30') AS arguments,
        coalesce(p.shown, 'TABLE (current_cost numeric, potential_cost numeric,'
            ' potential_savings numeric, savings_percentage numeric)') AS result,
        'LANGUAGE sql STABLE SET jit = off' || CASE WHEN p.prosecdef THEN ' SECURITY DEFINER'
            ELSE '' END AS attributes,
        -- A model without a price saves nothing that could be stated, so the answer is null.
        format($$
    SELECT %s
    FROM (
        SELECT coalesce(sum(c.sign * c.cost_usd), 0) AS spent,
            coalesce(sum(c.sign * c.rows), 0)::bigint AS calls, CASE WHEN sum(c.sign * c.rows) > 0
            THEN (sum(c.sign * c.input_tokens) * max(p.input)
                + CASE WHEN sum(c.sign * c.output_tokens) = 0 THEN 0
                    ELSE sum(c.sign * c.output_tokens) * max(p.output) END) / 1000 END AS cheap
        FROM (SELECT r.*, CASE r.facet WHEN '' THEN 1 ELSE -1 END AS sign FROM (%s) AS r) AS c
            CROSS JOIN (
            SELECT max(m.cost_per_1k_input_tokens) AS input,
                max(m.cost_per_1k_output_tokens) AS output
            FROM cost_models AS m
            WHERE m.model_name = $2 AND m.active IS DISTINCT FROM false) AS p
        WHERE c.model = spendfuse_short($1)
    ) AS s$$, coalesce(a.body, 'spent, cheap, spent - cheap,'
        ' round(100 * (spent - cheap) / nullif(spent, 0), 2)'), format(shared.recent,
            '(now() - make_interval(days => $3))')) AS body
    FROM shared LEFT JOIN present AS p ON p.proname = 'calculate_potential_savings'
        LEFT JOIN answers AS a USING (oid)
    WHERE p.oid IS NULL OR p.is_ours_to_replace AND a.body IS NOT NULL
        AND (SELECT count(*) FROM present WHERE proname = 'calculate_potential_savings') = 1
),
made AS (
    SELECT f.pos, f.name, NULL::oid AS oid, f.arguments, f.result, f.attributes, f.body
    FROM functions AS f WHERE f.name NOT IN (SELECT proname FROM present)
    UNION ALL
    SELECT pos, name, oid, arguments, result, attributes, body FROM savings
),
stays AS (
    SELECT 'the app has these itself, and they stay: ' || string_agg(DISTINCT proname, ', ') AS note
    FROM present WHERE oid NOT IN (SELECT oid FROM made WHERE oid IS NOT NULL)
),
steps AS (
    SELECT *, format('%I(%s)', name, regexp_replace(arguments, ' DEFAULT [^,]+', '', 'g')) AS called
    FROM made CROSS JOIN (VALUES (0), (1)) AS p (part) WHERE part = 0 OR oid IS NULL
)
SELECT row_number() OVER (ORDER BY pos, part)::int AS position, CASE part
        WHEN 0 THEN format(E'CREATE%s FUNCTION %I(%s) RETURNS %s\n%s SET search_path = %I, pg_temp'
            ' AS $spendfuse$%s\n$spendfuse$', CASE WHEN oid IS NULL THEN '' ELSE ' OR REPLACE' END,
            name, arguments, result, attributes, current_schema(), body)
        ELSE format('COMMENT ON FUNCTION %s IS %L', called, 'Spendfuse made this function')
        END AS statement,
    CASE part WHEN 0 THEN coalesce(pg_get_functiondef(oid), format('DROP FUNCTION %s', called))
        END AS undo,
    CASE WHEN oid IS NOT NULL THEN 'prices come from cost_models, no longer from its body'
        WHEN name = 'spendfuse_spent' AND part = 0 THEN (SELECT note FROM stays) END AS note
FROM steps ORDER BY position
