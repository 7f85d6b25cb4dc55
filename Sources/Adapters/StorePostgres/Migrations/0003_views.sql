-- Views. One that the app has under the same name is the app's and stays as it is.
--
-- Sums are read from the rollups of 0002, where an empty text stands for none and days and hours
-- are UTC's. What a span of time cuts off its first hour or day is read from the rows themselves.
WITH kinds AS (
    -- A sum of int is a bigint, one of bigint a numeric: the app's columns can be either.
    SELECT w.tbl, w.col, coalesce(format_type(a.atttypid, NULL), 'bigint') AS type
    FROM (VALUES ('api_cost_tracking', 'input_tokens'), ('api_cost_tracking', 'output_tokens'),
            ('api_cost_tracking', 'total_tokens'),
            ('model_performance_metrics', 'response_time_ms')) AS w (tbl, col)
        LEFT JOIN pg_attribute AS a ON a.attrelid = to_regclass(w.tbl) AND a.attname = w.col
),
tokens AS (
    SELECT max(type) FILTER (WHERE col = 'response_time_ms') AS ms, string_agg(format(
            'sum(%1$s)%2$s AS %3$s', col, cast_to, name), E',\n    ' ORDER BY col) FILTER
            (WHERE tbl = 'api_cost_tracking') AS sums,
        string_agg(format('%s%s AS %s', col, cast_one, name), E',\n    ' ORDER BY col)
            FILTER (WHERE tbl = 'api_cost_tracking') AS own
    FROM (SELECT *, replace('total_' || col, 'total_total', 'total') AS name,
            CASE WHEN type IN ('integer', 'smallint') THEN '::bigint' ELSE '' END AS cast_to,
            CASE WHEN type IN ('integer', 'smallint') THEN '' ELSE '::numeric' END AS cast_one
        FROM kinds) AS k
),
parts AS (
    -- An adjustment is spend but no call, and a refused call is neither.
    SELECT format($$sum(calls)::bigint AS total_calls,
    sum(cost_usd) AS total_cost,
    round(sum(cost_usd) / nullif(sum(calls), 0), 12) AS avg_cost_per_call,
    %s$$, sums) AS totals, own, ms,
        'sum(entries) > sum(blocked)' AS has_spend,
        $$nullif(user_id, '') COLLATE "default"$$ AS payer,
        $$(bucket AT TIME ZONE 'UTC')::date$$ AS day,
        $$date_trunc('month', bucket AT TIME ZONE 'UTC')::date$$ AS month,
        $$date_trunc('month', now() AT TIME ZONE 'UTC')$$ AS this_month,
        $$nullif(model, '') COLLATE "default" AS model$$ AS model,
        $$nullif(provider, '') COLLATE "default" AS provider$$ AS provider,
        -- The share of a whole number of calls that is below, as percentile_cont counts it.
        $$least(greatest(min(step) FILTER (WHERE upto > floor(%1$s * (n - 1)))
        * (1 - (%1$s * (n - 1)) %% 1) + min(step) FILTER (WHERE upto > ceil(%1$s * (n - 1)))
        * ((%1$s * (n - 1)) %% 1), max(least_ms)), max(most_ms))::double precision$$ AS percentile
    FROM tokens
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
    -- Where sums are seen, each of these is one of them: nothing is added up.
    (10, 'daily_cost_summary', format($$SELECT %1$s AS user_id, %2$s AS date,
    calls AS total_calls, cost_usd AS total_cost,
    round(cost_usd / nullif(calls, 0), 12) AS avg_cost_per_call, %3$s
FROM payer_rollups WHERE entries > blocked
UNION ALL
SELECT nullif(payer, ''), (day AT TIME ZONE 'UTC')::date, %4$s
FROM spendfuse_own_costs() WHERE NOT EXISTS (SELECT FROM rollup_state)
GROUP BY 1, 2 HAVING %5$s$$, payer, day, own, totals, has_spend)),
    (11, 'monthly_cost_summary', format($$SELECT %s AS user_id, %s AS month, %s
FROM payer_days GROUP BY 1, 2 HAVING %s$$, payer, month, totals, has_spend)),
    (12, 'cost_by_model', format($$SELECT %s, %s
FROM spend_days WHERE facet = '' GROUP BY 1 HAVING %s ORDER BY total_cost DESC$$, model, totals,
        has_spend)),
    (13, 'cost_by_endpoint', format($$SELECT nullif(endpoint, '') COLLATE "default" AS endpoint, %s
FROM spend_days WHERE facet = '' GROUP BY 1 HAVING %s ORDER BY total_cost DESC$$, totals,
        has_spend)),
    (14, 'cost_by_provider', format($$SELECT %s, %s
FROM spend_days WHERE facet = '' GROUP BY 1 HAVING %s ORDER BY total_cost DESC$$, provider, totals,
        has_spend)),
    (15, 'cost_by_provider_model', format($$SELECT %s, %s, %s
FROM spend_days WHERE facet = '' GROUP BY 1, 2 HAVING %s ORDER BY total_cost DESC$$, provider,
        model, totals, has_spend)),
    (16, 'daily_cost_by_provider', format($$SELECT %s AS date, %s, %s
FROM spend_days WHERE facet = '' GROUP BY 1, 2 HAVING %s$$, day, provider, totals, has_spend)),
    (17, 'hourly_cost_trend', format($$SELECT bucket AS hour, %s
FROM (SELECT bucket, entries, blocked, calls, cost_usd, input_tokens, output_tokens, total_tokens
    FROM spend_hours WHERE facet = ''
        AND bucket >= date_trunc('hour', now(), 'UTC') - interval '23 hours'
    UNION ALL
    SELECT date_trunc('hour', "timestamp", 'UTC'), 1, 0,
        (endpoint IS DISTINCT FROM 'adjustment')::int, cost_usd, input_tokens, output_tokens,
        total_tokens
    FROM api_cost_tracking
    WHERE status IS DISTINCT FROM 'blocked' AND "timestamp" >= now() - interval '24 hours'
        AND "timestamp" < date_trunc('hour', now(), 'UTC') - interval '23 hours') AS hours
GROUP BY 1 HAVING %s ORDER BY 1 DESC$$, totals, has_spend)),
    -- The dearest few are the first of an index, which a condition within the union would hide.
    (18, 'most_expensive_conversations', format($$SELECT conversation_id, user_id, first_call,
    last_call, calls AS total_calls, cost_usd AS total_cost,
    round(cost_usd / nullif(calls, 0), 12) AS avg_cost_per_call, %s
FROM (SELECT conversation_id COLLATE "default" AS conversation_id,
        nullif(user_id, '') COLLATE "default" AS user_id, first_at AS first_call,
        last_at AS last_call, entries, blocked, calls, cost_usd, input_tokens, output_tokens,
        total_tokens
    FROM conversation_rollups
    UNION ALL
    SELECT conversation, nullif(payer, ''), min(first_at), max(last_at), sum(entries)::bigint,
        sum(blocked)::bigint, sum(calls)::bigint, sum(cost_usd), sum(input_tokens)::bigint,
        sum(output_tokens)::bigint, sum(total_tokens)::bigint
    FROM spendfuse_own_costs()
    WHERE NOT EXISTS (SELECT FROM rollup_state) AND is_in_conversation
    GROUP BY 1, 2) AS conversations
WHERE entries > blocked ORDER BY cost_usd DESC$$, own)),
    (19, 'monthly_spending_trend', format($$SELECT month,
    count(*) FILTER (WHERE user_id <> '') AS active_users, %s
FROM (SELECT %s AS month, user_id, sum(calls) AS calls, sum(cost_usd) AS cost_usd,
        sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
        sum(total_tokens) AS total_tokens
    FROM payer_days
    WHERE bucket >= (%s - interval '11 months') AT TIME ZONE 'UTC'
    GROUP BY 1, 2 HAVING %s) AS payers
GROUP BY 1 ORDER BY 1 DESC$$, totals, month, this_month, has_spend)),
    (20, 'user_spending_leaderboard', format($$SELECT %s AS user_id,
    rank() OVER (ORDER BY sum(cost_usd) DESC) AS rank, max(last_at) AS last_call, %s
FROM payer_days GROUP BY 1 HAVING %s ORDER BY total_cost DESC$$, payer,
        totals, has_spend)),
    -- How long a call took that failed says nothing about a model's speed. Median and p95 are
    -- within 1 %: they are read from steps of 2 %.
    (30, 'model_avg_response_time', format($$SELECT %1$s, %2$s, total_calls,
    round(max(success_time_ms) / total_calls, 2) AS avg_response_time_ms,
    %3$s AS median_response_time_ms,
    %4$s AS p95_response_time_ms,
    max(least_ms)::%5$s AS min_response_time_ms, max(most_ms)::%5$s AS max_response_time_ms
FROM (SELECT model, provider, sum(timed_successes)::bigint AS total_calls,
        sum(success_time_ms) AS success_time_ms, min(min_response_time_ms) AS least_ms,
        max(max_response_time_ms) AS most_ms
    FROM performance_days GROUP BY 1, 2 HAVING sum(timed_successes) > 0) AS models
    JOIN (SELECT model, provider, CASE WHEN width_bucket < 0 THEN 0
            ELSE power(1.02::float8, width_bucket + 0.5) END AS step,
            sum(sum(calls)) OVER (PARTITION BY model, provider ORDER BY width_bucket) AS upto,
            sum(sum(calls)) OVER (PARTITION BY model, provider) AS n
        FROM response_times WHERE grain = 'all' AND calls > 0
        GROUP BY model, provider, width_bucket) AS steps USING (model, provider)
GROUP BY model, provider, total_calls, n$$, model, provider, format(percentile, '0.5'),
        format(percentile, '0.95'), ms)),
    (31, 'model_success_rate', format($$SELECT %s, %s, sum(calls)::bigint AS total_calls,
    sum(successes)::bigint AS successful_calls, sum(failures)::bigint AS failed_calls,
    round(100.0 * sum(successes) / sum(calls), 2) AS success_rate
FROM performance_days GROUP BY 1, 2$$, model, provider)),
    (32, 'model_user_satisfaction', format($$SELECT %s, %s, sum(ratings)::bigint AS total_ratings,
    sum(positive_ratings)::bigint AS positive_ratings,
    sum(neutral_ratings)::bigint AS neutral_ratings,
    sum(negative_ratings)::bigint AS negative_ratings,
    round(sum(rating_sum) / sum(ratings), 2) AS avg_rating,
    round(100.0 * sum(positive_ratings) / sum(ratings), 2) AS satisfaction_rate
FROM performance_days GROUP BY 1, 2 HAVING sum(ratings) > 0$$, model, provider)),
    -- A model that nobody rated stands halfway; speed is relative to the fastest at the task.
    (33, 'best_model_by_task', format($$SELECT task_type, model, provider, total_calls,
    success_rate, satisfaction_rate, avg_response_time_ms, score,
    rank() OVER (PARTITION BY task_type ORDER BY score DESC) AS rank
FROM (SELECT *, round(0.4 * success_rate + 0.4 * coalesce(satisfaction_rate, 50) + coalesce(20.0
        * min(avg_response_time_ms) OVER (PARTITION BY task_type)
        / nullif(avg_response_time_ms, 0), 20), 2) AS score
    FROM (SELECT nullif(task_type, '') COLLATE "default" AS task_type, %s, %s,
            sum(calls)::bigint AS total_calls,
            round(100.0 * sum(successes) / sum(calls), 2) AS success_rate,
            round(50 * (sum(rating_sum) / nullif(sum(ratings), 0) + 1), 2) AS satisfaction_rate,
            round(sum(response_time_ms) / nullif(sum(timed_calls), 0), 2) AS avg_response_time_ms
        FROM performance_days GROUP BY 1, 2, 3 HAVING sum(calls) >= 5) AS models) AS scored
ORDER BY task_type, score DESC$$, model, provider)),
    (34, 'model_token_efficiency', format($$SELECT %s, %s, sum(successes)::bigint AS total_calls,
    round(sum(success_total_tokens) / nullif(sum(counted_successes), 0), 2)
        AS avg_tokens_per_call,
    round(sum(success_input_tokens) / nullif(sum(success_inputs), 0), 2) AS avg_input_tokens,
    round(sum(success_output_tokens) / nullif(sum(success_outputs), 0), 2) AS avg_output_tokens,
    round(sum(success_output_tokens) FILTER (WHERE success_outputs > 0)
        / nullif(sum(success_input_tokens), 0), 4) AS output_per_input_token,
    round(1000.0 * sum(success_output_tokens) FILTER (WHERE success_outputs > 0)
        / nullif(sum(success_time_ms), 0), 2) AS output_tokens_per_second
FROM performance_days GROUP BY 1, 2 HAVING sum(successes) > 0$$, model, provider)),
    (35, 'model_performance_trends', format($$SELECT %s AS date, %s, %s,
    sum(calls)::bigint AS total_calls,
    round(sum(response_time_ms) / nullif(sum(timed_calls), 0), 2) AS avg_response_time_ms,
    round(100.0 * sum(successes) / sum(calls), 2) AS success_rate,
    round(sum(total_tokens) / nullif(sum(counted_calls), 0), 2) AS avg_tokens_per_call
FROM (SELECT bucket, model, provider, calls, successes, timed_calls, response_time_ms,
        counted_calls, total_tokens
    FROM performance_days
    WHERE bucket >= date_trunc('day', now() - interval '30 days', 'UTC') + interval '24 hours'
    UNION ALL
    SELECT date_trunc('day', "timestamp", 'UTC'), coalesce(model, model_name, '') COLLATE "C",
        coalesce(provider, '') COLLATE "C", 1, (success IS TRUE)::int,
        (response_time_ms IS NOT NULL)::int, response_time_ms, (total_tokens IS NOT NULL)::int,
        total_tokens
    FROM model_performance_metrics WHERE "timestamp" >= now() - interval '30 days'
        AND "timestamp" < date_trunc('day', now() - interval '30 days', 'UTC')
            + interval '24 hours') AS days
GROUP BY 1, 2, 3 ORDER BY 1 DESC$$, day, model, provider))
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
