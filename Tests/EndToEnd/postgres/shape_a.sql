-- Shape A as a Supabase project has it: migrations run file by file. With uuid_users on, as it was
-- before the fix that made user ids text: calls refer to a user by uuid.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'anon') THEN
        CREATE ROLE anon NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated') THEN
        CREATE ROLE authenticated NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
        CREATE ROLE service_role NOLOGIN BYPASSRLS;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES
    TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS
    TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES
    TO anon, authenticated, service_role;

CREATE SCHEMA auth;
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS
    $$SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb$$;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
    $$SELECT (auth.jwt() ->> 'sub')::uuid$$;

CREATE TABLE users (
    id text PRIMARY KEY,
    email text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO users (id, email) VALUES
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a01', 'ann@example.com'),
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a02', 'ben@example.com'),
    ('u1', 'one@example.com');
CREATE TABLE members (
    id uuid PRIMARY KEY,
    name text NOT NULL
);
INSERT INTO members VALUES
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a01', 'Ann'),
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a02', 'Ben');

CREATE TABLE api_cost_tracking (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
\if :uuid_users
    user_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
\else
    user_id text,
\endif
    model varchar(100) NOT NULL,
    endpoint text NOT NULL,
    input_tokens int NOT NULL DEFAULT 0,
    output_tokens int NOT NULL DEFAULT 0,
    cost_usd numeric(10,6) NOT NULL CHECK (cost_usd >= 0),
    cached boolean DEFAULT false,
    "timestamp" timestamptz NOT NULL DEFAULT now(),
    metadata jsonb DEFAULT '{}'
);
ALTER TABLE api_cost_tracking ADD COLUMN provider text DEFAULT 'openai'
    CHECK (provider IN ('openai', 'anthropic', 'google', 'assemblyai'));
CREATE INDEX idx_cost_timestamp ON api_cost_tracking ("timestamp" DESC);
CREATE INDEX idx_cost_user ON api_cost_tracking (user_id, "timestamp" DESC);

CREATE TABLE budget_config (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id text UNIQUE,
    monthly_limit numeric(10,2) NOT NULL DEFAULT 100.00 CHECK (monthly_limit > 0),
    daily_limit numeric(10,2) NOT NULL DEFAULT 10.00 CHECK (daily_limit > 0),
    hourly_limit numeric(10,2) NOT NULL DEFAULT 2.00 CHECK (hourly_limit > 0),
    hard_stop_enabled boolean NOT NULL DEFAULT false,
    alert_at_50 boolean NOT NULL DEFAULT true,
    alert_at_75 boolean NOT NULL DEFAULT true,
    alert_at_90 boolean NOT NULL DEFAULT true,
    alert_email text,
    alert_webhook text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT budget_config_user_fkey FOREIGN KEY (user_id) REFERENCES users (id)
        ON DELETE CASCADE
);

CREATE TABLE budget_alerts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    severity text NOT NULL CHECK (severity IN ('warning', 'critical', 'emergency')),
    percent_used numeric(5,2) NOT NULL,
    message text NOT NULL,
    user_id text REFERENCES users (id) ON DELETE CASCADE,
    status jsonb NOT NULL,
    "timestamp" timestamptz NOT NULL DEFAULT now(),
    acknowledged boolean NOT NULL DEFAULT false,
    acknowledged_at timestamptz,
    acknowledged_by text
);

