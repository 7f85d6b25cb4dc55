-- Whether the database is what the migrations make of it. It reads catalogs, and runs a sample
-- only where all that it names is there, so that it answers on any database.
WITH home AS (SELECT quote_ident(current_schema())::regnamespace::oid AS schema_oid),
tables (tbl, is_readable) AS (VALUES
    ('api_cost_tracking', true), ('model_performance_metrics', true), ('budget_config', true),
    ('budget_alerts', true), ('cost_models', true), ('cost_model_versions', true),
    ('api_logs', true), ('notifications', true), ('notification_preferences', true),
    ('zapier_webhook_logs', true), ('installation', false), ('change_marks', true),
    ('gateway_keys', true), ('price_overrides', true), ('imported_calls', true), ('replicas', true),
    ('budget_windows', true), ('budget_leases', true), ('breaker_trips', true),
    ('alert_deliveries', true), ('alert_delivery_attempts', true), ('audit_log', true),
    ('retention_runs', true), ('backups', true), ('migration_history', true),
    ('budget_coverage', true), ('cost_rollups', true), ('conversation_rollups', true),
    ('payer_rollups', true), ('session_rollups', true), ('user_rollups', true),
    ('hour_rollups', true), ('performance_rollups', true),
    ('response_time_rollups', true), ('rollup_state', true)
),
-- A type that matches is told by a pattern, as an app's own columns may be narrower or wider.
columns (tbl, type, cols) AS (VALUES
    ('api_cost_tracking', 'uuid', 'call_id'), ('api_cost_tracking', 'text|uuid', 'user_id'),
    ('api_cost_tracking', 'integer|bigint', 'attempt input_tokens output_tokens total_tokens'
        ' cache_read_tokens cache_write_tokens reasoning_tokens status_code request_duration_ms'
        ' time_to_first_token_ms'),
    ('api_cost_tracking', 'timestamp with time zone', 'timestamp created_at'),
    ('api_cost_tracking', 'text|character varying', 'payer_id project_id key_id session_id'
        ' conversation_id provider upstream endpoint model model_requested model_priced'
        ' usage_status service_tier inference_geo price_version status error_message task_type'
        ' request_id'),
    ('api_cost_tracking', 'jsonb', 'tags uncounted usage metadata'),
    ('api_cost_tracking', 'numeric|numeric\(\d+,(1[2-9]|\d{3,}|[2-9]\d)\)',
        'cost_usd cost_reported_usd held_usd'),
    ('api_cost_tracking', 'boolean', 'streamed cached counted'),
    ('model_performance_metrics', 'uuid', 'call_id message_id'),
    ('model_performance_metrics', 'text|uuid', 'user_id'),
    ('model_performance_metrics', 'text|character varying', 'payer_id model model_name provider'
        ' task_type task_complexity error_type error_message conversation_id'),
    ('model_performance_metrics', 'integer|bigint', 'attempt response_time_ms'
        ' time_to_first_token_ms tokens_used input_tokens output_tokens total_tokens user_rating'
        ' quality_rating'),
    ('model_performance_metrics', 'boolean', 'success error_occurred'),
    ('model_performance_metrics', 'numeric|numeric\(\d+,(1[2-9]|\d{3,}|[2-9]\d)\)', 'cost_usd'),
    ('model_performance_metrics', 'timestamp with time zone', 'timestamp created_at'),
    ('budget_config', 'bigint', 'number'), ('budget_alerts', 'bigint', 'number'),
    ('budget_config', 'text|uuid|character varying', 'scope name user_id alert_email alert_webhook'
        ' mode near_limit time_zone week_start on_store_outage'),
    ('budget_config', 'numeric|numeric\(\d+,(1[2-9]|\d{3,}|[2-9]\d)\)', 'hourly_limit daily_limit'
        ' weekly_limit monthly_limit total_limit per_call_limit daily_limit_usd monthly_limit_usd'),
    ('budget_config', 'boolean', 'hard_stop_enabled alert_at_50 alert_at_75 alert_at_90 enabled'),
    ('budget_config', 'jsonb', 'rolling_limits rates thresholds raises breaker'),
    ('budget_config', 'timestamp with time zone', 'created_at updated_at'),
    ('budget_alerts', 'text|uuid|character varying', 'kind scope budget_name user_id alert_type'
        ' window_start severity message acknowledged_by'),
    ('budget_alerts', 'numeric.*', 'percent_used amount_spent_usd limit_usd'),
    ('budget_alerts', 'integer|bigint', 'budget_number threshold_pct'),
    ('budget_alerts', 'timestamp with time zone', 'timestamp created_at dispatched_at'),
    ('cost_models', 'numeric|numeric\(\d+,(1[2-9]|\d{3,}|[2-9]\d)\)', 'cost_per_1k_input_tokens'
        ' cost_per_1k_output_tokens cost_per_1k_image_tokens'),
    ('cost_models', 'text|character varying', 'provider model_name price_version'),
    ('cost_model_versions', 'numeric\(24,12\)', 'cost_per_1k_input_tokens'
        ' cost_per_1k_output_tokens cost_per_1k_image_tokens'),
    ('gateway_keys', 'bytea', 'digest'), ('gateway_keys', 'jsonb', 'tags trusted required'),
    ('budget_windows', 'numeric\(28,12\)', 'settled_usd leased_usd'),
    ('budget_windows', 'bigint', 'budget_number window_start expires_at'),
    ('budget_leases', 'numeric\(28,12\)', 'amount_usd'),
    ('breaker_trips', 'numeric\(28,12\)', 'burn_usd allowed_usd usual_usd'),
    ('audit_log', 'jsonb', 'before after'), ('installation', 'bytea', 'key_pepper'),
    ('migration_history', 'text|character varying.*', 'migration_name'),
    ('cost_rollups', 'text', 'grain facet value provider upstream endpoint model task_type'),
    ('cost_rollups', 'timestamp with time zone', 'bucket first_at last_at'),
    ('cost_rollups', 'bigint', 'entries calls errors blocked input_tokens output_tokens'
        ' total_tokens cache_read_tokens cache_write_tokens reasoning_tokens'),
    ('cost_rollups', 'numeric.*', 'cost_usd inexact_cost_usd'),
    ('conversation_rollups', 'numeric.*', 'cost_usd'), ('payer_rollups', 'numeric.*', 'cost_usd'),
    ('session_rollups', 'numeric.*', 'cost_usd inexact_cost_usd'),
    ('user_rollups', 'numeric.*', 'cost_usd inexact_cost_usd'),
    ('hour_rollups', 'numeric.*', 'cost_usd inexact_cost_usd'),
    ('performance_rollups', 'bigint', 'calls successes failures timed_calls response_time_ms'
        ' ratings rating_sum'),
    ('response_time_rollups', 'bigint', 'calls failed_calls')
),
present AS (
    SELECT c.relname::text AS tbl, a.attname::text AS col, c.oid, c.relrowsecurity,
        format_type(a.atttypid, a.atttypmod) AS type
    FROM home JOIN pg_class AS c ON c.relnamespace = home.schema_oid
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
),
typed AS (
    SELECT c.tbl, min(c.type) AS expected, c.cols,
        string_agg(w.col || ' ' || coalesce('is ' || p.type, 'is missing'), ', ')
            FILTER (WHERE p.type IS NULL OR p.type !~ ('^(' || c.type || ')$')) AS wrong
    FROM columns AS c CROSS JOIN regexp_split_to_table(c.cols, ' +') AS w (col)
        LEFT JOIN present AS p ON p.tbl = c.tbl AND p.col = w.col
    GROUP BY c.tbl, c.cols
),
promised (name, cols) AS (VALUES
    ('spend_rows', 'user_id cost_usd model status'),
    ('spend_days', 'facet value bucket entries calls blocked cost_usd'),
    ('spend_hours', 'facet bucket model entries calls blocked cost_usd'),
    ('payer_days', 'bucket user_id calls'), ('performance_days', 'bucket model calls'),
    ('response_times', 'grain bucket model calls'),
    ('budget_limits', 'number scope name mode thresholds daily_limit monthly_limit'),
    ('budget_standings', 'budget_number settled_usd leased_usd lost_usd'),
    ('daily_cost_summary', 'user_id total_calls total_cost avg_cost_per_call'),
    ('monthly_cost_summary', 'user_id total_calls total_cost avg_cost_per_call'),
    ('cost_by_model', 'model total_calls total_cost avg_cost_per_call'),
    ('cost_by_endpoint', 'endpoint total_calls total_cost avg_cost_per_call'),
    ('cost_by_provider', 'provider total_calls total_cost avg_cost_per_call'),
    ('cost_by_provider_model', 'provider model total_calls total_cost avg_cost_per_call'),
    ('daily_cost_by_provider', 'provider total_calls total_cost avg_cost_per_call'),
    ('hourly_cost_trend', 'total_calls total_cost avg_cost_per_call'),
    ('most_expensive_conversations', 'conversation_id total_calls total_cost'),
    ('monthly_spending_trend', ''), ('user_spending_leaderboard', 'user_id'),
    ('model_avg_response_time', 'model'), ('model_success_rate', 'model'),
    ('model_user_satisfaction', 'model'), ('best_model_by_task', 'task_type'),
    ('model_token_efficiency', 'model'), ('model_performance_trends', 'model')
),
-- A view of the app's own has whatever columns its pages read.
views AS (
    SELECT name, CASE WHEN to_regclass(quote_ident(name)) IS NULL OR obj_description(
            to_regclass(quote_ident(name)), 'pg_class') LIKE 'Spendfuse%' THEN cols ELSE '' END
        AS cols
    FROM promised
),
functions (name, arguments) AS (VALUES
    ('get_spending_since', 'since_timestamp, filter_user_id'),
    ('get_monthly_spending', 'filter_user_id'), ('get_daily_spending', 'filter_user_id'),
    ('get_hourly_spending', 'filter_user_id'),
    ('get_top_expensive_calls', 'limit_count, since_days'),
    ('calculate_potential_savings', 'expensive_model, cheap_model, days_back'),
    ('get_best_model_for_task', 'p_task_type, p_priority'),
    ('get_model_performance_summary', 'p_days'), ('cleanup_old_cost_data', ''),
    ('cleanup_old_performance_data', ''), ('spendfuse_spent', 'since, payer'),
    ('spendfuse_mark_change', ''), ('spendfuse_short', 'whole'), ('spendfuse_rollup_turn', '')
),
indexes (tbl, pattern, what) AS (VALUES
    ('api_cost_tracking', '^CREATE UNIQUE .*\(call_id, attempt\)', 'one row per attempt'),
    ('api_cost_tracking', '\("timestamp"( DESC)?[,)]', 'by time'),
    ('api_cost_tracking', '\(COALESCE\(payer_id, .*"timestamp"\)', 'by user and time'),
    ('api_cost_tracking', '::date\), cost_usd DESC\)', 'the dearest of a day'),
    ('api_cost_tracking', '\(id\) WHERE \(NOT counted\)', 'rows that no replica has counted'),
    ('model_performance_metrics', '^CREATE UNIQUE .*\(call_id, attempt\)', 'one row per attempt'),
    ('budget_config', '^CREATE UNIQUE .*COALESCE\(scope,.*, name\)', 'one row per budget'),
    ('budget_config', '^CREATE UNIQUE .*\(number\)', 'one number per budget'),
    ('budget_config', '^CREATE UNIQUE .*\(user_id\)', 'one default budget per user'),
    ('budget_alerts', '^CREATE UNIQUE .*\(scope, budget_name, kind', 'one alert per threshold'),
    ('cost_models', '^CREATE UNIQUE .*\(provider, model_name\)', 'one price per model'),
    ('cost_model_versions', '^CREATE UNIQUE .*\(price_version\)', 'one row per price version'),
    ('gateway_keys', '^CREATE UNIQUE .*\(digest\)', 'one key per digest'),
    ('budget_windows', '\(expires_at\)', 'windows that are over'),
    ('budget_leases', '\(replica_id\)', 'leases of a replica'),
    ('cost_rollups', '\(facet, grain, bucket, value,', 'the sums of a span of time'),
    ('cost_rollups', '\(facet, value, bucket\)', 'the sums of a project, a key or a tag'),
    ('session_rollups', '\(facet, value, bucket\)', 'the sums of a session'),
    ('user_rollups', '\(user_id, bucket\)', 'the sums of a user'),
    ('hour_rollups', '\(facet, bucket,', 'the sums of a span of hours'),
    ('payer_rollups', '\(NULLIF\(user_id.*, bucket\)', 'the sums of a payer'),
    ('conversation_rollups', '\(cost_usd DESC\)', 'the dearest conversations')
),
triggers (tbl, name) AS (VALUES
    ('api_cost_tracking', 'spendfuse_align_insert'),
    ('api_cost_tracking', 'spendfuse_align_update'),
    ('model_performance_metrics', 'spendfuse_align_insert'),
    ('budget_config', 'spendfuse_align_insert'), ('budget_config', 'spendfuse_align_update'),
    ('budget_alerts', 'spendfuse_align_insert'), ('budget_config', 'spendfuse_mark'),
    ('gateway_keys', 'spendfuse_mark'), ('breaker_trips', 'spendfuse_mark'),
    ('price_overrides', 'spendfuse_mark'),
    ('api_cost_tracking', 'spendfuse_rollup_turn'),
    ('api_cost_tracking', 'spendfuse_rollup_insert'),
    ('api_cost_tracking', 'spendfuse_rollup_update'),
    ('api_cost_tracking', 'spendfuse_rollup_delete'),
    ('api_cost_tracking', 'spendfuse_rollup_truncate'),
    ('model_performance_metrics', 'spendfuse_rollup_turn'),
    ('model_performance_metrics', 'spendfuse_rollup_insert'),
    ('model_performance_metrics', 'spendfuse_rollup_update'),
    ('model_performance_metrics', 'spendfuse_rollup_delete'),
    ('model_performance_metrics', 'spendfuse_rollup_truncate')
),
-- Each answers with one true or false; the relations and columns that it needs come first.
samples (name, needs, query) AS (
    SELECT 'view ' || name || ' can be selected', name || regexp_replace(cols, '(\S+) *',
            ' ' || name || '.\1', 'g'), format('SELECT count(*) = 0 AS n FROM %I WHERE false', name)
    FROM views
    UNION ALL VALUES
    ('the latest calls', 'api_cost_tracking.timestamp', $$SELECT count(*) <= 10 AS n
        FROM (SELECT * FROM api_cost_tracking ORDER BY timestamp DESC LIMIT 10) AS s$$),
    ('the limits', 'budget_config', 'SELECT count(*) >= 0 AS n FROM budget_config'),
    ('response times by model', 'model_performance_metrics.model_name'
        ' model_performance_metrics.response_time_ms model_performance_metrics.total_tokens',
        $$SELECT count(*) >= 0 AS n FROM (SELECT model_name, AVG(response_time_ms),
        AVG(total_tokens) FROM model_performance_metrics GROUP BY model_name) AS s$$),
    ('the history', 'migration_history.applied_at', $$SELECT count(*) > 0 AS n
        FROM (SELECT * FROM migration_history ORDER BY applied_at DESC) AS s$$),
    ('a user''s monthly limit', 'budget_config.monthly_limit', $$SELECT count(*) <= 1 AS n
        FROM (SELECT monthly_limit FROM budget_config WHERE user_id::text = 'u1') AS s$$),
    ('no migration failed', 'migration_history.success migration_history.migration_name',
        $$SELECT count(*) = 0 AS n FROM migration_history WHERE NOT success$$),
    ('one installation with a secret', 'installation.key_pepper',
        'SELECT count(*) = 1 AND min(length(key_pepper)) = 32 AS n FROM installation'),
    ('changes are marked', 'change_marks.subject', $$SELECT count(*) = 4 AS n FROM change_marks
        WHERE subject IN ('budgets', 'keys', 'breakers', 'prices')$$),
    ('every budget has a mode and thresholds', 'budget_limits.mode budget_limits.thresholds',
        $$SELECT count(*) = 0 AS n FROM budget_limits WHERE thresholds IS NULL
        OR coalesce(mode, '') NOT IN ('enforce', 'alert', 'shadow')$$),
    ('both names of a limit read alike', 'budget_config.daily_limit budget_config.daily_limit_usd'
        ' budget_config.monthly_limit budget_config.monthly_limit_usd',
        $$SELECT count(*) = 0 AS n FROM budget_config
        WHERE daily_limit IS DISTINCT FROM daily_limit_usd
            OR monthly_limit IS DISTINCT FROM monthly_limit_usd$$),
    ('both names of a model read alike', 'model_performance_metrics.model'
        ' model_performance_metrics.model_name model_performance_metrics.timestamp',
        $$SELECT count(*) = 0 AS n FROM (SELECT model, model_name FROM model_performance_metrics
        ORDER BY "timestamp" DESC LIMIT 1000) AS s WHERE model IS DISTINCT FROM model_name$$),
    -- Three hours and three days, as reading all rows again would take as long as a backfill.
    ('sums of hours are those of the rows', 'hour_rollups.cost_usd api_cost_tracking.cost_usd',
        $$WITH newest AS (SELECT date_trunc('hour', max("timestamp"), 'UTC') - interval '2 hours'
            AS since, date_trunc('hour', max("timestamp"), 'UTC') AS until FROM api_cost_tracking)
        SELECT count(*) = 0 AS n FROM (SELECT bucket, coalesce(model, '') AS model,
                sum(entries) AS entries, sum(cost_usd) AS cost
            FROM hour_rollups, newest WHERE facet = '' AND bucket >= since
                AND bucket <= until GROUP BY 1, 2) AS r
        FULL JOIN (SELECT date_trunc('hour', "timestamp", 'UTC') AS bucket, CASE WHEN
                octet_length(model) > 256 THEN left(model, 48) || md5(model)
                ELSE coalesce(model, '') END AS model, count(*) AS entries,
                sum(cost_usd) FILTER (WHERE status IS DISTINCT FROM 'blocked') AS cost
            FROM api_cost_tracking, newest WHERE "timestamp" >= since GROUP BY 1, 2) AS c
            ON c.bucket = r.bucket AND c.model COLLATE "C" = r.model
        WHERE c.entries IS DISTINCT FROM r.entries OR coalesce(c.cost, 0) <> coalesce(r.cost, 0)$$),
    ('sums of days, of their hours, of users and of sessions agree', 'cost_rollups.cost_usd'
        ' payer_rollups.cost_usd hour_rollups.cost_usd user_rollups.cost_usd'
        ' session_rollups.cost_usd', $$WITH newest AS (
            SELECT max(bucket) - interval '48 hours' AS since FROM payer_rollups)
        SELECT count(*) = 0 AS n FROM (
            SELECT day FROM (
                SELECT bucket AS day, 1 AS kind, sum(entries) AS entries, sum(cost_usd) AS cost
                FROM payer_rollups, newest WHERE bucket >= since GROUP BY 1
                UNION ALL
                SELECT bucket, 2, sum(entries), sum(cost_usd)
                FROM cost_rollups, newest WHERE facet = '' AND grain = 'day' AND bucket >= since
                GROUP BY 1
                UNION ALL
                SELECT date_trunc('day', bucket, 'UTC'), CASE facet WHEN '' THEN 3 ELSE 4 END,
                    sum(entries), sum(cost_usd)
                FROM hour_rollups, newest WHERE facet IN ('', 'model') AND bucket >= since
                GROUP BY 1, 2
                UNION ALL
                SELECT bucket, 5, sum(entries), sum(cost_usd)
                FROM user_rollups, newest WHERE grain = 'day' AND bucket >= since GROUP BY 1
                UNION ALL
                SELECT bucket, 6, sum(entries), sum(cost_usd)
                FROM session_rollups, newest WHERE facet = 'session' AND bucket >= since
                GROUP BY 1) AS kinds
            GROUP BY 1 HAVING count(*) <> 6 OR min(entries) <> max(entries)
                OR min(cost) <> max(cost)) AS days$$),
    ('sums of the newest day''s performance are those of the rows',
        'performance_rollups.calls model_performance_metrics.timestamp', $$WITH newest AS (
            SELECT date_trunc('day', max("timestamp"), 'UTC') AS day
            FROM model_performance_metrics)
        SELECT (SELECT count(*) FROM model_performance_metrics, newest WHERE "timestamp" >= day)
            = coalesce((SELECT sum(calls) FROM performance_rollups, newest WHERE bucket = day), 0)
            AS n$$)
    UNION ALL
    SELECT format('migration %s is recorded', m.name), 'migration_history.migration_name'
            ' migration_history.success', format($$SELECT count(*) > 0 AS n FROM migration_history
        WHERE success AND migration_name LIKE '%%' || %L || '%%'$$, m.name)
    FROM (VALUES ('0001_tables'), ('0001_twins'), ('0002_ledger'), ('0002_rollups'), ('0003_views'),
        ('0004_functions'), ('0005_security'), ('0006_sharing')) AS m (name)
),
sampled AS (
    SELECT s.name, s.query, (SELECT string_agg(n.need, ', ')
        FROM regexp_split_to_table(s.needs, ' +') AS n (need)
        WHERE n.need <> '' AND NOT EXISTS (SELECT FROM present AS p
            WHERE n.need IN (p.tbl, p.tbl || '.' || p.col))) AS missing
    FROM samples AS s
),
-- What everybody or somebody who did not sign in could do to an object of the contract.
exposed AS (
    SELECT c.relname::text AS name, CASE WHEN c.relkind = 'S' THEN 'sequence' WHEN c.relkind IN
            ('v', 'm') THEN 'view' ELSE 'table' END AS kind, g.grantee
    FROM home JOIN pg_class AS c ON c.relnamespace = home.schema_oid
        CROSS JOIN aclexplode(c.relacl) AS g
    WHERE c.relname IN (SELECT tbl FROM tables) OR c.relname IN (SELECT name FROM views)
        OR c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend AS d
            WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
                AND obj_description(d.refobjid, 'pg_class') LIKE 'Spendfuse%')
    UNION ALL
    SELECT p.proname::text, 'function', g.grantee
    FROM home JOIN pg_proc AS p ON p.pronamespace = home.schema_oid
        CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g
    WHERE p.proname IN (SELECT name FROM functions) OR p.proname LIKE 'spendfuse%'
),
service AS (SELECT to_regrole('spendfuse_service') AS role),
checks (rank, check_name, ok, detail) AS (
    SELECT 1, format('table %s', t.tbl), to_regclass(quote_ident(t.tbl)) IS NOT NULL,
        CASE WHEN to_regclass(quote_ident(t.tbl)) IS NULL THEN 'is missing' END
    FROM tables AS t
    UNION ALL
    SELECT 2, format('columns of %s: %s', tbl, left(cols, 60)), wrong IS NULL, wrong FROM typed
    UNION ALL
    SELECT 3, format('view %s', v.name), to_regclass(quote_ident(v.name)) IS NOT NULL
            AND count(p.col) = count(nullif(w.col, '')),
        string_agg(w.col, ', ') FILTER (WHERE p.col IS NULL)
    FROM views AS v CROSS JOIN regexp_split_to_table(v.cols, ' +') AS w (col)
        LEFT JOIN present AS p ON p.tbl = v.name AND p.col = w.col
    GROUP BY v.name
    UNION ALL
    SELECT 4, format('function %s(%s)', f.name, f.arguments), count(p.oid) > 0,
        CASE WHEN count(p.oid) = 0 THEN 'is missing or has other arguments' END
    FROM functions AS f CROSS JOIN home LEFT JOIN pg_proc AS p ON p.proname = f.name
        AND p.pronamespace = home.schema_oid
        AND array_to_string(coalesce(p.proargnames[1:p.pronargs], '{}'), ', ') = f.arguments
    GROUP BY f.name, f.arguments
    UNION ALL
    SELECT 5, format('index of %s: %s', i.tbl, i.what), count(x.indexdef) > 0, min(x.indexname)
    FROM indexes AS i LEFT JOIN pg_indexes AS x ON x.schemaname = current_schema()
        AND x.tablename = i.tbl AND x.indexdef ~ i.pattern
    GROUP BY i.tbl, i.what
    UNION ALL
    SELECT 6, format('trigger %s on %s', t.name, t.tbl), g.oid IS NOT NULL,
        CASE WHEN g.oid IS NULL THEN 'is missing or disabled' END
    FROM triggers AS t LEFT JOIN pg_trigger AS g ON g.tgrelid = to_regclass(quote_ident(t.tbl))
        AND g.tgname = t.name AND g.tgenabled IN ('O', 'A')
    UNION ALL
    SELECT 7, format('row security of %s', t.tbl), coalesce(bool_or(p.relrowsecurity), false), NULL
    FROM tables AS t LEFT JOIN present AS p ON p.tbl = t.tbl GROUP BY t.tbl
    UNION ALL
    SELECT 8, format('the service''s policy on %s', t.tbl),
        count(p.policyname) > 0 OR to_regrole('spendfuse_service') IS NULL, NULL
    FROM tables AS t LEFT JOIN pg_policies AS p ON p.tablename = t.tbl
        AND p.schemaname = current_schema() AND p.policyname = 'spendfuse_service'
    GROUP BY t.tbl
    UNION ALL
    SELECT 9, format('users see their own rows of %s', t.tbl), count(p.policyname) > 0, NULL
    FROM (VALUES ('api_cost_tracking'), ('model_performance_metrics'), ('budget_config'),
            ('budget_alerts'), ('notifications')) AS t (tbl)
        LEFT JOIN pg_policies AS p ON p.tablename = t.tbl AND p.schemaname = current_schema()
        AND p.policyname = 'spendfuse_own_rows' AND p.cmd = 'SELECT'
    GROUP BY t.tbl
    UNION ALL
    SELECT 10, format('no %s is granted to %s', k.kind, r.role), count(e.name) = 0,
        string_agg(DISTINCT e.name, ', ')
    FROM (VALUES ('table'), ('view'), ('sequence'), ('function')) AS k (kind)
        CROSS JOIN (VALUES ('PUBLIC'), ('anon')) AS r (role)
        LEFT JOIN exposed AS e ON e.kind = k.kind AND e.grantee
            = CASE r.role WHEN 'PUBLIC' THEN 0 ELSE to_regrole(r.role) END
    GROUP BY k.kind, r.role
    UNION ALL
    SELECT 11, 'the service role exists', role IS NOT NULL, CASE WHEN role IS NULL
        THEN 'make spendfuse_service, go down to 0004 and up again' END
    FROM service
    UNION ALL
    SELECT 11, 'the service makes no tables',
        NOT has_schema_privilege(role, current_schema(), 'CREATE'), NULL
    FROM service WHERE role IS NOT NULL
    UNION ALL
    SELECT 11, 'the service owns nothing', NOT EXISTS (
        SELECT FROM pg_shdepend WHERE deptype = 'o' AND refobjid = role), NULL
    FROM service WHERE role IS NOT NULL
    UNION ALL
    SELECT 11, 'the service is bound by row security', (SELECT NOT rolsuper
        AND NOT rolbypassrls AND NOT rolcreaterole FROM pg_roles WHERE oid = role), NULL
    FROM service WHERE role IS NOT NULL
    UNION ALL
    SELECT 11, format('the service writes %s', t.tbl), CASE WHEN to_regclass(t.tbl) IS NOT NULL
        THEN has_table_privilege(role, t.tbl, 'SELECT') AND has_table_privilege(role, t.tbl,
            'INSERT') AND NOT has_table_privilege(role, t.tbl, 'TRUNCATE') END, NULL
    FROM service CROSS JOIN (VALUES ('api_cost_tracking'), ('model_performance_metrics'),
        ('budget_config'), ('budget_alerts'), ('budget_windows'), ('audit_log')) AS t (tbl)
    WHERE role IS NOT NULL
    UNION ALL
    SELECT 12, 'sample: ' || name, CASE WHEN missing IS NULL
            THEN query_to_xml(query, false, true, '')::text ~ '<n>true</n>' ELSE false END,
        'needs ' || missing
    FROM sampled
)
SELECT check_name, coalesce(ok, false) AS ok, detail FROM checks ORDER BY rank, check_name
