-- Keeps the two names of one thing alike, and makes the indexes of the contract's tables.
--
-- A trigger cannot see whether a statement named a column, only what is in it. A value in a column
-- without a default was given, so it goes before one in a column that has a default of the app's.
WITH named (tbl) AS (VALUES
    ('api_cost_tracking'), ('model_performance_metrics'), ('budget_config'), ('budget_alerts'),
    ('cost_models')
),
app AS (
    SELECT n.tbl, c.oid
    FROM named AS n JOIN pg_class AS c ON c.relname = n.tbl AND c.relkind IN ('r', 'p')
        AND c.relnamespace = quote_ident(current_schema())::regnamespace
    WHERE coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE 'Spendfuse%'
),
-- Two columns, each from the other, and which has a default in a table of ours: 'a' or none. Sums
-- are aligned on insertion by the table's own lines below.
pairs (tbl, pos, a, b, a_from_b, b_from_a, ours, is_sum) AS (VALUES
    ('api_cost_tracking', 1, 'timestamp', 'created_at', 'NEW.created_at', 'NEW."timestamp"', 'a',
        false),
    ('model_performance_metrics', 1, 'timestamp', 'created_at', 'NEW.created_at',
        'NEW."timestamp"', 'a', false),
    ('model_performance_metrics', 2, 'model', 'model_name', 'NEW.model_name', 'NEW.model', '',
        false),
    ('model_performance_metrics', 3, 'success', 'error_occurred', 'NOT NEW.error_occurred',
        'NOT NEW.success', 'a', false),
    ('model_performance_metrics', 4, 'user_rating', 'quality_rating',
        'CASE WHEN NEW.quality_rating >= 4 THEN 1 WHEN NEW.quality_rating = 3 THEN 0'
            ' WHEN NEW.quality_rating < 3 THEN -1 END',
        'CASE NEW.user_rating WHEN 1 THEN 5 WHEN 0 THEN 3 WHEN -1 THEN 1 END', '', false),
    ('model_performance_metrics', 5, 'tokens_used', 'total_tokens', 'NEW.total_tokens',
        'NEW.tokens_used', '', true),
    ('budget_config', 1, 'daily_limit', 'daily_limit_usd', 'NEW.daily_limit_usd',
        'NEW.daily_limit', '', false),
    ('budget_config', 2, 'monthly_limit', 'monthly_limit_usd', 'NEW.monthly_limit_usd',
        'NEW.monthly_limit', '', false),
    ('budget_alerts', 1, 'timestamp', 'created_at', 'NEW.created_at', 'NEW."timestamp"', 'a',
        false)
),
defaults AS (
    SELECT p.*, app.tbl IS NULL AND p.ours = 'a' OR coalesce(a.atthasdef, false) AS a_has,
        coalesce(b.atthasdef, false) AS b_has
    FROM pairs AS p LEFT JOIN app USING (tbl)
        LEFT JOIN pg_attribute AS a ON a.attrelid = app.oid AND a.attname = p.a
        LEFT JOIN pg_attribute AS b ON b.attrelid = app.oid AND b.attname = p.b
),
aligned AS (
    SELECT tbl, string_agg(CASE WHEN tbl = 'budget_config'
            THEN format(E'IF NEW.scope IS NOT NULL THEN NEW.%I := NEW.%I;\n        ELS', b, a)
            ELSE '' END || CASE WHEN a_has
            THEN format('IF NEW.%2$I IS NOT NULL THEN NEW.%1$I := %3$s; ELSE NEW.%2$I := %4$s;',
                a, b, a_from_b, b_from_a)
            WHEN b_has
            THEN format('IF NEW.%1$I IS NOT NULL THEN NEW.%2$I := %4$s; ELSE NEW.%1$I := %3$s;',
                a, b, a_from_b, b_from_a)
            ELSE format('IF NEW.%1$I IS NULL THEN NEW.%1$I := %3$s;'
                ' ELSIF NEW.%2$I IS NULL THEN NEW.%2$I := %4$s;', a, b, a_from_b, b_from_a)
            END || ' END IF;', E'\n        ' ORDER BY pos)
            FILTER (WHERE NOT is_sum AND NOT (a_has AND b_has)) AS inserted,
        string_agg(format('IF NEW.%2$I IS DISTINCT FROM OLD.%2$I'
            ' AND NEW.%1$I IS NOT DISTINCT FROM OLD.%1$I THEN NEW.%1$I := %3$s;'
            ' ELSIF NEW.%1$I IS DISTINCT FROM OLD.%1$I'
            ' AND NEW.%2$I IS NOT DISTINCT FROM OLD.%2$I THEN NEW.%2$I := %4$s; END IF;',
            a, b, a_from_b, b_from_a), E'\n        ' ORDER BY pos) AS updated
    FROM defaults GROUP BY tbl
),
-- What else a row of the app leaves to be read from its other columns.
particular (tbl, rank, watched, condition, inserted, updated) AS (VALUES
    ('api_cost_tracking', 1,
        '"timestamp", created_at, status, cached, input_tokens, output_tokens',
        ' WHEN (NEW.call_id IS NULL)', $$
        NEW.total_tokens := coalesce(nullif(NEW.total_tokens, 0),
            coalesce(NEW.input_tokens, 0) + coalesce(NEW.output_tokens, 0));
        IF coalesce(NEW.provider, 'openai') = 'openai' THEN
            NEW.provider := coalesce(NEW.metadata ->> 'provider', NEW.provider);
        END IF;
        IF NEW.conversation_id IS NULL THEN
            NEW.conversation_id := NEW.metadata ->> 'conversation_id';
        END IF;
        IF NEW.project_id IS NULL THEN
            NEW.project_id := NEW.metadata ->> 'project_id';
        END IF;
        IF NEW.request_duration_ms IS NULL
            AND NEW.metadata ->> 'duration_ms' ~ '^\d{1,9}(\.\d+)?$' THEN
            NEW.request_duration_ms := (NEW.metadata ->> 'duration_ms')::numeric;
        END IF;
        IF NEW.cached AND coalesce(NEW.status, 'success') = 'success' THEN
            NEW.status := 'cached';
        ELSIF NEW.status = 'cached' THEN
            NEW.cached := true;
        END IF;$$, $$
        IF NEW.call_id IS NULL AND (NEW.input_tokens, NEW.output_tokens) IS DISTINCT FROM
                (OLD.input_tokens, OLD.output_tokens)
            AND NEW.total_tokens IS NOT DISTINCT FROM OLD.total_tokens THEN
            NEW.total_tokens := coalesce(NEW.input_tokens, 0) + coalesce(NEW.output_tokens, 0);
        END IF;
        IF NEW.status IS DISTINCT FROM OLD.status THEN
            NEW.cached := coalesce(NEW.status = 'cached', false);
        ELSIF NEW.cached IS DISTINCT FROM OLD.cached THEN
            NEW.status := CASE WHEN NEW.cached THEN 'cached'
                WHEN NEW.status = 'cached' THEN 'success' ELSE NEW.status END;
        END IF;$$),
    ('model_performance_metrics', 2,
        '"timestamp", created_at, model, model_name, success, error_occurred, user_rating,'
        ' quality_rating, tokens_used, total_tokens', ' WHEN (NEW.call_id IS NULL)', $$
        NEW.total_tokens := coalesce(nullif(NEW.total_tokens, 0), nullif(NEW.tokens_used, 0),
            coalesce(NEW.input_tokens, 0) + coalesce(NEW.output_tokens, 0));
        NEW.tokens_used := coalesce(nullif(NEW.tokens_used, 0), NEW.total_tokens);$$, ''),
    ('budget_config', 3,
        'daily_limit, daily_limit_usd, monthly_limit, monthly_limit_usd, mode, hard_stop_enabled,'
        ' enabled, thresholds, alert_at_50, alert_at_75, alert_at_90, alert_threshold_pct', '', $$
        IF NEW.scope IS NULL AND NEW.user_id IS NULL AND NEW.name = '' AND EXISTS (
            SELECT FROM budget_config AS b
            WHERE coalesce(b.scope, 'system') = 'system' AND b.name = '' AND b.user_id IS NULL
        ) THEN
            NEW.name := 'row ' || NEW.number;
        END IF;
        IF NEW.mode IS NOT NULL THEN
            NEW.hard_stop_enabled := NEW.mode = 'enforce';
            NEW.enabled := true;
        END IF;
        IF NEW.thresholds IS NOT NULL THEN
            NEW.alert_at_50 := NEW.thresholds @> '50';
            NEW.alert_at_75 := NEW.thresholds @> '75';
            NEW.alert_at_90 := NEW.thresholds @> '90';
        END IF;$$, $$
        IF NEW.mode IS DISTINCT FROM OLD.mode THEN
            IF NEW.mode IS NOT NULL THEN
                NEW.hard_stop_enabled := NEW.mode = 'enforce';
                NEW.enabled := true;
            END IF;
        ELSIF NEW.mode IS NOT NULL AND (NEW.hard_stop_enabled, NEW.enabled) IS DISTINCT FROM
                (OLD.hard_stop_enabled, OLD.enabled) THEN
            NEW.mode := CASE WHEN NEW.hard_stop_enabled AND coalesce(NEW.enabled, true)
                THEN 'enforce' ELSE 'alert' END;
        END IF;
        IF NEW.thresholds IS DISTINCT FROM OLD.thresholds THEN
            IF NEW.thresholds IS NOT NULL THEN
                NEW.alert_at_50 := NEW.thresholds @> '50';
                NEW.alert_at_75 := NEW.thresholds @> '75';
                NEW.alert_at_90 := NEW.thresholds @> '90';
            END IF;
        ELSIF NEW.thresholds IS NOT NULL
            AND NEW.alert_threshold_pct IS DISTINCT FROM OLD.alert_threshold_pct THEN
            NEW.thresholds := jsonb_build_array(NEW.alert_threshold_pct, 100);
        ELSIF NEW.thresholds IS NOT NULL
            AND (NEW.alert_at_50, NEW.alert_at_75, NEW.alert_at_90) IS DISTINCT FROM
                (OLD.alert_at_50, OLD.alert_at_75, OLD.alert_at_90) THEN
            NEW.thresholds := coalesce((SELECT jsonb_agg(s.step ORDER BY s.step) FROM (
                SELECT e.step::numeric FROM jsonb_array_elements_text(OLD.thresholds) AS e (step)
                WHERE e.step NOT IN ('50', '75', '90')
                UNION SELECT 50 WHERE NEW.alert_at_50
                UNION SELECT 75 WHERE NEW.alert_at_75
                UNION SELECT 90 WHERE NEW.alert_at_90) AS s (step)), '[]');
        END IF;$$),
    ('budget_alerts', 4, '"timestamp", created_at', '', $$
        IF NEW.scope IS NULL THEN
            NEW.dispatched_at := coalesce(NEW.dispatched_at, NEW."timestamp", now());
            IF NEW.percent_used IS NULL AND NEW.limit_usd > 0 THEN
                NEW.percent_used := round(100 * NEW.amount_spent_usd / NEW.limit_usd, 2);
            END IF;
        END IF;$$, '')
),
functions AS (
    SELECT 10 AS phase, p.rank, format($text$CREATE FUNCTION %I() RETURNS trigger
LANGUAGE plpgsql SET search_path = %I, pg_temp AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        %s%s
    ELSE
        %s%s
    END IF;
    RETURN NEW;
END
$body$$text$, 'spendfuse_align_' || p.tbl, current_schema(), a.inserted, p.inserted, a.updated,
            p.updated) AS statement,
        format('DROP FUNCTION %I()', 'spendfuse_align_' || p.tbl) AS undo, NULL AS note
    FROM particular AS p JOIN aligned AS a USING (tbl)
    UNION ALL
    SELECT 11, rank, format('CREATE TRIGGER spendfuse_align_insert BEFORE INSERT ON %I'
            ' FOR EACH ROW%s EXECUTE FUNCTION %I()', tbl, condition, 'spendfuse_align_' || tbl),
        format('DROP TRIGGER spendfuse_align_insert ON %I', tbl),
        'two names of one thing read alike, whichever of them a statement writes'
    FROM particular
    UNION ALL
    SELECT 12, rank, format('CREATE TRIGGER spendfuse_align_update BEFORE UPDATE OF %s ON %I'
            ' FOR EACH ROW EXECUTE FUNCTION %I()', watched, tbl, 'spendfuse_align_' || tbl),
        format('DROP TRIGGER spendfuse_align_update ON %I', tbl), NULL
    FROM particular
),
checks AS (
    SELECT 20 AS phase, rank, format('ALTER TABLE budget_config ADD CONSTRAINT %I CHECK (%s)',
            name, definition) AS statement,
        format('ALTER TABLE budget_config DROP CONSTRAINT %I', name) AS undo,
        'a word that the proxy does not know must not pass for no limit' AS note
    FROM (VALUES
        (1, 'spendfuse_budget_mode', $$mode IN ('enforce', 'alert', 'shadow')$$),
        (2, 'spendfuse_budget_near_limit', $$near_limit IN ('strict', 'clamp', 'learned')$$)
    ) AS c (rank, name, definition)
),
-- Where the app may have an index of its own, its leading columns say so.
indexes (rank, tbl, name, is_unique, body, lead) AS (VALUES
    (1, 'api_cost_tracking', 'api_cost_tracking_attempt', true,
        '(call_id, attempt) WHERE call_id IS NOT NULL', NULL),
    (2, 'api_cost_tracking', 'api_cost_tracking_timestamp', false, '("timestamp")',
        ARRAY['timestamp']),
    (3, 'api_cost_tracking', 'api_cost_tracking_payer', false,
        '(coalesce(payer_id, user_id::text), "timestamp")', NULL),
    -- The dearest calls of any span of days are the dearest few of each of its days.
    (4, 'api_cost_tracking', 'api_cost_tracking_day', false,
        $$((("timestamp" AT TIME ZONE 'UTC')::date), cost_usd DESC)$$, NULL),
    (5, 'api_cost_tracking', 'api_cost_tracking_uncounted', false, '(id) WHERE NOT counted',
        NULL),
    (6, 'model_performance_metrics', 'model_performance_metrics_attempt', true,
        '(call_id, attempt) WHERE call_id IS NOT NULL', NULL),
    (7, 'model_performance_metrics', 'model_performance_metrics_timestamp', false,
        '("timestamp")', ARRAY['timestamp']),
    (8, 'budget_config', 'budget_config_number', true, '(number)', NULL),
    (9, 'budget_config', 'budget_config_scope', true,
        $$(coalesce(scope, CASE WHEN user_id IS NULL THEN 'system' ELSE 'user:' || user_id::text$$
            || ' END), name)', NULL),
    (10, 'budget_config', 'budget_config_user', true, '(user_id)', ARRAY['user_id']),
    (11, 'budget_alerts', 'budget_alerts_once', true, '(scope, budget_name, kind, alert_type,'
        ' window_start, threshold_pct) WHERE scope IS NOT NULL', NULL),
    (12, 'budget_alerts', 'budget_alerts_new', false, '(id) WHERE dispatched_at IS NULL', NULL),
    (13, 'cost_models', 'cost_models_model', true, '(provider, model_name)',
        ARRAY['provider', 'model_name']),
    (14, 'cost_model_versions', 'cost_model_versions_version', true, '(price_version)', NULL),
    (15, 'cost_model_versions', 'cost_model_versions_model', false,
        '(provider, model_name, effective_from)', NULL),
    (16, 'api_logs', 'api_logs_created', false, '(created_at)', NULL),
    (17, 'notifications', 'notifications_user_created', false, '(user_id, created_at)', NULL),
    (18, 'zapier_webhook_logs', 'zapier_webhook_logs_timestamp', false, '("timestamp")', NULL)
),
app_indexes AS (
    SELECT app.tbl, i.indisunique, (SELECT array_agg(a.attname::text ORDER BY k.pos)
        FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, pos)
        JOIN pg_attribute AS a ON a.attrelid = app.oid AND a.attnum = k.attnum) AS columns
    FROM app JOIN pg_index AS i ON i.indrelid = app.oid
    WHERE i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid
),
missing AS (
    SELECT 30 AS phase, i.rank, format('CREATE %s %I ON %I %s', CASE WHEN i.is_unique
            THEN 'UNIQUE INDEX' ELSE 'INDEX' END, i.name, i.tbl,
            i.body) AS statement,
        format('DROP INDEX %I', i.name) AS undo, NULL AS note
    FROM indexes AS i
    WHERE (i.name <> 'budget_config_user' OR NOT EXISTS (SELECT FROM app WHERE tbl = i.tbl))
        AND (i.lead IS NULL OR NOT EXISTS (
        SELECT FROM app_indexes AS x WHERE x.tbl = i.tbl AND CASE WHEN i.is_unique
            THEN x.indisunique AND x.columns = i.lead
            ELSE x.columns[1:cardinality(i.lead)] = i.lead END))
)
SELECT row_number() OVER (ORDER BY phase, rank)::int AS position, statement, undo, note
FROM (SELECT * FROM functions UNION ALL SELECT * FROM checks UNION ALL SELECT * FROM missing)
    AS steps
ORDER BY position
