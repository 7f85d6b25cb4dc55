-- Views. One that the app has under the same name is the app's and stays as it is.
WITH parts AS (
    -- An adjustment is spend but no call, and a refused call is neither.
    SELECT $$count(*) FILTER (WHERE endpoint IS DISTINCT FROM 'adjustment') AS total_calls,
    sum(cost_usd) AS total_cost,
    round(sum(cost_usd) / nullif(count(*) FILTER (WHERE endpoint IS DISTINCT FROM 'adjustment'), 0),
        12) AS avg_cost_per_call,
    sum(input_tokens) AS total_input_tokens,
    sum(output_tokens) AS total_output_tokens,
    sum(total_tokens) AS total_tokens
FROM api_cost_tracking
WHERE status IS DISTINCT FROM 'blocked'$$ AS totals,
        'coalesce(payer_id, user_id::text)' AS payer,
        $$("timestamp" AT TIME ZONE 'UTC')::date$$ AS day,
        $$date_trunc('month', "timestamp" AT TIME ZONE 'UTC')::date$$ AS month,
        $$date_trunc('month', now() AT TIME ZONE 'UTC')$$ AS this_month
),
views (pos, name, body) AS (
    SELECT v.* FROM parts CROSS JOIN LATERAL (VALUES
    (1, 'spend_rows', $$SELECT id::text AS id, call_id, attempt, "timestamp",
    coalesce(payer_id, user_id::text) AS user_id, project_id, key_id, session_id, conversation_id,
    tags, provider, upstream, endpoint, model, model_requested, model_priced, uncounted,
    input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, usage, usage_status, service_tier, inference_geo, cost_usd,
    cost_reported_usd, price_version, held_usd, status, status_code, error_message,
    request_duration_ms, time_to_first_token_ms, streamed, cached, task_type, metadata, request_id,
    counted
FROM api_cost_tracking$$),
    (2, 'budget_limits', $$SELECT number,
    coalesce(scope, CASE WHEN user_id IS NULL THEN 'system' ELSE 'user:' || user_id::text END)
        AS scope,
    name, user_id::text AS user_id, hourly_limit, daily_limit, weekly_limit, monthly_limit,
    total_limit, per_call_limit, coalesce(rolling_limits, '[]') AS rolling_limits,
    coalesce(rates, '[]') AS rates,
    coalesce(mode, CASE WHEN coalesce(enabled, true) AND hard_stop_enabled THEN 'enforce'
        ELSE 'alert' END) AS mode,
    coalesce(near_limit, 'strict') AS near_limit, coalesce(time_zone, 'UTC') AS time_zone,
    coalesce(week_start, 'monday') AS week_start,
    coalesce(thresholds, CASE WHEN alert_threshold_pct IS NOT NULL
        THEN jsonb_build_array(alert_threshold_pct, 100)
        ELSE CASE WHEN alert_at_50 THEN '[50]' ELSE '[]' END::jsonb
            || CASE WHEN alert_at_75 THEN '[75]' ELSE '[]' END::jsonb
            || CASE WHEN alert_at_90 THEN '[90]' ELSE '[]' END::jsonb || '[100]' END)
        AS thresholds,
    coalesce(raises, '[]') AS raises, breaker, on_store_outage, alert_email, alert_webhook,
    created_at, updated_at
FROM budget_config$$),
    (3, 'budget_standings', $$SELECT w.budget_number, b.scope AS budget_scope,
    b.name AS budget_name, w.scope, w.signature,
    CASE WHEN abs(w.window_start::numeric) < 9000000000000000
        THEN to_timestamp(w.window_start / 1000000.0) END AS window_start,
    CASE WHEN abs(w.expires_at::numeric) < 9000000000000000
        THEN to_timestamp(w.expires_at / 1000000.0) END AS expires_at,
    w.settled_usd, w.leased_usd,
    coalesce((SELECT sum(l.amount_usd) FROM budget_leases AS l
        LEFT JOIN replicas AS r USING (replica_id)
        WHERE (l.budget_number, l.signature, l.scope, l.window_start)
            = (w.budget_number, w.signature, w.scope, w.window_start)
            AND coalesce(r.expires_at < now(), true)), 0) AS lost_usd,
    w.contended_at, w.alerted_pct
FROM budget_windows AS w LEFT JOIN budget_limits AS b ON b.number = w.budget_number$$),
    (10, 'daily_cost_summary', format('SELECT %s AS user_id, %s AS date, %s GROUP BY 1, 2',
        payer, day, totals)),
    (11, 'monthly_cost_summary', format('SELECT %s AS user_id, %s AS month, %s GROUP BY 1, 2',
        payer, month, totals)),
    (12, 'cost_by_model', format('SELECT model, %s GROUP BY 1 ORDER BY total_cost DESC', totals)),
    (13, 'cost_by_endpoint',
        format('SELECT endpoint, %s GROUP BY 1 ORDER BY total_cost DESC', totals)),
    (14, 'cost_by_provider',
        format('SELECT provider, %s GROUP BY 1 ORDER BY total_cost DESC', totals)),
    (15, 'cost_by_provider_model',
        format('SELECT provider, model, %s GROUP BY 1, 2 ORDER BY total_cost DESC', totals)),
    (16, 'daily_cost_by_provider',
        format('SELECT %s AS date, provider, %s GROUP BY 1, 2', day, totals)),
    (17, 'hourly_cost_trend', format($$SELECT date_trunc('hour', "timestamp") AS hour, %s
    AND "timestamp" >= now() - interval '24 hours'
GROUP BY 1 ORDER BY 1 DESC$$, totals)),
    (18, 'most_expensive_conversations', format($$SELECT conversation_id, %s AS user_id,
    min("timestamp") AS first_call, max("timestamp") AS last_call, %s
    AND conversation_id IS NOT NULL
GROUP BY 1, 2 ORDER BY total_cost DESC$$, payer, totals)),
    (19, 'monthly_spending_trend', format($$SELECT %s AS month,
    count(DISTINCT %s) AS active_users, %s
    AND "timestamp" >= (%s - interval '11 months') AT TIME ZONE 'UTC'
GROUP BY 1 ORDER BY 1 DESC$$, month, payer, totals, this_month)),
    (20, 'user_spending_leaderboard', format($$SELECT %s AS user_id,
    rank() OVER (ORDER BY sum(cost_usd) DESC) AS rank, max("timestamp") AS last_call, %s
GROUP BY 1 ORDER BY total_cost DESC$$, payer, totals)),
    -- How long a call took that failed says nothing about a model's speed.
    (30, 'model_avg_response_time', $$SELECT coalesce(model, model_name) AS model, provider,
    count(*) AS total_calls, round(avg(response_time_ms), 2) AS avg_response_time_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY response_time_ms) AS median_response_time_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY response_time_ms) AS p95_response_time_ms,
    min(response_time_ms) AS min_response_time_ms, max(response_time_ms) AS max_response_time_ms
FROM model_performance_metrics WHERE success AND response_time_ms IS NOT NULL GROUP BY 1, 2$$),
    (31, 'model_success_rate', $$SELECT coalesce(model, model_name) AS model, provider,
    count(*) AS total_calls, count(*) FILTER (WHERE success) AS successful_calls,
    count(*) FILTER (WHERE NOT success) AS failed_calls,
    round(100.0 * count(*) FILTER (WHERE success) / count(*), 2) AS success_rate
FROM model_performance_metrics GROUP BY 1, 2$$),
    (32, 'model_user_satisfaction', $$SELECT coalesce(model, model_name) AS model, provider,
    count(user_rating) AS total_ratings,
    count(*) FILTER (WHERE user_rating > 0) AS positive_ratings,
    count(*) FILTER (WHERE user_rating = 0) AS neutral_ratings,
    count(*) FILTER (WHERE user_rating < 0) AS negative_ratings,
    round(avg(user_rating), 2) AS avg_rating,
    round(100.0 * count(*) FILTER (WHERE user_rating > 0) / count(user_rating), 2)
        AS satisfaction_rate
FROM model_performance_metrics WHERE user_rating IS NOT NULL GROUP BY 1, 2$$),
    -- A model that nobody rated stands halfway; speed is relative to the fastest at the task.
    (33, 'best_model_by_task', $$SELECT task_type, model, provider, total_calls, success_rate,
    satisfaction_rate, avg_response_time_ms, score,
    rank() OVER (PARTITION BY task_type ORDER BY score DESC) AS rank
FROM (SELECT *, round(0.4 * success_rate + 0.4 * coalesce(satisfaction_rate, 50) + coalesce(20.0
        * min(avg_response_time_ms) OVER (PARTITION BY task_type)
        / nullif(avg_response_time_ms, 0), 20), 2) AS score
    FROM (SELECT task_type, coalesce(model, model_name) AS model, provider,
            count(*) AS total_calls,
            round(100.0 * count(*) FILTER (WHERE success) / count(*), 2) AS success_rate,
            round(50 * (avg(user_rating) + 1), 2) AS satisfaction_rate,
            round(avg(response_time_ms), 2) AS avg_response_time_ms
        FROM model_performance_metrics GROUP BY 1, 2, 3 HAVING count(*) >= 5) AS models) AS scored
ORDER BY task_type, score DESC$$),
    (34, 'model_token_efficiency', $$SELECT coalesce(model, model_name) AS model, provider,
    count(*) AS total_calls, round(avg(total_tokens), 2) AS avg_tokens_per_call,
    round(avg(input_tokens), 2) AS avg_input_tokens,
    round(avg(output_tokens), 2) AS avg_output_tokens,
    round(sum(output_tokens)::numeric / nullif(sum(input_tokens), 0), 4) AS output_per_input_token,
    round(1000.0 * sum(output_tokens) / nullif(sum(response_time_ms), 0), 2)
        AS output_tokens_per_second
FROM model_performance_metrics WHERE success GROUP BY 1, 2$$),
    (35, 'model_performance_trends', format($$SELECT %s AS date,
    coalesce(model, model_name) AS model, provider, count(*) AS total_calls,
    round(avg(response_time_ms), 2) AS avg_response_time_ms,
    round(100.0 * count(*) FILTER (WHERE success) / count(*), 2) AS success_rate,
    round(avg(total_tokens), 2) AS avg_tokens_per_call
FROM model_performance_metrics WHERE "timestamp" >= now() - interval '30 days'
GROUP BY 1, 2, 3 ORDER BY 1 DESC$$, day))
    ) AS v (pos, name, body)
),
here AS (
    SELECT v.*, c.oid IS NOT NULL AS is_app FROM views AS v
        LEFT JOIN pg_class AS c ON c.relname = v.name
            AND c.relnamespace = quote_ident(current_schema())::regnamespace
)
-- Without security_invoker, which came with PostgreSQL 15, a view shows its owner's rows.
SELECT row_number() OVER (ORDER BY pos, part)::int AS position, CASE part
        WHEN 0 THEN format(E'CREATE VIEW %I%s AS\n%s', name,
            CASE WHEN current_setting('server_version_num')::int >= 150000
                THEN ' WITH (security_invoker = true)' ELSE '' END, body)
        ELSE format('COMMENT ON VIEW %I IS %L', name, 'Spendfuse made this view') END AS statement,
    CASE part WHEN 0 THEN format('DROP VIEW %I', name) END AS undo,
    CASE WHEN name = 'spend_rows' AND part = 0
        THEN (SELECT 'the app has these itself, and they stay: '
            || string_agg(name, ', ' ORDER BY pos) FROM here WHERE is_app) END AS note
FROM here CROSS JOIN (VALUES (0), (1)) AS p (part) WHERE NOT is_app
ORDER BY position
