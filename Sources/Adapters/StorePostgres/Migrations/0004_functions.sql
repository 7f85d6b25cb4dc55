-- Functions. One that the app has under the same name is the app's, whatever its arguments: a
-- second one beside it would make calls ambiguous. Only the savings are computed anew, since the
-- app's have the prices of some day in their body.
WITH shared AS (
    -- By ranges of time, so that no batch reads again what another removed. The month that is open
    -- is kept whatever its length and wherever its midnight is, and so is what no window has yet.
    SELECT $$DECLARE
    cutoff timestamptz := least(now() - interval '90 days',
        date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day');
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
    END LOOP;$$ AS cleanup
),
functions (pos, name, arguments, result, attributes, body) AS (
    SELECT f.* FROM shared CROSS JOIN LATERAL (VALUES
    -- Two branches, as one with an OR could use no index on the user.
    (1, 'spendfuse_spent', 'since timestamptz, payer text', 'numeric', 'LANGUAGE sql STABLE', $$
    SELECT coalesce(CASE WHEN payer IS NULL
        THEN (SELECT sum(cost_usd) FROM api_cost_tracking
            WHERE "timestamp" >= since AND status IS DISTINCT FROM 'blocked')
        ELSE (SELECT sum(cost_usd) FROM api_cost_tracking
            WHERE coalesce(payer_id, user_id::text) = payer AND "timestamp" >= since
                AND status IS DISTINCT FROM 'blocked') END, 0)$$),
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
    -- planner cannot know how few rows that is, and compiling for many would take 300 ms.
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
            ORDER BY dear.cost_usd DESC LIMIT limit_count) AS c
    ORDER BY c.cost_usd DESC, c."timestamp" DESC LIMIT limit_count$$),
    (8, 'get_best_model_for_task', $$p_task_type text, p_priority text DEFAULT 'balanced'$$,
        'TABLE (model text, provider text, score numeric, total_calls bigint,'
        ' success_rate numeric, satisfaction_rate numeric, avg_response_time_ms numeric,'
        ' cost_per_1k_tokens numeric)', 'LANGUAGE sql STABLE SET jit = off', $$
    WITH costs AS (
        SELECT c.model, 1000 * sum(c.cost_usd) / nullif(sum(c.total_tokens), 0) AS per_1k
        FROM api_cost_tracking AS c
        WHERE c.status IS DISTINCT FROM 'blocked' AND c."timestamp" >= now() - interval '90 days'
        GROUP BY 1
    ),
    measured AS (
        SELECT coalesce(m.model, m.model_name)::text AS model, m.provider::text AS provider,
            count(*) AS calls, round(100.0 * count(*) FILTER (WHERE m.success) / count(*), 2) AS ok,
            round(50 * (avg(m.user_rating) + 1), 2) AS liked,
            round(avg(m.response_time_ms), 2) AS ms
        FROM model_performance_metrics AS m WHERE m.task_type = p_task_type
        GROUP BY 1, 2 HAVING count(*) >= 5
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
    FROM rated AS r ORDER BY 3 DESC, calls DESC LIMIT 1$$),
    (9, 'get_model_performance_summary', 'p_days int DEFAULT 7',
        'TABLE (model text, provider text, total_calls bigint, success_rate numeric,'
        ' avg_response_time_ms numeric, median_response_time_ms double precision,'
        ' p95_response_time_ms double precision, avg_tokens_per_call numeric,'
        ' satisfaction_rate numeric)', 'LANGUAGE sql STABLE', $$
    SELECT coalesce(m.model, m.model_name)::text, m.provider::text, count(*),
        round(100.0 * count(*) FILTER (WHERE m.success) / count(*), 2),
        round(avg(m.response_time_ms), 2),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY m.response_time_ms),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY m.response_time_ms),
        round(avg(m.total_tokens), 2),
        round(100.0 * count(*) FILTER (WHERE m.user_rating > 0)
            / nullif(count(m.user_rating), 0), 2)
    FROM model_performance_metrics AS m
    WHERE m."timestamp" >= now() - make_interval(days => p_days)
    GROUP BY 1, 2 ORDER BY 3 DESC$$),
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
        AND p.proargtypes::oid[] = ARRAY['text', 'text', 'int4']::regtype[]::oid[]
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
        'LANGUAGE sql STABLE' || CASE WHEN p.prosecdef THEN ' SECURITY DEFINER' ELSE '' END
            AS attributes,
        -- A model without a price saves nothing that could be stated, so the answer is null.
        format($$
    SELECT %s
    FROM (
        SELECT coalesce(sum(c.cost_usd), 0) AS spent, count(*) AS calls,
            (sum(c.input_tokens) * max(p.input) + CASE WHEN sum(c.output_tokens) = 0 THEN 0
                ELSE sum(c.output_tokens) * max(p.output) END) / 1000 AS cheap
        FROM api_cost_tracking AS c CROSS JOIN (
            SELECT max(m.cost_per_1k_input_tokens) AS input,
                max(m.cost_per_1k_output_tokens) AS output
            FROM cost_models AS m
            WHERE m.model_name = $2 AND m.active IS DISTINCT FROM false) AS p
        WHERE c.model = $1 AND c."timestamp" >= now() - make_interval(days => $3)
            AND coalesce(c.status, 'success') NOT IN ('blocked', 'cached')
    ) AS s$$, coalesce(a.body, 'spent, cheap, spent - cheap,'
        ' round(100 * (spent - cheap) / nullif(spent, 0), 2)')) AS body
    FROM (VALUES (1)) AS once LEFT JOIN present AS p ON p.proname = 'calculate_potential_savings'
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