CREATE TABLE model_performance_metrics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    model text NOT NULL,
    provider text NOT NULL CHECK (provider IN ('openai', 'anthropic', 'google', 'other')),
    task_type text NOT NULL CHECK (task_type IN ('general_chat', 'coding', 'analysis',
        'reasoning', 'creative', 'file_processing', 'function_calling', 'other')),
    task_complexity text CHECK (task_complexity IN ('simple', 'medium', 'complex')),
    response_time_ms int NOT NULL CHECK (response_time_ms >= 0),
    tokens_used int NOT NULL CHECK (tokens_used > 0),
    input_tokens int,
    output_tokens int,
    success boolean NOT NULL DEFAULT true,
    error_message text,
    user_rating int CHECK (user_rating BETWEEN -1 AND 1),
    conversation_id text,
    user_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    message_id uuid,
    metadata jsonb DEFAULT '{}',
    "timestamp" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    endpoint text NOT NULL,
    method text NOT NULL,
    status_code int NOT NULL,
    response_time_ms int,
    error_message text,
    user_id text,
    session_id text,
    ip_address text,
    user_agent text,
    request_body jsonb,
    response_body jsonb,
    headers jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    environment text DEFAULT 'production'
);
CREATE TABLE notifications (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type text NOT NULL CHECK (type IN ('success', 'error', 'info', 'warning')),
    title text NOT NULL,
    message text NOT NULL,
    link text,
    read boolean NOT NULL DEFAULT false,
    metadata jsonb DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE notification_preferences (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id text NOT NULL UNIQUE,
    email_enabled boolean NOT NULL DEFAULT true,
    budget_alerts boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE zapier_webhook_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_type text NOT NULL CHECK (event_type IN ('budget.alert', 'chat.saved')),
    user_id text,
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    success boolean NOT NULL,
    webhook_called boolean NOT NULL DEFAULT false,
    webhook_id text,
    error text,
    payload_preview varchar(500),
    "timestamp" timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER budget_config_touch BEFORE UPDATE ON budget_config
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE VIEW daily_cost_summary AS
SELECT user_id, date("timestamp") AS date, count(*) AS total_calls,
    sum(cost_usd) AS total_cost, avg(cost_usd) AS avg_cost_per_call,
    sum(input_tokens) AS total_input_tokens, sum(output_tokens) AS total_output_tokens
FROM api_cost_tracking GROUP BY user_id, date("timestamp");
COMMENT ON VIEW daily_cost_summary IS 'what a user spends by day';
CREATE VIEW cost_by_model AS
SELECT model, count(*) AS total_calls, sum(cost_usd) AS total_cost,
    avg(cost_usd) AS avg_cost_per_call, sum(input_tokens) AS total_input_tokens,
    sum(output_tokens) AS total_output_tokens
FROM api_cost_tracking GROUP BY model;
CREATE VIEW dear_calls WITH (security_invoker = true) AS
SELECT id, user_id, model, cost_usd, "timestamp" FROM api_cost_tracking WHERE cost_usd > 1;
COMMENT ON COLUMN dear_calls.cost_usd IS 'in dollars';
CREATE VIEW dear_days AS
SELECT d.date, d.total_cost, c.cost_usd AS dearest
FROM daily_cost_summary AS d LEFT JOIN dear_calls AS c ON date(c."timestamp") = d.date;
REVOKE ALL ON dear_days FROM anon;
GRANT SELECT ON dear_days TO authenticated WITH GRANT OPTION;

\if :uuid_users
CREATE FUNCTION get_spending_since(since_timestamp timestamptz, filter_user_id uuid DEFAULT NULL)
\else
CREATE FUNCTION get_spending_since(since_timestamp timestamptz, filter_user_id text DEFAULT NULL)
\endif
RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(cost_usd), 0) FROM api_cost_tracking
    WHERE "timestamp" >= since_timestamp
        AND (filter_user_id IS NULL OR user_id = filter_user_id)
$$;
\if :uuid_users
CREATE FUNCTION get_monthly_spending(filter_user_id uuid DEFAULT NULL)
\else
CREATE FUNCTION get_monthly_spending(filter_user_id text DEFAULT NULL)
\endif
RETURNS numeric LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
    RETURN get_spending_since(date_trunc('month', now()), filter_user_id);
END
$$;
CREATE FUNCTION calculate_potential_savings(expensive_model text, cheap_model text,
    days_back int DEFAULT 30)
RETURNS TABLE (current_cost numeric, potential_cost numeric, savings numeric,
    savings_percent numeric) LANGUAGE plpgsql AS $$
DECLARE
    input_price numeric := CASE cheap_model WHEN 'gpt-4o-mini' THEN 0.00015 ELSE 0.001 END;
    output_price numeric := CASE cheap_model WHEN 'gpt-4o-mini' THEN 0.0006 ELSE 0.002 END;
BEGIN
    RETURN QUERY SELECT s.spent, s.cheap, s.spent - s.cheap,
        round(100 * (s.spent - s.cheap) / nullif(s.spent, 0), 2)
    FROM (SELECT sum(cost_usd) AS spent,
            sum(input_tokens * input_price + output_tokens * output_price) / 1000 AS cheap
        FROM api_cost_tracking
        WHERE model = expensive_model AND "timestamp" > now() - make_interval(days => days_back)
    ) AS s;
END
$$;

ALTER TABLE api_cost_tracking ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_config ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE model_performance_metrics ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Own costs" ON api_cost_tracking FOR SELECT TO authenticated
\if :uuid_users
    USING (auth.uid() = user_id);
\else
    USING (auth.uid()::text = user_id);
\endif
CREATE POLICY "Service writes costs" ON api_cost_tracking FOR INSERT TO service_role
    WITH CHECK (cost_usd >= 0);
CREATE POLICY "Own budget" ON budget_config TO authenticated
    USING (auth.uid()::text = user_id) WITH CHECK (auth.uid()::text = user_id);
CREATE POLICY "Own performance" ON model_performance_metrics FOR SELECT
    USING (auth.uid() = user_id);

INSERT INTO api_cost_tracking (user_id, model, endpoint, input_tokens, output_tokens, cost_usd,
    cached, "timestamp", metadata, provider)
VALUES
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a01', 'gpt-4o', 'chat', 1000, 500, 0.0075, false,
        now() - interval '2 hours',
        '{"conversation_id": "c1", "project_id": "web", "duration_ms": 812}', 'openai'),
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a01', 'gpt-4o', 'chat', 10, 5, 1.5, true,
        now() - interval '3 days', '{"conversation_id": "c1"}', 'openai'),
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a02', 'claude-sonnet-4', 'messages', 300, 900, 0.0144,
        false, now() - interval '100 days', NULL, 'anthropic'),
