-- Sums by hour and day of what calls cost and of how models did. Triggers add to them what a
-- statement adds to a table and take from them what it takes, whoever runs it.
--
-- Those who change sums do so one after the other: each takes a lock before it touches a row and
-- has it until its transaction ends, so that no two of them wait for each other.
WITH app AS (
    SELECT a.attname::text AS col, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute AS a WHERE a.attrelid = to_regclass('api_cost_tracking') AND a.attnum > 0
        AND NOT a.attisdropped
),
kinds AS (
    SELECT CASE WHEN EXISTS (SELECT FROM app WHERE col = 'cost_usd' AND type = 'numeric'::regtype
                AND (modifier = -1 OR (modifier - 4) & 2047 > 12
                    OR (((modifier - 4) >> 16) & 65535) - ((modifier - 4) & 2047) > 12))
            THEN 'numeric' ELSE 'numeric(28,12)' END AS money,
        CASE WHEN EXISTS (SELECT FROM app WHERE col = 'tags' AND type <> 'jsonb'::regtype)
            THEN 'to_jsonb(tags) AS tags' ELSE 'tags' END AS tags
),
-- Which columns a statement takes its turn for: all but "counted", as whoever sets that alone locks
-- budget windows next, which others lock before they take their turn. Then the columns that sums
-- are made of, since a change of any other changes no sum. And a row as what it adds: no call has
-- more than 10^12 tokens or infinite money, and a row that says so must neither be refused for what
-- its sum would be nor stay in the sum when it is gone.
sources (rank, src, stem, watched, relevant, reading) AS (
    SELECT s.* FROM kinds CROSS JOIN LATERAL (VALUES
    (1, 'api_cost_tracking', 'costs', 'call_id, attempt, "timestamp", created_at, user_id,'
        ' payer_id, project_id, key_id, session_id, conversation_id, tags, provider, upstream,'
        ' endpoint, model, model_requested, model_priced, uncounted, input_tokens, output_tokens,'
        ' total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usage,'
        ' usage_status, service_tier, inference_geo, cost_usd, cost_reported_usd, price_version,'
        ' held_usd, status, status_code, error_message, request_duration_ms,'
        ' time_to_first_token_ms, streamed, cached, task_type, metadata, request_id',
        format('"timestamp", coalesce(payer_id, user_id::text) AS payer, project_id, key_id,'
            ' session_id, conversation_id, %s, provider, upstream, endpoint, model, task_type,'
            ' status, usage_status, input_tokens, output_tokens, total_tokens, cache_read_tokens,'
            ' cache_write_tokens, reasoning_tokens, cost_usd, CASE WHEN upstream = ''import-sum'' AND'
            ' metadata ->> ''requests'' ~ ''^[0-9]{1,12}$'' THEN (metadata ->> ''requests'')::bigint'
            ' ELSE 1 END AS requests', kinds.tags),
        $$SELECT sign, date_trunc('hour', at, 'UTC') AS hour, date_trunc('day', at, 'UTC') AS day,
        date_trunc('month', at, 'UTC') AS month, spendfuse_short(payer) AS payer,
        spendfuse_short(project_id) AS project, spendfuse_short(key_id) AS key,
        spendfuse_short(session_id) AS session,
        conversation_id IS NOT NULL AS is_in_conversation,
        spendfuse_short(conversation_id) AS conversation,
        CASE WHEN jsonb_typeof(tags) = 'object' THEN tags END AS tags,
        coalesce(status = 'cached', false) AS is_cached,
        spendfuse_short(provider) AS provider, spendfuse_short(upstream) AS upstream,
        spendfuse_short(endpoint) AS endpoint, spendfuse_short(model) AS model,
        spendfuse_short(task_type) AS task_type, 1 AS entries,
        spent * (endpoint IS DISTINCT FROM 'adjustment')::int * requests AS calls,
        coalesce(status = 'error', false)::int AS errors, 1 - spent AS blocked,
        spent * least(greatest(coalesce(input_tokens, 0), -top), top) AS input_tokens,
        spent * least(greatest(coalesce(output_tokens, 0), -top), top) AS output_tokens,
        spent * least(greatest(coalesce(total_tokens, 0), -top), top) AS total_tokens,
        spent * least(greatest(coalesce(cache_read_tokens, 0), -top), top) AS cache_read_tokens,
        spent * least(greatest(coalesce(cache_write_tokens, 0), -top), top) AS cache_write_tokens,
        spent * least(greatest(coalesce(reasoning_tokens, 0), -top), top) AS reasoning_tokens,
        CASE WHEN spent = 1 AND cost_usd - cost_usd = 0 THEN cost_usd ELSE 0 END AS cost_usd,
        CASE WHEN spent = 1 AND cost_usd - cost_usd = 0 AND usage_status <> 'exact'
            THEN cost_usd ELSE 0 END AS inexact_cost_usd,
        CASE WHEN spent = 1 AND sign = 1 THEN at END AS first_at,
        CASE WHEN spent = 1 AND sign = 1 THEN at END AS last_at
    FROM (SELECT *, coalesce("timestamp", '-infinity') AS at, 1000000000000 AS top,
            (status IS DISTINCT FROM 'blocked')::int AS spent FROM %s AS c) AS c OFFSET 0$$),
    -- Steps of 2 %: what is read from the middle of one is within 1 %.
    (2, 'model_performance_metrics', 'performance', 'call_id, attempt, "timestamp", created_at,'
        ' user_id, payer_id, model, model_name, provider, task_type, task_complexity,'
        ' response_time_ms, time_to_first_token_ms, tokens_used, input_tokens, output_tokens,'
        ' total_tokens, cost_usd, success, error_occurred, error_type, error_message, user_rating,'
        ' quality_rating, conversation_id, message_id, metadata',
        '"timestamp", coalesce(model, model_name) AS model, provider, task_type, success,'
            ' response_time_ms, input_tokens, output_tokens, total_tokens, user_rating',
        $$SELECT sign, date_trunc('day', coalesce("timestamp", '-infinity'), 'UTC') AS day,
        spendfuse_short(model) AS model, spendfuse_short(provider) AS provider,
        spendfuse_short(task_type) AS task_type, 1 AS calls, won AS successes,
        (success IS FALSE)::int AS failures, timed AS timed_calls,
        coalesce(took, 0) AS response_time_ms, won * timed AS timed_successes,
        won * coalesce(took, 0) AS success_time_ms,
        (total_tokens IS NOT NULL)::int AS counted_calls,
        least(greatest(coalesce(total_tokens, 0), -top), top) AS total_tokens,
        won * (total_tokens IS NOT NULL)::int AS counted_successes,
        won * least(greatest(coalesce(total_tokens, 0), -top), top) AS success_total_tokens,
        won * (input_tokens IS NOT NULL)::int AS success_inputs,
        won * least(greatest(coalesce(input_tokens, 0), -top), top) AS success_input_tokens,
        won * (output_tokens IS NOT NULL)::int AS success_outputs,
        won * least(greatest(coalesce(output_tokens, 0), -top), top) AS success_output_tokens,
        (user_rating IS NOT NULL)::int AS ratings, coalesce(user_rating, 0) AS rating_sum,
        coalesce(user_rating > 0, false)::int AS positive_ratings,
        coalesce(user_rating = 0, false)::int AS neutral_ratings,
        coalesce(user_rating < 0, false)::int AS negative_ratings,
        CASE WHEN won = 1 AND sign = 1 THEN took END AS min_response_time_ms,
        CASE WHEN won = 1 AND sign = 1 THEN took END AS max_response_time_ms,
        CASE WHEN took <= 0 THEN -1 ELSE floor(ln(took::float8) / ln(1.02::float8))::int END
            AS width_bucket, won, 1 - won AS failed
    FROM (SELECT *, 1000000000000 AS top, (success IS TRUE)::int AS won,
            (response_time_ms IS NOT NULL)::int AS timed,
            CASE WHEN response_time_ms IS NOT NULL
                THEN least(greatest(response_time_ms, -1000000000000), 1000000000000) END AS took
        FROM %s AS c) AS c OFFSET 0$$)
    ) AS s (rank, src, stem, watched, relevant, reading)
),
-- What rows are added up by. A report reads the sums of one kind, so that these lie together: hours
-- have a table, users have one, and sessions, which are many. What came from the cache is there
-- once more on its own, and hours by model alone. Users, projects and keys are by month too, as
-- sums of their days would be many to read; payers are those of users without models. Of users, projects,
-- keys, sessions, conversations and tags, only model and provider are told apart: with endpoints,
-- task types and upstreams there would be nearly a sum for each call.
targets (rank, src, tbl, keys, key_values, joined, sums, sum_values, lows, highs, emptied) AS (
    VALUES (1, 'api_cost_tracking', 'cost_rollups', ARRAY['facet', 'grain', 'bucket',
            'value', 'model', 'provider', 'endpoint', 'task_type', 'upstream'],
        ARRAY['f.facet', 'f.grain', 'f.bucket', 'f.value', 'e.model', 'e.provider', 'f.endpoint',
            'f.task_type', 'f.upstream'], $$
    CROSS JOIN LATERAL (
        VALUES ('day', '', '', e.day, e.endpoint, e.task_type, e.upstream),
            ('day', 'project', e.project, e.day, '', '', ''),
            ('month', 'project', e.project, e.month, '', '', ''),
            ('day', 'key', e.key, e.day, '', '', ''),
            ('month', 'key', e.key, e.month, '', '', '')
        UNION ALL
        SELECT 'day', 'tag', spendfuse_short(t.key || '=' || coalesce(t.value, '')), e.day, '', '',
            ''
        FROM jsonb_each_text(e.tags) AS t
        UNION ALL
        SELECT 'day', 'cached', '', e.day, e.endpoint, e.task_type, e.upstream WHERE e.is_cached
    ) AS f (grain, facet, value, bucket, endpoint, task_type, upstream)$$,
        ARRAY['entries', 'calls', 'errors', 'blocked', 'input_tokens', 'output_tokens',
            'total_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens',
            'cost_usd', 'inexact_cost_usd'], NULL::text[], 'first_at', 'last_at', 'entries = 0'),
    (2, 'api_cost_tracking', 'conversation_rollups', ARRAY['conversation_id', 'user_id'],
        ARRAY['e.conversation', 'e.payer'], E'\n    WHERE e.is_in_conversation',
        ARRAY['entries', 'calls', 'blocked', 'input_tokens', 'output_tokens', 'total_tokens',
            'cost_usd'], NULL, 'first_at', 'last_at', 'entries = 0'),
    (3, 'api_cost_tracking', 'payer_rollups', ARRAY['bucket', 'user_id'],
        ARRAY['e.day', 'e.payer'], '',
        ARRAY['entries', 'calls', 'errors', 'blocked', 'input_tokens', 'output_tokens',
            'total_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens',
            'cost_usd', 'inexact_cost_usd'], NULL, 'first_at', 'last_at', 'entries = 0'),
    (4, 'model_performance_metrics', 'performance_rollups', ARRAY['bucket', 'model', 'provider',
            'task_type'], ARRAY['e.day', 'e.model', 'e.provider', 'e.task_type'], '',
        ARRAY['calls', 'successes', 'failures', 'timed_calls', 'response_time_ms',
            'timed_successes', 'success_time_ms', 'counted_calls', 'total_tokens',
            'counted_successes', 'success_total_tokens', 'success_inputs', 'success_input_tokens',
            'success_outputs', 'success_output_tokens', 'ratings', 'rating_sum',
            'positive_ratings', 'neutral_ratings', 'negative_ratings'], NULL,
        'min_response_time_ms', 'max_response_time_ms', 'calls = 0'),
    (5, 'model_performance_metrics', 'response_time_rollups', ARRAY['grain', 'bucket', 'model',
            'provider', 'width_bucket'],
        ARRAY['g.grain', 'g.bucket', 'e.model', 'e.provider', 'e.width_bucket'], $$
    CROSS JOIN LATERAL (VALUES ('all', '-infinity'::timestamptz), ('day', e.day))
        AS g (grain, bucket)
    WHERE e.width_bucket IS NOT NULL$$,
        ARRAY['calls', 'failed_calls'], ARRAY['e.won', 'e.failed'], NULL, NULL,
        'calls = 0 AND failed_calls = 0'),
    (6, 'api_cost_tracking', 'session_rollups', ARRAY['facet', 'bucket', 'value', 'model',
            'provider'], ARRAY['f.facet', 'e.day', 'f.value', 'e.model', 'e.provider'], $$
    CROSS JOIN LATERAL (VALUES ('session', e.session), ('conversation', e.conversation))
        AS f (facet, value)$$,
        ARRAY['entries', 'calls', 'errors', 'blocked', 'input_tokens', 'output_tokens',
            'total_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens',
            'cost_usd', 'inexact_cost_usd'], NULL, 'first_at', 'last_at', 'entries = 0'),
    (7, 'api_cost_tracking', 'user_rollups', ARRAY['grain', 'bucket', 'user_id', 'model',
            'provider'], ARRAY['g.grain', 'g.bucket', 'e.payer', 'e.model', 'e.provider'], $$
    CROSS JOIN LATERAL (VALUES ('day', e.day), ('month', e.month)) AS g (grain, bucket)$$,
        ARRAY['entries', 'calls', 'errors', 'blocked', 'input_tokens', 'output_tokens',
            'total_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens',
            'cost_usd', 'inexact_cost_usd'], NULL, 'first_at', 'last_at', 'entries = 0'),
    (8, 'api_cost_tracking', 'hour_rollups', ARRAY['facet', 'bucket', 'model', 'provider',
            'endpoint', 'task_type', 'upstream'], ARRAY['f.facet', 'e.hour', 'e.model',
            'e.provider', 'f.endpoint', 'f.task_type', 'f.upstream'], $$
    CROSS JOIN LATERAL (
        VALUES ('', e.endpoint, e.task_type, e.upstream), ('model', '', '', '')
        UNION ALL
        SELECT 'cached', e.endpoint, e.task_type, e.upstream WHERE e.is_cached
    ) AS f (facet, endpoint, task_type, upstream)$$,
        ARRAY['entries', 'calls', 'errors', 'blocked', 'input_tokens', 'output_tokens',
            'total_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens',
            'cost_usd', 'inexact_cost_usd'], NULL, 'first_at', 'last_at', 'entries = 0')
),
parts AS (
    SELECT t.*, s.stem, array_to_string(t.keys || t.sums || t.lows || t.highs, ', ') AS columns,
        (SELECT string_agg(n::text, ', ') FROM generate_series(1, cardinality(t.keys)) AS n)
            AS places,
        k.key_list, concat_ws(', ', k.key_list,
            (SELECT string_agg(format('sum(e.sign * %s)', v), ', ' ORDER BY n)
                FROM unnest(coalesce(t.sum_values, t.sums)) WITH ORDINALITY AS v (v, n)),
            'min(e.' || t.lows || ')', 'max(e.' || t.highs || ')') AS added,
        concat_ws(', ', (SELECT string_agg(format('%1$I = r.%1$I + excluded.%1$I', v), ', '
                ORDER BY n) FROM unnest(t.sums) WITH ORDINALITY AS v (v, n)),
            t.lows || ' = least(r.' || t.lows || ', excluded.' || t.lows || ')',
            t.highs || ' = greatest(r.' || t.highs || ', excluded.' || t.highs || ')') AS changed
    FROM targets AS t JOIN sources AS s USING (src) CROSS JOIN LATERAL (
        SELECT string_agg(v || CASE WHEN v ~ 'bucket|day|hour' THEN '' ELSE ' COLLATE "C"' END, ', '
            ORDER BY n) AS key_list
        FROM unnest(t.key_values) WITH ORDINALITY AS v (v, n)) AS k
),
events (place, event, done, tables, pieces) AS (VALUES
    (1, 'INSERT', 'added', 'NEW TABLE AS added', 'SELECT 1 AS sign, %1$s FROM added'),
    (2, 'UPDATE', 'changed', 'OLD TABLE AS removed NEW TABLE AS added',
        '(SELECT 1 AS sign, %1$s FROM added EXCEPT ALL SELECT 1, %1$s FROM removed)'
        ' UNION ALL (SELECT -1, %1$s FROM removed EXCEPT ALL SELECT -1, %1$s FROM added)'),
    (3, 'DELETE', 'removed', 'OLD TABLE AS removed', 'SELECT -1 AS sign, %1$s FROM removed')
),
additions AS (
    -- In no order: writers take turns, so that none can lock sums the other way round.
    SELECT p.rank, p.src, p.tbl, p.emptied, e.event, format(E'INSERT INTO %I AS r (%s)\nSELECT %s'
            '\nFROM (%s) AS e%s\nGROUP BY %s\nON CONFLICT (%s) DO UPDATE SET %s', p.tbl, p.columns,
            CASE e.event WHEN 'INSERT' THEN replace(p.added, 'e.sign * ', '') ELSE p.added END,
            format(s.reading, format('(' || e.pieces || ')', s.relevant)), p.joined, p.places,
            array_to_string(p.keys, ', '), p.changed) AS statement
    FROM parts AS p JOIN sources AS s USING (src) CROSS JOIN events AS e
),
tables (rank, tbl, body, options) AS (
    SELECT v.* FROM kinds CROSS JOIN LATERAL (VALUES
    (1, 'cost_rollups', format($$
    facet text COLLATE "C" NOT NULL,
    grain text COLLATE "C" NOT NULL,
    bucket timestamptz NOT NULL,
    value text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    endpoint text COLLATE "C" NOT NULL,
    task_type text COLLATE "C" NOT NULL,
    upstream text COLLATE "C" NOT NULL,
    entries bigint NOT NULL,
    calls bigint NOT NULL,
    errors bigint NOT NULL,
    blocked bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost_usd %1$s NOT NULL,
    inexact_cost_usd %1$s NOT NULL,
    first_at timestamptz,
    last_at timestamptz
$$, kinds.money), 'fillfactor = 80'),
    (2, 'conversation_rollups', format($$
    conversation_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    entries bigint NOT NULL,
    calls bigint NOT NULL,
    blocked bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cost_usd %s NOT NULL,
    first_at timestamptz,
    last_at timestamptz
$$, kinds.money), 'fillfactor = 80'),
    (3, 'payer_rollups', format($$
    bucket timestamptz NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    entries bigint NOT NULL,
    calls bigint NOT NULL,
    errors bigint NOT NULL,
    blocked bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost_usd %1$s NOT NULL,
    inexact_cost_usd %1$s NOT NULL,
    first_at timestamptz,
    last_at timestamptz
$$, kinds.money), 'fillfactor = 80'),
    (4, 'performance_rollups', $$
    bucket timestamptz NOT NULL,
    model text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    task_type text COLLATE "C" NOT NULL,
    calls bigint NOT NULL,
    successes bigint NOT NULL,
    failures bigint NOT NULL,
    timed_calls bigint NOT NULL,
    response_time_ms bigint NOT NULL,
    timed_successes bigint NOT NULL,
    success_time_ms bigint NOT NULL,
    counted_calls bigint NOT NULL,
    total_tokens bigint NOT NULL,
    counted_successes bigint NOT NULL,
    success_total_tokens bigint NOT NULL,
    success_inputs bigint NOT NULL,
    success_input_tokens bigint NOT NULL,
    success_outputs bigint NOT NULL,
    success_output_tokens bigint NOT NULL,
    ratings bigint NOT NULL,
    rating_sum bigint NOT NULL,
    positive_ratings bigint NOT NULL,
    neutral_ratings bigint NOT NULL,
    negative_ratings bigint NOT NULL,
    min_response_time_ms bigint,
    max_response_time_ms bigint
$$, 'fillfactor = 50'),
    (5, 'response_time_rollups', $$
    grain text COLLATE "C" NOT NULL,
    bucket timestamptz NOT NULL,
    model text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    width_bucket int NOT NULL,
    calls bigint NOT NULL,
    failed_calls bigint NOT NULL
$$, 'fillfactor = 80'),
    (7, 'user_rollups', format($$
    grain text COLLATE "C" NOT NULL,
    bucket timestamptz NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    entries bigint NOT NULL,
    calls bigint NOT NULL,
    errors bigint NOT NULL,
    blocked bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost_usd %1$s NOT NULL,
    inexact_cost_usd %1$s NOT NULL,
    first_at timestamptz,
    last_at timestamptz
$$, kinds.money), 'fillfactor = 80'),
    (8, 'hour_rollups', format($$
    facet text COLLATE "C" NOT NULL,
    bucket timestamptz NOT NULL,
    model text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    endpoint text COLLATE "C" NOT NULL,
    task_type text COLLATE "C" NOT NULL,
    upstream text COLLATE "C" NOT NULL,
    entries bigint NOT NULL,
    calls bigint NOT NULL,
    errors bigint NOT NULL,
    blocked bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost_usd %1$s NOT NULL,
    inexact_cost_usd %1$s NOT NULL,
    first_at timestamptz,
    last_at timestamptz
$$, kinds.money), 'fillfactor = 80'),
    -- Who sees this row sees the sums; to anyone else they are those of the rows that they see.
    (6, 'session_rollups', format($$
    facet text COLLATE "C" NOT NULL,
    bucket timestamptz NOT NULL,
    value text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    entries bigint NOT NULL,
    calls bigint NOT NULL,
    errors bigint NOT NULL,
    blocked bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost_usd %1$s NOT NULL,
    inexact_cost_usd %1$s NOT NULL,
    first_at timestamptz,
    last_at timestamptz
$$, kinds.money), 'fillfactor = 80'),
    (9, 'rollup_state', 'id int PRIMARY KEY CHECK (id = 1)', 'fillfactor = 100')
    ) AS v (rank, tbl, body, options)
),
views (rank, name, tbl, filter) AS (VALUES
    (1, 'spend_days', 'cost_rollups', $$grain = 'day'$$),
    (2, 'spend_hours', 'hour_rollups', 'true'),
    (3, 'payer_days', 'payer_rollups', 'true'),
    (4, 'performance_days', 'performance_rollups', 'true'),
    (5, 'response_times', 'response_time_rollups', 'true')
),
-- What a row adds, as a type for the rows that a user sees.
own (stem, columns) AS (VALUES
    ('costs', 'sign int, hour timestamptz, day timestamptz, month timestamptz, payer text,'
        ' project text, key text, session text, is_in_conversation boolean, conversation text,'
        ' tags jsonb, is_cached boolean, provider text, upstream text, endpoint text, model text,'
        ' task_type text, entries bigint, calls bigint, errors bigint, blocked bigint,'
        ' input_tokens bigint, output_tokens bigint, total_tokens bigint,'
        ' cache_read_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint,'
        ' cost_usd numeric, inexact_cost_usd numeric, first_at timestamptz, last_at timestamptz'),
    ('performance', 'sign int, day timestamptz, model text, provider text, task_type text,'
        ' calls bigint, successes bigint, failures bigint, timed_calls bigint,'
        ' response_time_ms bigint, timed_successes bigint, success_time_ms bigint,'
        ' counted_calls bigint, total_tokens bigint, counted_successes bigint,'
        ' success_total_tokens bigint, success_inputs bigint, success_input_tokens bigint,'
        ' success_outputs bigint, success_output_tokens bigint, ratings bigint,'
        ' rating_sum bigint, positive_ratings bigint, neutral_ratings bigint,'
        ' negative_ratings bigint, min_response_time_ms bigint, max_response_time_ms bigint,'
        ' width_bucket int, won bigint, failed bigint')
),
steps AS (
    SELECT 10 AS phase, 0 AS rank, 0 AS part, 'LOCK TABLE api_cost_tracking,'
            ' model_performance_metrics IN SHARE ROW EXCLUSIVE MODE' AS statement,
        NULL::text AS undo, 'rows that are there are added up, and none may come meanwhile' AS note
    UNION ALL
    -- The rows that are there are sorted once for each table of sums.
    SELECT 11, 0, 0, $$SET LOCAL work_mem = '256MB'$$, NULL, NULL
    UNION ALL
    SELECT 12, 0, 0, $text$CREATE FUNCTION spendfuse_short(whole text) RETURNS text
LANGUAGE sql IMMUTABLE AS $body$
    SELECT CASE WHEN whole IS NULL THEN '' WHEN octet_length(whole) <= 256 THEN whole
        ELSE left(whole, 48) || md5(whole) END
$body$$text$, 'DROP FUNCTION spendfuse_short(text)',
        'an index takes no row of more than 2704 bytes'
    UNION ALL
    SELECT 20, rank, part, CASE part WHEN 0 THEN format('CREATE TABLE %I (%s) WITH (%s)', tbl,
                body, options)
            ELSE format('COMMENT ON TABLE %I IS %L', tbl, 'Spendfuse made this table') END,
        CASE part WHEN 0 THEN format('DROP TABLE %I', tbl) END, NULL
    FROM tables CROSS JOIN (VALUES (0), (1)) AS p (part)
    UNION ALL
    SELECT 21, 0, 0, 'INSERT INTO rollup_state VALUES (1)', NULL, NULL
    UNION ALL
    SELECT 22, p.rank, 0, format(E'INSERT INTO %I (%s)\nSELECT %s\nFROM (%s) AS e%s\nGROUP BY %s',
            p.tbl, p.columns, p.added, format(s.reading, format('(SELECT 1 AS sign, %s FROM %I)',
            s.relevant, s.src)), p.joined, p.places), NULL, NULL
    FROM parts AS p JOIN sources AS s USING (src)
    UNION ALL
    SELECT 23, rank, 0, format('ALTER TABLE %I ADD PRIMARY KEY (%s)', tbl,
            array_to_string(keys, ', ')), NULL, NULL
    FROM targets
    UNION ALL
    SELECT 24, i.rank, 0, format('CREATE INDEX %I ON %s', i.name, i.body), NULL, NULL
    FROM (VALUES
        (1, 'cost_rollups_value', $$cost_rollups (facet, value, bucket)
    WHERE facet NOT IN ('', 'cached')$$),
        (2, 'payer_rollups_payer',
            $$payer_rollups ((nullif(user_id, '') COLLATE "default"), bucket)$$),
        (7, 'user_rollups_value', 'user_rollups (user_id, bucket)'),
        (6, 'session_rollups_value', 'session_rollups (facet, value, bucket)'),
        (3, 'conversation_rollups_dear', 'conversation_rollups (cost_usd DESC)')
    ) AS i (rank, name, body)
    UNION ALL
    -- Without it, sums of days are taken for a multiple of what they are, and compiled for it.
    SELECT 25, 0, 0, 'CREATE STATISTICS cost_rollups_facets (dependencies, mcv) ON facet, grain'
            ' FROM cost_rollups', NULL, NULL
    UNION ALL
    SELECT 26, rank, 0, format('ANALYZE %I', tbl), NULL, NULL FROM targets
    UNION ALL
    SELECT 30, 0, 0, format($text$CREATE FUNCTION spendfuse_rollup_turn() RETURNS trigger
LANGUAGE plpgsql SET search_path = %I, pg_temp AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock(1397115975, 2);
    RETURN NULL;
END
$body$$text$, current_schema()), 'DROP FUNCTION spendfuse_rollup_turn()', NULL
    UNION ALL
    SELECT 31, s.rank, e.place, format($text$CREATE FUNCTION %I() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = %I, pg_temp SET jit = off%s AS $body$
DECLARE
    gone tid[];
BEGIN%s
%s
    RETURN NULL;
END
$body$$text$, format('spendfuse_%s_%s', s.stem, e.done), current_schema(),
        -- Sorting rows by so many texts would take longer than hashing them.
        CASE e.event WHEN 'INSERT' THEN ' SET enable_sort = off' ELSE '' END, CASE e.event
            WHEN 'UPDATE' THEN format(E'\n    IF NOT EXISTS (SELECT %1$s FROM added EXCEPT ALL'
                ' SELECT %1$s FROM removed) THEN\n        RETURN NULL;\n    END IF;'
                '\n    PERFORM pg_advisory_xact_lock(1397115975, 2);', s.relevant) ELSE '' END,
        (SELECT string_agg(CASE e.event WHEN 'INSERT' THEN a.statement || ';'
            ELSE format(E'WITH done AS (%1$s\nRETURNING r.ctid AS place, %2$s AS is_empty)\n'
                'SELECT array_agg(place) INTO gone FROM done WHERE is_empty;\n'
                'DELETE FROM %3$I WHERE ctid = ANY (gone);', a.statement,
                regexp_replace(a.emptied, '(calls|entries|failed_calls)', 'r.\1', 'g'), a.tbl) END,
            E'\n' ORDER BY a.rank) FROM additions AS a WHERE a.src = s.src AND a.event = e.event)),
        format('DROP FUNCTION %I()', format('spendfuse_%s_%s', s.stem, e.done)), NULL
    FROM sources AS s CROSS JOIN events AS e
    UNION ALL
    SELECT 32, s.rank, 0, format($text$CREATE FUNCTION %I() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = %I, pg_temp AS $body$
BEGIN
    %s
    RETURN NULL;
END
$body$$text$, format('spendfuse_%s_cleared', s.stem), current_schema(),
            (SELECT string_agg(format('DELETE FROM %I;', t.tbl), E'\n    ' ORDER BY t.rank)
            FROM targets AS t WHERE t.src = s.src)),
        format('DROP FUNCTION %I()', format('spendfuse_%s_cleared', s.stem)), NULL
    FROM sources AS s
    UNION ALL
    -- A row security of the user's own rows makes this an index scan.
    SELECT 33, s.rank, 0, format(E'CREATE FUNCTION %I() RETURNS TABLE (%s)\nLANGUAGE sql STABLE'
            ' ROWS 1000 SET search_path = %I, pg_temp SET jit = off AS $body$%s$body$',
            'spendfuse_own_' || s.stem, o.columns, current_schema(),
            format(s.reading, format('(SELECT 1 AS sign, %s FROM %I)', s.relevant, s.src))),
        format('DROP FUNCTION %I()', 'spendfuse_own_' || s.stem), NULL
    FROM sources AS s JOIN own AS o USING (stem)
    UNION ALL
    SELECT 40, s.rank, t.part, format('CREATE TRIGGER %I %s ON %I %s FOR EACH STATEMENT'
            ' EXECUTE FUNCTION %I()', t.name, t.event, s.src, t.tables, t.called),
        format('DROP TRIGGER %I ON %I', t.name, s.src), NULL
    FROM sources AS s CROSS JOIN LATERAL (
        SELECT place, 'spendfuse_rollup_' || lower(event) AS name, 'AFTER ' || event AS event,
            'REFERENCING ' || tables AS tables, format('spendfuse_%s_%s', s.stem, done) AS called
        FROM events
        UNION ALL
        SELECT 4, 'spendfuse_rollup_truncate', 'AFTER TRUNCATE', '',
            format('spendfuse_%s_cleared', s.stem)
        UNION ALL
        SELECT 0, 'spendfuse_rollup_turn', 'BEFORE INSERT OR DELETE OR UPDATE OF ' || s.watched,
            '', 'spendfuse_rollup_turn'
    ) AS t (part, name, event, tables, called)
    UNION ALL
    SELECT 50, v.rank, part, CASE part WHEN 1 THEN format('COMMENT ON VIEW %I IS %L', v.name,
                'Spendfuse made this view')
            ELSE format(E'CREATE VIEW %I%s AS\nSELECT %s FROM %I WHERE %s\nUNION ALL\nSELECT %s\n'
            'FROM %I() AS e%s%s NOT EXISTS (SELECT FROM rollup_state) AND %s', v.name,
            CASE WHEN current_setting('server_version_num')::int >= 150000
                THEN ' WITH (security_invoker = true)' ELSE '' END, p.columns, v.tbl, v.filter,
            concat_ws(', ', p.key_list, array_to_string(coalesce(p.sum_values, p.sums), ', '),
                p.lows, p.highs),
            'spendfuse_own_' || p.stem, p.joined,
            CASE WHEN p.joined ~ 'WHERE e.width' THEN ' AND' ELSE ' WHERE' END, v.filter) END,
        CASE part WHEN 0 THEN format('DROP VIEW %I', v.name) END, NULL
    FROM views AS v JOIN parts AS p USING (tbl) CROSS JOIN (VALUES (0), (1)) AS x (part)
)
SELECT row_number() OVER (ORDER BY phase, rank, part)::int AS position, statement, undo, note
FROM steps ORDER BY position
