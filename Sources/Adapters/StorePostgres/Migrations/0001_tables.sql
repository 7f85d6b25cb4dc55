-- The contract's tables: each is created where it is missing and adopted where the app has it.
-- Adoption only ever adds, widens and relaxes, so that the app's own statements go on working.
--
-- A table that is created here gets a comment that begins with "Spendfuse". The later migrations
-- tell the app's tables from ours by it, which is why they look the same in a plan and in a run.
WITH RECURSIVE wanted (tbl, pos, col, type, fallback, filled) AS (VALUES
    ('api_cost_tracking', 1, 'id', 'bigint', $$identity$$, true),
    ('api_cost_tracking', 2, 'call_id', 'uuid', NULL, false),
    ('api_cost_tracking', 3, 'attempt', 'int', $$1$$, true),
    ('api_cost_tracking', 4, 'timestamp', 'timestamptz', $$now()$$, true),
    ('api_cost_tracking', 5, 'created_at', 'timestamptz', NULL, false),
    ('api_cost_tracking', 6, 'user_id', 'text', NULL, false),
    ('api_cost_tracking', 7, 'payer_id', 'text', NULL, false),
    ('api_cost_tracking', 8, 'project_id', 'text', NULL, false),
    ('api_cost_tracking', 9, 'key_id', 'text', NULL, false),
    ('api_cost_tracking', 10, 'session_id', 'text', NULL, false),
    ('api_cost_tracking', 11, 'conversation_id', 'text', NULL, false),
    ('api_cost_tracking', 12, 'tags', 'jsonb', NULL, false),
    ('api_cost_tracking', 13, 'provider', 'text', $$'openai'$$, true),
    ('api_cost_tracking', 14, 'upstream', 'text', NULL, false),
    ('api_cost_tracking', 15, 'endpoint', 'text', NULL, false),
    ('api_cost_tracking', 16, 'model', 'text', NULL, false),
    ('api_cost_tracking', 17, 'model_requested', 'text', NULL, false),
    ('api_cost_tracking', 18, 'model_priced', 'text', NULL, false),
    ('api_cost_tracking', 19, 'uncounted', 'jsonb', NULL, false),
    ('api_cost_tracking', 20, 'input_tokens', 'bigint', $$0$$, true),
    ('api_cost_tracking', 21, 'output_tokens', 'bigint', $$0$$, true),
    ('api_cost_tracking', 22, 'total_tokens', 'bigint', $$0$$, true),
    ('api_cost_tracking', 23, 'cache_read_tokens', 'bigint', $$0$$, true),
    ('api_cost_tracking', 24, 'cache_write_tokens', 'bigint', $$0$$, true),
    ('api_cost_tracking', 25, 'reasoning_tokens', 'bigint', $$0$$, true),
    ('api_cost_tracking', 26, 'usage', 'jsonb', $$'{}'$$, true),
    ('api_cost_tracking', 27, 'usage_status', 'text', $$'exact'$$, true),
    ('api_cost_tracking', 28, 'service_tier', 'text', NULL, false),
    ('api_cost_tracking', 29, 'inference_geo', 'text', NULL, false),
    ('api_cost_tracking', 30, 'cost_usd', 'numeric(24,12)', $$0$$, true),
    ('api_cost_tracking', 31, 'cost_reported_usd', 'numeric(24,12)', NULL, false),
    ('api_cost_tracking', 32, 'price_version', 'text', NULL, false),
    ('api_cost_tracking', 33, 'held_usd', 'numeric(24,12)', $$0$$, true),
    ('api_cost_tracking', 34, 'status', 'text', $$'success'$$, true),
    ('api_cost_tracking', 35, 'status_code', 'int', NULL, false),
    ('api_cost_tracking', 36, 'error_message', 'text', NULL, false),
    ('api_cost_tracking', 37, 'request_duration_ms', 'bigint', NULL, false),
    ('api_cost_tracking', 38, 'time_to_first_token_ms', 'bigint', NULL, false),
    ('api_cost_tracking', 39, 'streamed', 'boolean', $$false$$, true),
    ('api_cost_tracking', 40, 'cached', 'boolean', $$false$$, true),
    ('api_cost_tracking', 41, 'task_type', 'text', NULL, false),
    ('api_cost_tracking', 42, 'metadata', 'jsonb', $$'{}'$$, true),
    ('api_cost_tracking', 43, 'request_id', 'text', NULL, false),
    ('api_cost_tracking', 44, 'counted', 'boolean', $$false$$, true),
    ('model_performance_metrics', 1, 'id', 'bigint', $$identity$$, true),
    ('model_performance_metrics', 2, 'call_id', 'uuid', NULL, false),
    ('model_performance_metrics', 3, 'attempt', 'int', $$1$$, true),
    ('model_performance_metrics', 4, 'timestamp', 'timestamptz', $$now()$$, true),
    ('model_performance_metrics', 5, 'created_at', 'timestamptz', NULL, false),
    ('model_performance_metrics', 6, 'user_id', 'text', NULL, false),
    ('model_performance_metrics', 7, 'payer_id', 'text', NULL, false),
    ('model_performance_metrics', 8, 'model', 'text', NULL, false),
    ('model_performance_metrics', 9, 'model_name', 'text', NULL, false),
    ('model_performance_metrics', 10, 'provider', 'text', NULL, false),
    ('model_performance_metrics', 11, 'task_type', 'text', NULL, false),
    ('model_performance_metrics', 12, 'task_complexity', 'text', NULL, false),
    ('model_performance_metrics', 13, 'response_time_ms', 'bigint', NULL, false),
    ('model_performance_metrics', 14, 'time_to_first_token_ms', 'bigint', NULL, false),
    ('model_performance_metrics', 15, 'tokens_used', 'bigint', $$0$$, true),
    ('model_performance_metrics', 16, 'input_tokens', 'bigint', $$0$$, true),
    ('model_performance_metrics', 17, 'output_tokens', 'bigint', $$0$$, true),
    ('model_performance_metrics', 18, 'total_tokens', 'bigint', $$0$$, true),
    ('model_performance_metrics', 19, 'cost_usd', 'numeric(24,12)', NULL, false),
    ('model_performance_metrics', 20, 'success', 'boolean', $$true$$, true),
    ('model_performance_metrics', 21, 'error_occurred', 'boolean', NULL, true),
    ('model_performance_metrics', 22, 'error_type', 'text', NULL, false),
    ('model_performance_metrics', 23, 'error_message', 'text', NULL, false),
    ('model_performance_metrics', 24, 'user_rating', 'int', NULL, false),
    ('model_performance_metrics', 25, 'quality_rating', 'int', NULL, false),
    ('model_performance_metrics', 26, 'conversation_id', 'text', NULL, false),
    ('model_performance_metrics', 27, 'message_id', 'uuid', NULL, false),
    ('model_performance_metrics', 28, 'metadata', 'jsonb', $$'{}'$$, true),
    ('budget_config', 1, 'id', 'bigint', $$identity$$, true),
    ('budget_config', 2, 'number', 'bigint', $$identity$$, true),
    ('budget_config', 3, 'scope', 'text', NULL, false),
    ('budget_config', 4, 'name', 'text', $$''$$, true),
    ('budget_config', 5, 'user_id', 'text', NULL, false),
    ('budget_config', 6, 'hourly_limit', 'numeric(24,12)', NULL, false),
    ('budget_config', 7, 'daily_limit', 'numeric(24,12)', NULL, false),
    ('budget_config', 8, 'weekly_limit', 'numeric(24,12)', NULL, false),
    ('budget_config', 9, 'monthly_limit', 'numeric(24,12)', NULL, false),
    ('budget_config', 10, 'total_limit', 'numeric(24,12)', NULL, false),
    ('budget_config', 11, 'per_call_limit', 'numeric(24,12)', NULL, false),
    ('budget_config', 12, 'daily_limit_usd', 'numeric(24,12)', NULL, false),
    ('budget_config', 13, 'monthly_limit_usd', 'numeric(24,12)', NULL, false),
    ('budget_config', 14, 'hard_stop_enabled', 'boolean', $$false$$, true),
    ('budget_config', 15, 'alert_at_50', 'boolean', $$true$$, true),
    ('budget_config', 16, 'alert_at_75', 'boolean', $$true$$, true),
    ('budget_config', 17, 'alert_at_90', 'boolean', $$true$$, true),
    ('budget_config', 18, 'alert_threshold_pct', 'int', NULL, false),
    ('budget_config', 19, 'enabled', 'boolean', $$true$$, true),
    ('budget_config', 20, 'alert_email', 'text', NULL, false),
    ('budget_config', 21, 'alert_webhook', 'text', NULL, false),
    ('budget_config', 22, 'rolling_limits', 'jsonb', $$'[]'$$, true),
    ('budget_config', 23, 'rates', 'jsonb', $$'[]'$$, true),
    ('budget_config', 24, 'mode', 'text', NULL, false),
    ('budget_config', 25, 'near_limit', 'text', $$'strict'$$, true),
    ('budget_config', 26, 'time_zone', 'text', $$'UTC'$$, true),
    ('budget_config', 27, 'week_start', 'text', $$'monday'$$, true),
    ('budget_config', 28, 'thresholds', 'jsonb', NULL, false),
    ('budget_config', 29, 'raises', 'jsonb', $$'[]'$$, true),
    ('budget_config', 30, 'breaker', 'jsonb', NULL, false),
    ('budget_config', 31, 'on_store_outage', 'text', NULL, false),
    ('budget_config', 32, 'created_at', 'timestamptz', $$now()$$, true),
    ('budget_config', 33, 'updated_at', 'timestamptz', $$now()$$, true),
    ('budget_alerts', 1, 'id', 'bigint', $$identity$$, true),
    ('budget_alerts', 2, 'kind', 'text', $$'threshold'$$, true),
    ('budget_alerts', 3, 'scope', 'text', NULL, false),
    ('budget_alerts', 4, 'budget_name', 'text', $$''$$, true),
    ('budget_alerts', 5, 'budget_number', 'bigint', NULL, false),
    ('budget_alerts', 6, 'user_id', 'text', NULL, false),
    ('budget_alerts', 7, 'alert_type', 'text', NULL, false),
    ('budget_alerts', 8, 'window_start', 'text', NULL, false),
    ('budget_alerts', 9, 'threshold_pct', 'int', NULL, false),
    ('budget_alerts', 10, 'severity', 'text', NULL, false),
    ('budget_alerts', 11, 'percent_used', 'numeric', NULL, false),
    ('budget_alerts', 12, 'message', 'text', NULL, false),
    ('budget_alerts', 13, 'status', 'jsonb', NULL, false),
    ('budget_alerts', 14, 'amount_spent_usd', 'numeric(24,12)', NULL, false),
    ('budget_alerts', 15, 'limit_usd', 'numeric(24,12)', NULL, false),
    ('budget_alerts', 16, 'email_sent', 'boolean', $$false$$, true),
    ('budget_alerts', 17, 'timestamp', 'timestamptz', $$now()$$, true),
    ('budget_alerts', 18, 'created_at', 'timestamptz', NULL, false),
    ('budget_alerts', 19, 'dispatched_at', 'timestamptz', NULL, false),
    ('budget_alerts', 20, 'acknowledged', 'boolean', $$false$$, true),
    ('budget_alerts', 21, 'acknowledged_at', 'timestamptz', NULL, false),
    ('budget_alerts', 22, 'acknowledged_by', 'text', NULL, false),
    ('cost_models', 1, 'id', 'bigint', $$identity$$, true),
    ('cost_models', 2, 'provider', 'text', NULL, true),
    ('cost_models', 3, 'model_name', 'text', NULL, true),
    ('cost_models', 4, 'effective_from', 'date', NULL, false),
    ('cost_models', 5, 'price_version', 'text', NULL, false),
    ('cost_models', 6, 'cost_per_1k_input_tokens', 'numeric(24,12)', NULL, false),
    ('cost_models', 7, 'cost_per_1k_output_tokens', 'numeric(24,12)', NULL, false),
    ('cost_models', 8, 'cost_per_1k_image_tokens', 'numeric(24,12)', NULL, false),
    ('cost_models', 9, 'prices', 'jsonb', NULL, false),
    ('cost_models', 10, 'active', 'boolean', $$true$$, true),
    ('cost_models', 11, 'created_at', 'timestamptz', $$now()$$, true),
    ('cost_model_versions', 1, 'id', 'bigint', $$identity$$, true),
    ('cost_model_versions', 2, 'provider', 'text', NULL, true),
    ('cost_model_versions', 3, 'model_name', 'text', NULL, true),
    ('cost_model_versions', 4, 'effective_from', 'date', NULL, false),
    ('cost_model_versions', 5, 'price_version', 'text', NULL, true),
    ('cost_model_versions', 6, 'cost_per_1k_input_tokens', 'numeric(24,12)', NULL, false),
    ('cost_model_versions', 7, 'cost_per_1k_output_tokens', 'numeric(24,12)', NULL, false),
    ('cost_model_versions', 8, 'cost_per_1k_image_tokens', 'numeric(24,12)', NULL, false),
    ('cost_model_versions', 9, 'prices', 'jsonb', NULL, false),
    ('cost_model_versions', 10, 'active', 'boolean', $$true$$, true),
    ('cost_model_versions', 11, 'created_at', 'timestamptz', $$now()$$, true),
    ('api_logs', 1, 'id', 'bigint', $$identity$$, true),
    ('api_logs', 2, 'endpoint', 'text', NULL, false),
    ('api_logs', 3, 'method', 'text', NULL, false),
    ('api_logs', 4, 'status_code', 'int', NULL, false),
    ('api_logs', 5, 'response_time_ms', 'bigint', NULL, false),
    ('api_logs', 6, 'error_message', 'text', NULL, false),
    ('api_logs', 7, 'user_id', 'text', NULL, false),
    ('api_logs', 8, 'session_id', 'text', NULL, false),
    ('api_logs', 9, 'ip_address', 'text', NULL, false),
    ('api_logs', 10, 'user_agent', 'text', NULL, false),
    ('api_logs', 11, 'request_headers', 'jsonb', NULL, false),
    ('api_logs', 12, 'request_body', 'jsonb', NULL, false),
    ('api_logs', 13, 'response_headers', 'jsonb', NULL, false),
    ('api_logs', 14, 'response_body', 'jsonb', NULL, false),
    ('api_logs', 15, 'created_at', 'timestamptz', $$now()$$, true),
    ('api_logs', 16, 'environment', 'text', NULL, false),
    ('notifications', 1, 'id', 'bigint', $$identity$$, true),
    ('notifications', 2, 'user_id', 'text', NULL, true),
    ('notifications', 3, 'type', 'text', NULL, true),
    ('notifications', 4, 'title', 'text', NULL, true),
    ('notifications', 5, 'message', 'text', NULL, true),
    ('notifications', 6, 'link', 'text', NULL, false),
    ('notifications', 7, 'read', 'boolean', $$false$$, true),
    ('notifications', 8, 'metadata', 'jsonb', $$'{}'$$, true),
    ('notifications', 9, 'created_at', 'timestamptz', $$now()$$, true),
    ('notification_preferences', 1, 'user_id', 'text', NULL, true),
    ('notification_preferences', 2, 'budget_alerts', 'boolean', $$true$$, true),
    ('notification_preferences', 3, 'updated_at', 'timestamptz', $$now()$$, true),
    ('zapier_webhook_logs', 1, 'id', 'bigint', $$identity$$, true),
    ('zapier_webhook_logs', 2, 'event_type', 'text', NULL, true),
    ('zapier_webhook_logs', 3, 'user_id', 'text', NULL, false),
    ('zapier_webhook_logs', 4, 'priority', 'text', $$'medium'$$, true),
    ('zapier_webhook_logs', 5, 'success', 'boolean', $$false$$, true),
    ('zapier_webhook_logs', 6, 'webhook_called', 'boolean', $$false$$, true),
    ('zapier_webhook_logs', 7, 'webhook_id', 'text', NULL, false),
    ('zapier_webhook_logs', 8, 'error', 'text', NULL, false),
    ('zapier_webhook_logs', 9, 'payload_preview', 'text', NULL, false),
    ('zapier_webhook_logs', 10, 'timestamp', 'timestamptz', $$now()$$, true)
),
-- What a proxy row always fills beside the columns above that are never null.
written (tbl, col) AS (VALUES
    ('api_cost_tracking', 'user_id'), ('model_performance_metrics', 'user_id'),
    ('model_performance_metrics', 'provider'), ('model_performance_metrics', 'task_type'),
    ('model_performance_metrics', 'response_time_ms'), ('budget_alerts', 'alert_type'),
    ('budget_alerts', 'threshold_pct'), ('budget_alerts', 'severity'),
    ('budget_alerts', 'percent_used'), ('budget_alerts', 'message'), ('budget_alerts', 'status'),
    ('budget_alerts', 'amount_spent_usd'), ('budget_alerts', 'limit_usd')
),
-- Checks that could refuse a row of ours. One stays where its text matches; none matches NULL.
checked (tbl, col, stays, reason) AS (VALUES
    ('api_cost_tracking', 'status',
        $$(?=.*'success')(?=.*'error')(?=.*'blocked')(?=.*'cached')$$,
        'a refused call is a row with the status blocked'),
    ('api_cost_tracking', 'provider', NULL, 'an upstream can be any provider'),
    ('api_cost_tracking', 'model', NULL, 'a model is whatever the provider billed'),
    ('api_cost_tracking', 'endpoint', NULL, 'every route is metered'),
    ('api_cost_tracking', 'user_id', NULL, 'a user is whatever the key or the request says'),
    ('api_cost_tracking', 'cost_usd', NULL, 'an adjustment can be negative'),
    ('api_cost_tracking', 'input_tokens', '^[^<]*>= \(?0[^<]*$', 'a refused call has no tokens'),
    ('api_cost_tracking', 'output_tokens', '^[^<]*>= \(?0[^<]*$', 'a refused call has no tokens'),
    ('api_cost_tracking', 'total_tokens', '^[^<]*>= \(?0[^<]*$', 'a refused call has no tokens'),
    ('model_performance_metrics', 'provider', NULL, 'an upstream can be any provider'),
    ('model_performance_metrics', 'model', NULL, 'a model is whatever the provider billed'),
    ('model_performance_metrics', 'model_name', NULL, 'a model is whatever the provider billed'),
    ('model_performance_metrics', 'task_type',
        $$(?=.*'general_chat')(?=.*'coding')(?=.*'analysis')(?=.*'reasoning')(?=.*'creative')$$
            || $$(?=.*'file_processing')(?=.*'function_calling')(?=.*'other')$$,
        'the proxy writes every task type of the contract'),
    ('model_performance_metrics', 'tokens_used', '^[^<]*>= \(?0[^<]*$',
        'a call that failed has no tokens'),
    ('model_performance_metrics', 'response_time_ms', '^[^<]*>= \(?0[^<]*$',
        'a call that ended with the proxy has no duration'),
    ('budget_config', 'user_id', NULL, 'a budget can be of a project, a key or a tag'),
    ('budget_config', 'hourly_limit', '^[^<]*>= \(?0[^<]*$', 'a limit of zero stops everything'),
    ('budget_config', 'daily_limit', '^[^<]*>= \(?0[^<]*$', 'a limit of zero stops everything'),
    ('budget_config', 'monthly_limit', '^[^<]*>= \(?0[^<]*$', 'a limit of zero stops everything'),
    ('budget_config', 'daily_limit_usd', '^[^<]*>= \(?0[^<]*$',
        'a limit of zero stops everything'),
    ('budget_config', 'monthly_limit_usd', '^[^<]*>= \(?0[^<]*$',
        'a limit of zero stops everything'),
    ('budget_alerts', 'alert_type', NULL, 'windows are hourly, weekly, total and rolling as well'),
    ('budget_alerts', 'severity', $$(?=.*'warning')(?=.*'critical')(?=.*'emergency')$$,
        'alerts are of three severities'),
    ('budget_alerts', 'threshold_pct', NULL, 'thresholds can be set, above 100 as well'),
    ('budget_alerts', 'percent_used', NULL, 'spend can pass its limit many times over'),
    ('budget_alerts', 'user_id', NULL, 'an alert can be of a project, a key or a tag'),
    ('cost_models', 'provider', NULL, 'prices are kept of every provider'),
    ('notifications', 'type', $$(?=.*'warning')(?=.*'error')$$,
        'alerts are notified as a warning or an error'),
    ('zapier_webhook_logs', 'event_type', NULL, 'budget alerts are events of their own'),
    ('zapier_webhook_logs', 'priority', $$(?=.*'medium')(?=.*'high')(?=.*'urgent')$$,
        'alerts are sent with three priorities')
),
-- What an added column holds for the rows that the app has.
backfills (tbl, col, value) AS (VALUES
    ('api_cost_tracking', 'timestamp', 'coalesce(created_at, now())'),
    ('api_cost_tracking', 'created_at', '"timestamp"'),
    ('api_cost_tracking', 'total_tokens', 'coalesce(input_tokens, 0) + coalesce(output_tokens, 0)'),
    ('api_cost_tracking', 'provider', $$coalesce(metadata ->> 'provider', 'openai')$$),
    ('api_cost_tracking', 'conversation_id', $$metadata ->> 'conversation_id'$$),
    ('api_cost_tracking', 'project_id', $$metadata ->> 'project_id'$$),
    ('api_cost_tracking', 'request_duration_ms',
        $$CASE WHEN metadata ->> 'duration_ms' ~ '^\d{1,15}(\.\d+)?$'
            THEN (metadata ->> 'duration_ms')::numeric::bigint END$$),
    ('api_cost_tracking', 'status', $$CASE WHEN cached THEN 'cached' ELSE 'success' END$$),
    ('api_cost_tracking', 'cached', $$coalesce(status = 'cached', false)$$),
    ('model_performance_metrics', 'timestamp', 'coalesce(created_at, now())'),
    ('model_performance_metrics', 'created_at', '"timestamp"'),
    ('model_performance_metrics', 'model', 'model_name'),
    ('model_performance_metrics', 'model_name', 'model'),
    ('model_performance_metrics', 'tokens_used', 'coalesce(nullif(total_tokens, 0),'
        ' coalesce(input_tokens, 0) + coalesce(output_tokens, 0))'),
    ('model_performance_metrics', 'total_tokens', 'coalesce(nullif(tokens_used, 0),'
        ' coalesce(input_tokens, 0) + coalesce(output_tokens, 0))'),
    ('model_performance_metrics', 'success', 'NOT coalesce(error_occurred, false)'),
    ('model_performance_metrics', 'error_occurred', 'NOT coalesce(success, true)'),
    ('model_performance_metrics', 'user_rating',
        'CASE WHEN quality_rating >= 4 THEN 1 WHEN quality_rating = 3 THEN 0'
        ' WHEN quality_rating < 3 THEN -1 END'),
    ('model_performance_metrics', 'quality_rating',
        'CASE user_rating WHEN 1 THEN 5 WHEN 0 THEN 3 WHEN -1 THEN 1 END'),
    ('budget_config', 'daily_limit', 'daily_limit_usd'),
    ('budget_config', 'daily_limit_usd', 'daily_limit'),
    ('budget_config', 'monthly_limit', 'monthly_limit_usd'),
    ('budget_config', 'monthly_limit_usd', 'monthly_limit'),
    ('budget_alerts', 'timestamp', 'coalesce(created_at, now())'),
    ('budget_alerts', 'created_at', '"timestamp"'),
    ('budget_alerts', 'percent_used', 'round(100 * amount_spent_usd / nullif(limit_usd, 0), 2)'),
    ('budget_alerts', 'dispatched_at', 'coalesce("timestamp", created_at, now())')
),
-- Names of one thing. The second of two gets no default, so that a value in it was given.
twins (tbl, col) AS (VALUES
    ('api_cost_tracking', 'timestamp'), ('api_cost_tracking', 'created_at'),
    ('model_performance_metrics', 'timestamp'), ('model_performance_metrics', 'created_at'),
    ('model_performance_metrics', 'success'), ('model_performance_metrics', 'error_occurred'),
    ('budget_alerts', 'timestamp'), ('budget_alerts', 'created_at')
),
home AS (SELECT quote_ident(current_schema())::regnamespace::oid AS schema_oid),
tables AS (
    SELECT w.tbl, min(c.oid::bigint)::oid AS oid,
        row_number() OVER (ORDER BY array_position(ARRAY['api_cost_tracking',
            'model_performance_metrics', 'budget_config', 'budget_alerts', 'cost_models',
            'cost_model_versions', 'api_logs', 'notifications', 'notification_preferences',
            'zapier_webhook_logs'], w.tbl)) AS rank
    FROM wanted AS w LEFT JOIN pg_class AS c ON c.relname = w.tbl AND c.relkind IN ('r', 'p')
        AND c.relnamespace = (SELECT schema_oid FROM home)
    GROUP BY w.tbl
),
present AS (
    SELECT t.tbl, t.rank, t.oid, a.attname::text AS col, a.attnum, a.attnotnull, a.atthasdef,
        a.attidentity, y.typname::text AS type, a.atttypmod AS modifier,
        ((a.atttypmod - 4) >> 16) & 65535 AS precision, (a.atttypmod - 4) & 2047 AS scale,
        EXISTS (SELECT FROM pg_constraint AS p WHERE p.conrelid = t.oid AND p.contype = 'p'
            AND a.attnum = ANY (p.conkey)) AS is_key
    FROM tables AS t JOIN pg_attribute AS a ON a.attrelid = t.oid
        JOIN pg_type AS y ON y.oid = a.atttypid
    WHERE a.attnum > 0 AND NOT a.attisdropped
),
missing AS (
    SELECT w.*, t.oid, t.rank FROM wanted AS w JOIN tables AS t USING (tbl)
    WHERE t.oid IS NOT NULL
        AND NOT EXISTS (SELECT FROM present AS p WHERE p.tbl = w.tbl AND p.col = w.col)
),
created AS (
    SELECT 10 AS phase, t.rank, 0 AS pos,
        format(E'CREATE TABLE %I (\n    %s\n)', t.tbl, string_agg(format('%I %s', w.col, w.type)
            || CASE WHEN w.fallback = 'identity' THEN ' GENERATED BY DEFAULT AS IDENTITY'
                ELSE coalesce(' DEFAULT ' || w.fallback, '') END
            || CASE WHEN w.col = 'id' OR w.col = 'user_id' AND t.tbl = 'notification_preferences'
                THEN ' PRIMARY KEY' WHEN w.filled THEN ' NOT NULL' ELSE '' END,
            E',\n    ' ORDER BY w.pos)) AS statement,
        format('DROP TABLE %I', t.tbl) AS undo, NULL AS note
    FROM tables AS t JOIN wanted AS w USING (tbl) WHERE t.oid IS NULL GROUP BY t.tbl, t.rank
    UNION ALL
    SELECT 10, rank, 1, format('COMMENT ON TABLE %I IS %L', tbl, 'Spendfuse made this table'),
        NULL, NULL
    FROM tables WHERE oid IS NULL
),
widened AS (
    SELECT p.*, CASE WHEN w.type = 'text' OR w.type = 'numeric' THEN w.type
            WHEN p.type <> 'numeric' THEN 'numeric(24,12)'
            ELSE format('numeric(%s,%s)', greatest(p.precision - p.scale, 12)
                + greatest(p.scale, 12), greatest(p.scale, 12)) END AS new_type
    FROM present AS p JOIN wanted AS w USING (tbl, col)
    WHERE w.type = 'text' AND p.type IN ('varchar', 'bpchar') AND p.modifier <> -1
        OR w.type LIKE 'numeric%' AND p.type IN ('int2', 'int4', 'int8', 'float4', 'float8')
        OR w.type LIKE 'numeric%' AND p.type = 'numeric' AND p.modifier <> -1
            AND (w.type = 'numeric' OR p.scale < 12 OR p.precision - p.scale < 12)
),
reading (view, depth) AS (
    SELECT r.ev_class, 1
    FROM widened AS w JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass
            AND d.refobjid = w.oid AND d.refobjsubid = w.attnum
        JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    UNION
    SELECT r.ev_class, reading.depth + 1
    FROM reading JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass
            AND d.refobjid = reading.view
        JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    WHERE r.ev_class <> reading.view
),
views AS (
    SELECT c.oid, max(r.depth) AS depth, c.oid::regclass::text AS name, c.relacl, c.reloptions,
        c.relowner, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind
    FROM reading AS r JOIN pg_class AS c ON c.oid = r.view AND c.relkind IN ('v', 'm')
    GROUP BY c.oid
),
views_dropped AS (
    SELECT 20 AS phase, row_number() OVER (ORDER BY depth DESC, name) AS rank, 0 AS pos,
        format('DROP %s %s', kind, name) AS statement, NULL AS undo,
        'a column that it shows becomes wider; the same view is made again below' AS note
    FROM views
),
-- A right that the schema's default privileges would add is taken back before the view's own.
strangers AS (
    SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC'
        ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS role
    FROM pg_default_acl AS d CROSS JOIN aclexplode(d.defaclacl) AS a
    WHERE d.defaclobjtype = 'r' AND d.defaclrole = current_user::regrole
        AND a.grantee <> d.defaclrole
        AND d.defaclnamespace IN (0, (SELECT schema_oid FROM home))
),
views_made AS (
    SELECT v.oid, v.depth, 0 AS part, format('CREATE %s %s%s AS %s', v.kind, v.name,
        ' WITH (' || array_to_string(v.reloptions, ', ') || ')',
        rtrim(pg_get_viewdef(v.oid), ';')) AS statement
    FROM views AS v
    UNION ALL
    SELECT v.oid, v.depth, 1, pg_get_indexdef(i.indexrelid)
    FROM views AS v JOIN pg_index AS i ON i.indrelid = v.oid
    UNION ALL
    SELECT v.oid, v.depth, 1, pg_get_triggerdef(t.oid)
    FROM views AS v JOIN pg_trigger AS t ON t.tgrelid = v.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT v.oid, v.depth, 2, format('COMMENT ON %s %s IS %L', CASE d.objsubid
            WHEN 0 THEN v.kind ELSE 'COLUMN' END, v.name || coalesce('.' || quote_ident(a.attname),
            ''), d.description)
    FROM views AS v JOIN pg_description AS d ON d.classoid = 'pg_class'::regclass
            AND d.objoid = v.oid
        LEFT JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum = nullif(d.objsubid, 0)
    UNION ALL
    SELECT v.oid, v.depth, 3, format('REVOKE ALL ON %s FROM %s', v.name, s.roles)
    FROM views AS v CROSS JOIN (SELECT string_agg(role, ', ') AS roles FROM strangers) AS s
    WHERE s.roles IS NOT NULL
    UNION ALL
    SELECT v.oid, v.depth, 4, format('GRANT %s ON %s TO %s%s',
        string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), v.name,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM views AS v CROSS JOIN aclexplode(v.relacl) AS a WHERE a.grantee <> v.relowner
    GROUP BY v.oid, v.depth, v.name, a.grantee, a.is_grantable
    UNION ALL
    SELECT v.oid, v.depth, 5, format('ALTER %s %s OWNER TO %I', v.kind, v.name,
        pg_get_userbyid(v.relowner))
    FROM views AS v WHERE pg_get_userbyid(v.relowner) <> current_user
),
policies AS (
    SELECT DISTINCT p.oid, p.polname, p.polrelid::regclass::text AS tbl,
        format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, p.polrelid::regclass,
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            (SELECT string_agg(CASE u.role WHEN 0 THEN 'PUBLIC'
                ELSE quote_ident(pg_get_userbyid(u.role)) END, ', ')
                FROM unnest(p.polroles) AS u (role)),
            ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
            ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')') AS definition
    FROM widened AS w JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass
            AND d.refobjid = w.oid AND d.refobjsubid = w.attnum
        JOIN pg_policy AS p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
),
widening AS (
    SELECT * FROM views_dropped
    UNION ALL
    SELECT 21, row_number() OVER (ORDER BY tbl, polname), 0,
        format('DROP POLICY %I ON %s', polname, tbl), NULL,
        'a column that it reads becomes wider; the same policy is made again below'
    FROM policies
    UNION ALL
    SELECT 30, rank, 0, format(E'ALTER TABLE %I\n    %s', tbl, string_agg(
            format('ALTER COLUMN %I TYPE %s', col, new_type), E',\n    ' ORDER BY attnum)), NULL,
        concat_ws('; ', CASE WHEN bool_or(new_type LIKE 'numeric%')
                THEN 'six decimals book an 8-token embedding as 0; the table is rewritten' END,
            CASE WHEN bool_or(new_type = 'text') THEN 'a name or a text can be longer' END,
            'no rollback makes it narrower')
    FROM widened GROUP BY tbl, rank
    UNION ALL
    SELECT 40, row_number() OVER (ORDER BY tbl, polname), 0, definition, NULL, NULL FROM policies
    UNION ALL
    SELECT 41, row_number() OVER (ORDER BY depth, oid::regclass::text, part, statement), 0,
        statement, NULL, NULL
    FROM views_made
),
constraints AS (
    SELECT t.tbl, t.rank, c.conname, c.contype, c.conkey,
        regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', '') AS definition
    FROM tables AS t JOIN pg_constraint AS c ON c.conrelid = t.oid AND c.conparentid = 0
),
refusing AS (
    SELECT c.*, 'a user, a conversation or a project of a proxy row need not be in '
        || 'the table it refers to; rows of a deleted one are kept' AS reason
    FROM constraints AS c WHERE c.contype = 'f' AND EXISTS (
        SELECT FROM present AS p JOIN wanted AS w USING (tbl, col)
        WHERE p.tbl = c.tbl AND p.attnum = ANY (c.conkey) AND p.col NOT IN ('id', 'message_id'))
    UNION ALL
    SELECT c.*, (SELECT min(k.reason) FROM checked AS k JOIN present AS p USING (tbl, col)
        WHERE k.tbl = c.tbl AND p.attnum = ANY (c.conkey)
            AND c.definition !~ coalesce(k.stays, '$^'))
    FROM constraints AS c WHERE c.contype = 'c'
        AND c.definition !~ '^CHECK \(\(\S+ IS NOT NULL\)\)$'
),
-- What stands in the way of a null is a column's own NOT NULL or what a rollback left instead.
nullable AS (
    SELECT p.*, c.conname FROM present AS p LEFT JOIN wanted AS w USING (tbl, col)
        LEFT JOIN constraints AS c ON c.tbl = p.tbl AND c.contype = 'c'
            AND c.definition = format('CHECK ((%I IS NOT NULL))', p.col)
    WHERE (p.attnotnull OR c.conname IS NOT NULL) AND NOT p.is_key AND p.attidentity = ''
        AND CASE WHEN p.col = 'user_id' AND p.type = 'uuid' THEN true
            WHEN w.col IS NULL THEN NOT p.atthasdef
            ELSE NOT w.filled AND (p.tbl, p.col) NOT IN (SELECT tbl, col FROM written) END
),
relaxing AS (
    SELECT 50 AS phase, rank, 0 AS pos,
        format('ALTER TABLE %I DROP CONSTRAINT %I', tbl, conname) AS statement,
        format('ALTER TABLE %I ADD CONSTRAINT %I %s NOT VALID', tbl, conname, definition) AS undo,
        reason AS note
    FROM refusing WHERE reason IS NOT NULL
    UNION ALL
    SELECT 51, rank, attnum, CASE WHEN conname IS NULL
            THEN format('ALTER TABLE %I ALTER COLUMN %I DROP NOT NULL', tbl, col)
            ELSE format('ALTER TABLE %I DROP CONSTRAINT %I', tbl, conname) END,
        format($undo$DO $do$BEGIN
    IF EXISTS (SELECT FROM %1$I WHERE %2$I IS NULL) THEN
        ALTER TABLE %1$I ADD CONSTRAINT %3$I CHECK (%2$I IS NOT NULL) NOT VALID;
    ELSE
        ALTER TABLE %1$I ALTER COLUMN %2$I SET NOT NULL;
    END IF;
END$do$$undo$, tbl, col, coalesce(conname, left(tbl || '_' || col, 54) || '_not_null')),
        CASE WHEN col = 'user_id' AND type = 'uuid'
            THEN 'a user whose id is no uuid stands in payer_id alone'
            ELSE 'a proxy row need not have a value here' END
    FROM nullable
    UNION ALL
    SELECT 52, rank, attnum,
        format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT gen_random_uuid()', tbl, col),
        format('ALTER TABLE %I ALTER COLUMN %I DROP DEFAULT', tbl, col),
        'a proxy row leaves its id to the database'
    FROM present WHERE col = 'id' AND type = 'uuid' AND NOT atthasdef
),
added AS (
    SELECT 60 AS phase, m.rank, m.pos, format('ALTER TABLE %I ADD COLUMN %I %s%s', m.tbl, m.col,
            m.type, CASE WHEN m.fallback = 'identity' THEN ' GENERATED BY DEFAULT AS IDENTITY'
                WHEN m.col = 'counted' THEN ' NOT NULL DEFAULT true'
                WHEN w.col IS NOT NULL THEN ''
                ELSE coalesce(' DEFAULT ' || m.fallback, '') END) AS statement,
        format('ALTER TABLE %I DROP COLUMN %I', m.tbl, m.col) AS undo,
        CASE m.col WHEN 'number' THEN 'existing budgets are numbered'
            WHEN 'payer_id' THEN 'the user as text, whatever the type of user_id; no row is filled'
            WHEN 'counted' THEN 'existing rows count as they stand; new ones once a replica has'
                ' seen them' END AS note
    FROM missing AS m LEFT JOIN twins AS w USING (tbl, col)
    UNION ALL
    SELECT 61, rank, pos, format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT false', tbl, col),
        NULL, NULL
    FROM missing WHERE col = 'counted'
    UNION ALL
    SELECT 62, m.rank, 0, format(E'UPDATE %I SET\n    %s', m.tbl, string_agg(
            format('%I = %s', m.col, b.value), E',\n    ' ORDER BY m.pos)), NULL,
        'fills what was added from what the app has under another name'
    FROM missing AS m JOIN backfills AS b USING (tbl, col) GROUP BY m.tbl, m.rank
),
-- A rollback keeps what it takes from a row of ours in the row itself, and going up again finds it:
-- in metadata for a call, and in user_id for a budget that is no user's, since no user has it.
kept AS (
    SELECT 61 AS phase, m.rank, 1000 AS pos,
        format('ALTER TABLE %I DISABLE TRIGGER %I', m.tbl, g.tgname) AS statement,
        format('ALTER TABLE %I ENABLE TRIGGER %I', m.tbl, g.tgname) AS undo,
        'what is filled in below is no change that the app makes' AS note
    FROM (SELECT DISTINCT tbl, oid, rank FROM missing) AS m JOIN pg_trigger AS g
        ON g.tgrelid = m.oid AND NOT g.tgisinternal AND g.tgenabled = 'O'
    UNION ALL
    SELECT 65, m.rank, 0, format('ALTER TABLE %I ENABLE TRIGGER %I', m.tbl, g.tgname),
        format('ALTER TABLE %I DISABLE TRIGGER %I', m.tbl, g.tgname), NULL
    FROM (SELECT DISTINCT tbl, oid, rank FROM missing) AS m JOIN pg_trigger AS g
        ON g.tgrelid = m.oid AND NOT g.tgisinternal AND g.tgenabled = 'O'
    UNION ALL
    SELECT 63, m.rank, 0 AS pos, format(E'UPDATE %I SET\n    %s,\n    metadata = %s\n%s',
            m.tbl, string_agg(format('%1$I = coalesce((metadata -> ''spendfuse'' ->> %1$L)::%2$s,'
                ' %1$I)', m.col, m.type), E',\n    ' ORDER BY m.pos),
            $$metadata - 'spendfuse'$$, $$WHERE metadata ? 'spendfuse'$$),
        format('UPDATE %I AS t SET metadata = coalesce(metadata, ''{}'') || jsonb_build_object('
                '''spendfuse'', (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(t))'
                ' WHERE key = ANY (%L::text[]) AND value <> ''null'')) WHERE call_id IS NOT NULL',
            m.tbl, array_agg(m.col ORDER BY m.pos)),
        'takes up what an earlier rollback kept'
    FROM missing AS m JOIN present AS p ON p.tbl = m.tbl AND p.col = 'metadata'
        AND p.type = 'jsonb'
    WHERE m.tbl IN ('api_cost_tracking', 'model_performance_metrics')
    GROUP BY m.tbl, m.rank
    UNION ALL
    SELECT 63, m.rank, 0, format(E'UPDATE %I SET\n    %s,\n    user_id = %s\n%s', m.tbl,
            string_agg(format('%1$I = coalesce((substr(user_id, 11)::jsonb ->> %1$L)::%2$s, %1$I)',
                m.col, m.type), E',\n    ' ORDER BY m.pos),
            $$substr(user_id, 11)::jsonb ->> 'user_id'$$,
            $$WHERE user_id LIKE 'spendfuse:{%'$$),
        format('UPDATE %I AS t SET user_id = ''spendfuse:'' || (SELECT jsonb_object_agg(key, value)'
                ' FROM jsonb_each(to_jsonb(t)) WHERE key = ANY (%L::text[])'
                ' AND value <> ''null'')::text WHERE scope IS NOT NULL'
                ' AND NOT (name = '''' AND scope IN (''system'', ''user:'' || user_id))',
            m.tbl, array_agg(m.col ORDER BY m.pos) || ARRAY['user_id']),
        'takes up what an earlier rollback kept'
    FROM missing AS m JOIN present AS p ON p.tbl = m.tbl AND p.col = 'user_id'
        AND p.type IN ('text', 'varchar')
    WHERE m.tbl = 'budget_config' AND m.col <> 'number'
    GROUP BY m.tbl, m.rank
    UNION ALL
    SELECT 64, rank, 0, $$UPDATE budget_config AS b SET name = 'row ' || number
WHERE name = '' AND EXISTS (
    SELECT FROM budget_config AS other
    WHERE other.name = '' AND other.scope IS NOT DISTINCT FROM b.scope
        AND other.user_id IS NOT DISTINCT FROM b.user_id
        AND (coalesce(other.updated_at, other.created_at, '-infinity'), other.number)
            > (coalesce(b.updated_at, b.created_at, '-infinity'), b.number))$$, NULL,
        'of several rows for one user or for the whole system the newest is the default budget'
    FROM missing WHERE tbl = 'budget_config' AND col = 'name'
)
SELECT row_number() OVER (ORDER BY phase, rank, pos, statement)::int AS position, statement, undo,
    note
FROM (SELECT * FROM created UNION ALL SELECT * FROM widening UNION ALL SELECT * FROM relaxing
    UNION ALL SELECT * FROM added UNION ALL SELECT * FROM kept) AS steps
ORDER BY position