\if :uuid_users
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a02', 'gpt-4o-mini', 'embeddings', 8, 0, 0,
        false, now() - interval '1 minute', '{}', 'openai');
\else
    (NULL, 'gpt-4o-mini', 'embeddings', 8, 0, 0, false, now() - interval '1 minute', '{}',
        'openai');
\endif
INSERT INTO budget_config (user_id, daily_limit, monthly_limit, alert_at_75) VALUES
    (NULL, 10, 100, true), (NULL, 25, 250, true),
    ('7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a01', 5, 40, false), ('u1', 3, 30, true);
INSERT INTO budget_alerts (severity, percent_used, message, user_id, status) VALUES
    ('warning', 52.5, 'half of it', 'u1', '{"spend": 1.6}'),
    ('critical', 91, 'nearly all', NULL, '{"spend": 22}');
INSERT INTO model_performance_metrics (model, provider, task_type, response_time_ms, tokens_used,
    input_tokens, output_tokens, success, user_rating, user_id)
VALUES
    ('gpt-4o', 'openai', 'coding', 812, 1500, 1000, 500, true, 1,
        '7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a01'),
    ('claude-sonnet-4', 'anthropic', 'coding', 2200, 1200, 300, 900, false, -1,
        '7d5f0f0a-4c0e-4f5e-9d3b-0a5d5c1f0a02');
INSERT INTO api_logs (endpoint, method, status_code, user_id) VALUES
    ('/api/chat', 'POST', 200, 'u1');
INSERT INTO notifications (user_id, type, title, message) VALUES
    ('u1', 'info', 'Hello', 'Welcome');
INSERT INTO notification_preferences (user_id, budget_alerts) VALUES ('u1', false);
INSERT INTO zapier_webhook_logs (event_type, user_id, priority, success) VALUES
    ('budget.alert', 'u1', 'high', true);
