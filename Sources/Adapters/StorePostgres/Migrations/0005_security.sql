-- Who may see and change what. The owner of the tables passes, as row security is not forced.
--
-- "own" is a table whose rows belong to a user, "open" one that every user may read, "staff" one
-- for admins, "closed" one that nobody reads but the service. What the migrations themselves are
-- recorded in is made by their runner, which is why a plan cannot look at it.
WITH tables (pos, tbl, kind, owner, service) AS (VALUES
    (1, 'api_cost_tracking', 'own', 'coalesce(payer_id, user_id::text)',
        ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (2, 'model_performance_metrics', 'own', 'coalesce(payer_id, user_id::text)',
        ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (3, 'budget_config', 'own', 'user_id::text', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (4, 'budget_alerts', 'own', 'user_id::text', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (5, 'api_logs', 'own', 'user_id::text', ARRAY['SELECT', 'INSERT', 'DELETE']),
    (6, 'notifications', 'own', 'user_id::text', ARRAY['SELECT', 'INSERT']),
    (7, 'notification_preferences', 'own', 'user_id::text', ARRAY['SELECT']),
    (8, 'zapier_webhook_logs', 'own', 'user_id::text', ARRAY['SELECT', 'INSERT', 'DELETE']),
    (9, 'cost_models', 'open', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (10, 'cost_model_versions', 'open', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (11, 'installation', 'closed', NULL, ARRAY['SELECT']),
    (12, 'change_marks', 'closed', NULL, ARRAY['SELECT', 'UPDATE']),
    (13, 'gateway_keys', 'closed', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (14, 'price_overrides', 'closed', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (15, 'replicas', 'staff', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (16, 'budget_windows', 'staff', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (17, 'budget_leases', 'staff', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (18, 'breaker_trips', 'staff', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (19, 'alert_deliveries', 'staff', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
    (20, 'alert_delivery_attempts', 'staff', NULL, ARRAY['SELECT', 'INSERT', 'DELETE']),
    -- Whoever has the service's password must not be able to hide what was done with it.
    (21, 'audit_log', 'staff', NULL, ARRAY['SELECT', 'INSERT']),
    (22, 'retention_runs', 'staff', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE']),
    (23, 'backups', 'staff', NULL, ARRAY['SELECT', 'INSERT', 'UPDATE']),
    (24, 'migration_history', 'closed', NULL, ARRAY['SELECT']),
    (40, 'imported_calls', 'closed', NULL, ARRAY['SELECT', 'INSERT']),
    -- Triggers write these with their owner's rights, whoever changes the rows.
    (25, 'cost_rollups', 'staff', NULL, ARRAY['SELECT']),
    (26, 'conversation_rollups', 'staff', NULL, ARRAY['SELECT']),
    (27, 'performance_rollups', 'staff', NULL, ARRAY['SELECT']),
    (28, 'response_time_rollups', 'staff', NULL, ARRAY['SELECT']),
    (29, 'payer_rollups', 'staff', NULL, ARRAY['SELECT']),
    (31, 'session_rollups', 'staff', NULL, ARRAY['SELECT']),
    (32, 'user_rollups', 'staff', NULL, ARRAY['SELECT']),
    (33, 'hour_rollups', 'staff', NULL, ARRAY['SELECT']),
    (30, 'rollup_state', 'staff', NULL, ARRAY['SELECT'])
),
views (tbl) AS (VALUES
    ('spend_days'), ('spend_hours'), ('payer_days'), ('performance_days'),
    ('response_times'),
    ('spend_rows'), ('budget_limits'), ('budget_standings'), ('daily_cost_summary'),
    ('monthly_cost_summary'), ('cost_by_model'), ('cost_by_endpoint'), ('cost_by_provider'),
    ('cost_by_provider_model'), ('daily_cost_by_provider'), ('hourly_cost_trend'),
    ('most_expensive_conversations'), ('monthly_spending_trend'), ('user_spending_leaderboard'),
    ('model_avg_response_time'), ('model_success_rate'), ('model_user_satisfaction'),
    ('best_model_by_task'), ('model_token_efficiency'), ('model_performance_trends')
),
functions (name, arguments, is_for_users) AS (VALUES
    ('spendfuse_spent', 'timestamptz, text', true), ('spendfuse_short', 'text', true),
    ('spendfuse_own_costs', '', true), ('spendfuse_own_performance', '', true),
    ('spendfuse_rollup_turn', '', false), ('spendfuse_costs_added', '', false),
    ('spendfuse_costs_changed', '', false), ('spendfuse_costs_removed', '', false),
    ('spendfuse_costs_cleared', '', false), ('spendfuse_performance_added', '', false),
    ('spendfuse_performance_changed', '', false), ('spendfuse_performance_removed', '', false),
    ('spendfuse_performance_cleared', '', false),
    ('get_spending_since', 'timestamptz, text', true), ('get_monthly_spending', 'text', true),
    ('get_daily_spending', 'text', true), ('get_hourly_spending', 'text', true),
    ('get_top_expensive_calls', 'int, int', true),
    ('calculate_potential_savings', 'text, text, int', true),
    ('get_best_model_for_task', 'text, text', true),
    ('get_model_performance_summary', 'int', true), ('cleanup_old_cost_data', '', false),
    ('cleanup_old_performance_data', '', false), ('spendfuse_mark_change', '', false),
    ('spendfuse_align_api_cost_tracking', '', false),
    ('spendfuse_align_model_performance_metrics', '', false),
    ('spendfuse_align_budget_config', '', false), ('spendfuse_align_budget_alerts', '', false)
),
me AS (
    SELECT rolsuper OR rolcreaterole AS makes_roles, to_regprocedure('auth.uid()') IS NOT NULL
            AND to_regprocedure('auth.jwt()') IS NOT NULL
            AND to_regrole('authenticated') IS NOT NULL AS is_supabase,
        quote_ident(current_schema())::regnamespace::oid AS schema_oid
    FROM pg_roles WHERE rolname = current_user
),
roles (pos, role) AS (
    SELECT v.* FROM me CROSS JOIN LATERAL (VALUES
        (1, 'spendfuse_service', true), (2, 'spendfuse_admin', true),
        (3, 'anon', false), (4, 'authenticated', false), (5, 'service_role', false)
    ) AS v (pos, role, is_ours)
    WHERE to_regrole(v.role) IS NOT NULL OR v.is_ours AND me.makes_roles
),
-- What is the app's: it is there, and no comment says that Spendfuse made it.
app AS (
    SELECT c.oid, c.relname::text AS name, c.oid::regclass::text AS called, c.relkind,
        c.relrowsecurity, c.relowner AS owner,
        coalesce(c.relacl, acldefault('r', c.relowner)) AS acl
    FROM pg_class AS c CROSS JOIN me WHERE c.relnamespace = me.schema_oid
        AND (c.relname IN (SELECT tbl FROM tables) OR c.relname IN (SELECT tbl FROM views))
        AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE 'Spendfuse%'
        AND c.relname <> 'migration_history'
),
app_functions AS (
    SELECT p.oid, p.proname::text AS name, p.oid::regprocedure::text AS called, p.proowner AS owner,
        coalesce(p.proacl, acldefault('f', p.proowner)) AS acl
    FROM pg_proc AS p CROSS JOIN me WHERE p.pronamespace = me.schema_oid AND p.prokind = 'f'
        AND p.proname IN (SELECT name FROM functions) AND p.proname NOT LIKE 'spendfuse%'
        AND coalesce(obj_description(p.oid, 'pg_proc'), '') NOT LIKE 'Spendfuse%'
),
granted AS (
    SELECT a.name, a.called, 'TABLE' AS kind, a.owner, g.grantee, g.is_grantable, g.privilege_type,
        '' AS columns
    FROM app AS a CROSS JOIN aclexplode(a.acl) AS g
    UNION ALL
    SELECT a.name, a.called, 'TABLE', a.owner, g.grantee, g.is_grantable, g.privilege_type,
        format(' (%I)', c.attname)
    FROM app AS a JOIN pg_attribute AS c ON c.attrelid = a.oid CROSS JOIN aclexplode(c.attacl) AS g
    UNION ALL
    SELECT a.name, a.called, 'FUNCTION', a.owner, g.grantee, g.is_grantable, g.privilege_type, ''
    FROM app_functions AS a CROSS JOIN aclexplode(a.acl) AS g
),
holders AS (
    SELECT DISTINCT g.name, g.kind, g.called, g.privilege_type, g.columns,
        pg_get_userbyid(g.grantee)::text AS role
    FROM granted AS g WHERE g.grantee NOT IN (0, g.owner)
),
-- Roles of the app's that read its rows today go on reading, the new views as well.
readers AS (
    SELECT role FROM holders WHERE name = 'api_cost_tracking' AND privilege_type = 'SELECT'
        AND role NOT IN ('anon', 'spendfuse_service', 'spendfuse_admin')
    UNION
    SELECT role FROM roles CROSS JOIN me
    WHERE is_supabase AND role IN ('authenticated', 'service_role')
),
writers AS (
    SELECT DISTINCT t.tbl, t.pos, h.role
    FROM tables AS t JOIN app AS a ON a.name = t.tbl AND NOT a.relrowsecurity
        JOIN holders AS h ON h.name = t.tbl AND h.kind = 'TABLE' AND h.columns = ''
            AND h.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')
    WHERE h.role NOT IN ('anon', 'authenticated', 'spendfuse_service', 'spendfuse_admin')
        AND h.role NOT IN (SELECT rolname FROM pg_roles WHERE rolbypassrls OR rolsuper)
),
steps AS (
    SELECT 10 AS phase, pos, format('CREATE ROLE %I NOLOGIN', role) AS statement, NULL AS undo,
        'roles are the whole cluster''s: a rollback leaves them, without a right here' AS note
    FROM roles WHERE to_regrole(role) IS NULL
    UNION ALL
    SELECT 11, r.pos, format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), r.role),
        format('REVOKE USAGE ON SCHEMA %I FROM %I', current_schema(), r.role), NULL
    FROM roles AS r CROSS JOIN me WHERE r.role LIKE 'spendfuse%' AND NOT EXISTS (
        SELECT FROM pg_namespace AS n CROSS JOIN aclexplode(n.nspacl) AS g
        WHERE n.oid = me.schema_oid AND g.grantee = to_regrole(r.role)
            AND g.privilege_type = 'USAGE')
    UNION ALL
    SELECT 12, 0, format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', n.nspname),
        format('GRANT CREATE ON SCHEMA %I TO PUBLIC', n.nspname),
        'the service must not create tables, and it may what everybody may'
    FROM me JOIN pg_namespace AS n ON n.oid = me.schema_oid CROSS JOIN aclexplode(n.nspacl) AS g
    WHERE g.grantee = 0 AND g.privilege_type = 'CREATE'
    UNION ALL
    SELECT 20, t.pos, format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.tbl),
        format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', t.tbl),
        CASE WHEN a.oid IS NOT NULL THEN 'roles other than its owner see what the policies let them'
            ' see; on Supabase, users no longer write here unless a policy of the app lets them' END
    FROM tables AS t LEFT JOIN app AS a ON a.name = t.tbl
    WHERE a.relrowsecurity IS NOT TRUE AND t.tbl <> 'migration_history'
    UNION ALL
    SELECT 30, 0, format('REVOKE %s ON %s %s FROM %s', string_agg(g.privilege_type || g.columns,
                ', ' ORDER BY g.privilege_type, g.columns), g.kind, g.called, w.role),
        format('GRANT %s ON %s %s TO %s%s', string_agg(g.privilege_type || g.columns, ', '
                ORDER BY g.privilege_type, g.columns), g.kind, g.called, w.role,
            CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
        'spend is nobody''s to read without signing in'
    FROM granted AS g CROSS JOIN LATERAL (SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC'
        WHEN to_regrole('anon') THEN 'anon' END AS role) AS w
    WHERE w.role IS NOT NULL
    GROUP BY g.kind, g.called, w.role, g.is_grantable
    UNION ALL
    SELECT 31, 0, format('REVOKE ALL ON %I FROM %s', o.tbl, s.roles), NULL, NULL
    FROM (SELECT tbl FROM tables UNION ALL SELECT tbl FROM views) AS o CROSS JOIN (
        SELECT concat_ws(', ', 'PUBLIC', string_agg(quote_ident(role), ', ' ORDER BY pos)) AS roles
        FROM roles WHERE role NOT LIKE 'spendfuse%') AS s
    WHERE o.tbl NOT IN (SELECT name FROM app)
    UNION ALL
    SELECT 32, 0, format('REVOKE ALL ON FUNCTION %I(%s) FROM %s', f.name, f.arguments, s.roles),
        NULL, NULL
    FROM functions AS f CROSS JOIN (
        SELECT concat_ws(', ', 'PUBLIC', string_agg(quote_ident(role), ', ' ORDER BY pos)) AS roles
        FROM roles WHERE role NOT LIKE 'spendfuse%') AS s
    WHERE f.name NOT IN (SELECT name FROM app_functions)
    UNION ALL
    -- The server chooses the names of sequences, so they are looked up as it runs.
    SELECT 33, 0, format($text$DO $do$DECLARE
    made regclass;
BEGIN
    FOR made IN SELECT s.oid FROM pg_class AS s JOIN pg_depend AS d ON d.objid = s.oid
            AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
        JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE s.relkind = 'S' AND s.relnamespace = %1$L::regnamespace
            AND (obj_description(d.refobjid, 'pg_class') LIKE 'Spendfuse%%'
                OR d.refobjid = 'budget_config'::regclass AND a.attname = 'number')
    LOOP
        EXECUTE format('REVOKE ALL ON SEQUENCE %%s FROM %2$s', made);
    END LOOP;
    FOR made IN SELECT c.oid FROM pg_class AS c
        WHERE c.relnamespace = %1$L::regnamespace
            AND c.relname IN ('migration_history', 'migration_steps')
    LOOP
        EXECUTE format('ALTER TABLE %%s ENABLE ROW LEVEL SECURITY', made);
        EXECUTE format('REVOKE ALL ON %%s FROM %2$s', made);
    END LOOP;
END$do$$text$, quote_ident(current_schema()), s.roles), NULL, NULL
    FROM (SELECT concat_ws(', ', 'PUBLIC', string_agg(quote_ident(role), ', ' ORDER BY pos))
        AS roles FROM roles WHERE role NOT LIKE 'spendfuse%') AS s
    UNION ALL
    SELECT 40, 0, format('GRANT %s ON %I TO %I', string_agg(w.privilege, ', '), w.tbl, w.role),
        format('REVOKE %s ON %I FROM %I', string_agg(w.privilege, ', '), w.tbl, w.role), NULL
    FROM (
        SELECT t.tbl, r.role, p.privilege FROM tables AS t CROSS JOIN roles AS r
            CROSS JOIN unnest(CASE
                WHEN r.role = 'spendfuse_service' THEN t.service
                WHEN r.role = 'anon' OR t.tbl = 'installation' THEN NULL
                WHEN r.role = 'spendfuse_admin' THEN ARRAY['SELECT']
                WHEN t.kind = 'closed' THEN NULL
                WHEN r.role = 'service_role' AND t.kind <> 'staff'
                    THEN ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']
                ELSE ARRAY['SELECT'] END) AS p (privilege)
        WHERE r.role LIKE 'spendfuse%' OR (SELECT is_supabase FROM me)
        UNION
        SELECT v.tbl, r.role, 'SELECT' FROM views AS v CROSS JOIN roles AS r
        WHERE r.role LIKE 'spendfuse%'
        UNION
        SELECT v.tbl, r.role, 'SELECT' FROM views AS v CROSS JOIN readers AS r
        WHERE v.tbl NOT IN (SELECT name FROM app)
        UNION
        -- A view asks for the rights of whoever reads it; row security decides what that shows.
        SELECT t.tbl, r.role, 'SELECT' FROM tables AS t CROSS JOIN readers AS r
        WHERE t.tbl LIKE '%rollup%'
    ) AS w
    WHERE NOT EXISTS (SELECT FROM holders AS h WHERE h.name = w.tbl AND h.kind = 'TABLE'
        AND h.role = w.role AND h.privilege_type = w.privilege AND h.columns = '')
    GROUP BY w.tbl, w.role
    UNION ALL
    SELECT 41, 0, format('GRANT EXECUTE ON FUNCTION %s TO %I', f.called, f.role),
        format('REVOKE EXECUTE ON FUNCTION %s FROM %I', f.called, f.role), NULL
    FROM (
        SELECT coalesce(a.called, format('%I(%s)', f.name, f.arguments)) AS called, r.role
        FROM functions AS f LEFT JOIN app_functions AS a ON a.name = f.name CROSS JOIN (
            SELECT role FROM roles WHERE role LIKE 'spendfuse%' UNION SELECT role FROM readers) AS r
        WHERE CASE WHEN f.is_for_users OR a.oid IS NOT NULL THEN true
            WHEN f.name LIKE 'cleanup%' THEN r.role IN ('spendfuse_service', 'service_role')
            ELSE false END
    ) AS f
    WHERE NOT EXISTS (SELECT FROM holders AS h WHERE h.called = f.called AND h.role = f.role)
    UNION ALL
    SELECT 42, 0, format('GRANT USAGE ON SEQUENCE %s TO spendfuse_service', s.oid::regclass),
        format('REVOKE USAGE ON SEQUENCE %s FROM spendfuse_service', s.oid::regclass),
        'the ids of rows that the service adds'
    FROM app AS a JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass
            AND d.classid = 'pg_class'::regclass AND d.refobjid = a.oid AND d.deptype = 'a'
        JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
        JOIN roles AS r ON r.role = 'spendfuse_service'
    WHERE NOT EXISTS (SELECT FROM aclexplode(s.relacl) AS g
        WHERE g.grantee = to_regrole('spendfuse_service') AND g.privilege_type = 'USAGE')
    UNION ALL
    SELECT 50, t.pos, format('CREATE POLICY %I ON %I FOR %s', p.name, t.tbl, p.body),
        format('DROP POLICY %I ON %I', p.name, t.tbl), NULL
    FROM tables AS t CROSS JOIN me CROSS JOIN LATERAL (
        SELECT 'spendfuse_service', 'ALL TO spendfuse_service USING (true) WITH CHECK (true)'
        FROM roles WHERE role = 'spendfuse_service'
        UNION ALL
        SELECT 'spendfuse_admin', 'SELECT TO spendfuse_admin USING (true)'
        FROM roles WHERE role = 'spendfuse_admin' AND t.tbl <> 'installation'
        UNION ALL
        SELECT 'spendfuse_own_rows', CASE WHEN me.is_supabase
            THEN format('SELECT TO authenticated USING ((SELECT auth.uid())::text = %s)', t.owner)
            -- Of type name, the user would be compared in a collation that no index has.
            ELSE format('SELECT TO PUBLIC USING ((SELECT current_user::text) COLLATE "default"'
                ' = %s)', t.owner) END
        WHERE t.kind = 'own'
        UNION ALL
        SELECT 'spendfuse_app_admin', 'SELECT TO authenticated USING ((SELECT auth.jwt())'
            ' -> ''app_metadata'' ->> ''role'' = ''admin'')'
        WHERE me.is_supabase AND t.kind IN ('own', 'staff')
        UNION ALL
        SELECT 'spendfuse_prices', CASE WHEN me.is_supabase THEN 'SELECT TO authenticated'
            ELSE 'SELECT TO PUBLIC' END || ' USING (true)'
        WHERE t.kind = 'open'
    ) AS p (name, body)
    UNION ALL
    SELECT 51, w.pos, format('CREATE POLICY %I ON %I FOR ALL TO %I USING (true)'
            ' WITH CHECK (true)', 'spendfuse_writer_' || w.role, w.tbl, w.role),
        format('DROP POLICY %I ON %I', 'spendfuse_writer_' || w.role, w.tbl),
        'row security was off, and this role of the app''s goes on writing as it does'
    FROM writers AS w
    UNION ALL
    SELECT 52, t.pos, format('CREATE POLICY %I ON %I FOR SELECT TO %I USING (true)',
            'spendfuse_reader_' || w.role, t.tbl, w.role),
        format('DROP POLICY %I ON %I', 'spendfuse_reader_' || w.role, t.tbl),
        'whoever sees all rows sees what they add up to'
    FROM tables AS t CROSS JOIN (SELECT role FROM writers WHERE tbl IN ('api_cost_tracking',
            'model_performance_metrics') GROUP BY role HAVING count(*) = 2) AS w
    WHERE t.tbl LIKE '%rollup%'
)
SELECT row_number() OVER (ORDER BY phase, pos, statement)::int AS position, statement, undo,
    CASE WHEN phase = 33 THEN (
        SELECT 'nothing is granted to these, as ' || quote_ident(current_user) || ' may not make'
            ' roles; make them, go down to 0004 and up again: ' || string_agg(n.role, ', ')
        FROM (VALUES ('spendfuse_service'), ('spendfuse_admin')) AS n (role)
        WHERE n.role NOT IN (SELECT role FROM roles)) ELSE note END AS note
FROM steps ORDER BY position
