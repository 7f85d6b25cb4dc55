-- Shape B: one master file on a plain PostgreSQL, no roles of a platform, no policies.
CREATE TABLE users (
    id text PRIMARY KEY,
    email text UNIQUE
);
INSERT INTO users (id, email) VALUES ('u1', 'one@example.com'), ('u2', 'two@example.com');

CREATE TABLE api_cost_tracking (
    id bigserial PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    request_id text,
    endpoint text NOT NULL,
    model text NOT NULL,
    provider text NOT NULL DEFAULT 'openai',
    input_tokens int NOT NULL DEFAULT 0,
    output_tokens int NOT NULL DEFAULT 0,
    total_tokens int NOT NULL DEFAULT 0,
    cost_usd numeric(10,6) NOT NULL DEFAULT 0,
    request_duration_ms int,
    status text NOT NULL DEFAULT 'success' CHECK (status IN ('success', 'error', 'cached')),
    error_message text,
    metadata jsonb DEFAULT '{}',
    "timestamp" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cost_by_time ON api_cost_tracking ("timestamp");
CREATE TABLE budget_config (
    id serial PRIMARY KEY,
    user_id text NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    daily_limit_usd numeric(10,2) DEFAULT 10.00,
    monthly_limit_usd numeric(10,2) DEFAULT 100.00,
    alert_threshold_pct int DEFAULT 80 CHECK (alert_threshold_pct BETWEEN 1 AND 100),
    enabled boolean DEFAULT true,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);
CREATE TABLE budget_alerts (
    id bigserial PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    alert_type text NOT NULL CHECK (alert_type IN ('daily', 'monthly')),
    threshold_pct int NOT NULL,
    amount_spent_usd numeric(10,6) NOT NULL,
    limit_usd numeric(10,2) NOT NULL,
    email_sent boolean DEFAULT false,
    created_at timestamptz DEFAULT now()
);
CREATE TABLE cost_models (
    id serial PRIMARY KEY,
    provider text NOT NULL,
    model_name text NOT NULL,
    cost_per_1k_input_tokens numeric(10,6) NOT NULL DEFAULT 0,
    cost_per_1k_output_tokens numeric(10,6) NOT NULL DEFAULT 0,
    cost_per_1k_image_tokens numeric(10,6) DEFAULT 0,
    active boolean DEFAULT true,
    UNIQUE (provider, model_name)
);
CREATE TABLE model_performance_metrics (
    id bigserial PRIMARY KEY,
    user_id text REFERENCES users (id),
    model_name text NOT NULL,
    provider text NOT NULL DEFAULT 'openai',
    task_type text,
    response_time_ms int,
    input_tokens int DEFAULT 0,
    output_tokens int DEFAULT 0,
    total_tokens int DEFAULT 0,
    cost_usd numeric(10,6),
    quality_rating int CHECK (quality_rating BETWEEN 1 AND 5),
    error_occurred boolean DEFAULT false,
    error_type text,
    metadata jsonb DEFAULT '{}',
    created_at timestamptz DEFAULT now()
);
CREATE TABLE api_logs (
    id bigserial PRIMARY KEY,
    endpoint text NOT NULL,
    method text NOT NULL,
    status_code int,
    response_time_ms int,
    user_id text,
    created_at timestamptz DEFAULT now()
);
CREATE TABLE notifications (
    id bigserial PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    type text DEFAULT 'info' CHECK (type IN ('success', 'error', 'info', 'warning')),
    title text NOT NULL,
    message text,
    read boolean DEFAULT false,
    created_at timestamptz DEFAULT now()
);
CREATE TABLE zapier_webhook_logs (
    id bigserial PRIMARY KEY,
    event_type text NOT NULL,
    user_id text,
    priority text DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    success boolean DEFAULT false,
    webhook_called boolean DEFAULT false,
    webhook_id text,
    error text,
    payload_preview text,
    "timestamp" timestamptz DEFAULT now()
);
CREATE TABLE migration_history (
    id serial PRIMARY KEY,
    migration_name text NOT NULL UNIQUE,
    applied_at timestamptz DEFAULT now(),
    success boolean DEFAULT true,
    error_message text,
    execution_time_ms int
);

CREATE VIEW daily_cost_by_provider AS
SELECT date("timestamp") AS date, provider, count(*) AS total_calls,
    sum(cost_usd) AS total_cost, avg(cost_usd) AS avg_cost_per_call,
    sum(total_tokens) AS total_tokens
FROM api_cost_tracking GROUP BY 1, 2;

INSERT INTO api_cost_tracking (user_id, endpoint, model, provider, input_tokens, output_tokens,
    total_tokens, cost_usd, status, metadata, "timestamp")
VALUES
    ('u1', '/v1/chat/completions', 'gpt-4o', 'openai', 1000, 500, 1500, 0.0075, 'success',
        '{"conversation_id": "c1"}', now() - interval '2 hours'),
    ('u1', '/v1/chat/completions', 'gpt-4o', 'openai', 10, 5, 15, 0, 'cached', NULL,
        now() - interval '1 day'),
    ('u2', '/v1/messages', 'claude-sonnet-4', 'anthropic', 300, 900, 1200, 0.0144, 'error',
        '{}', now() - interval '95 days');
INSERT INTO budget_config (user_id, daily_limit_usd, monthly_limit_usd, enabled) VALUES
    ('u1', 5, 50, true), ('u2', 1, 10, false);
INSERT INTO budget_alerts (user_id, alert_type, threshold_pct, amount_spent_usd, limit_usd) VALUES
    ('u1', 'daily', 80, 4.2, 5);
INSERT INTO cost_models (provider, model_name, cost_per_1k_input_tokens,
    cost_per_1k_output_tokens)
VALUES ('openai', 'gpt-4o', 0.0025, 0.01), ('openai', 'gpt-4o-mini', 0.00015, 0.0006);
INSERT INTO model_performance_metrics (user_id, model_name, provider, task_type,
    response_time_ms, input_tokens, output_tokens, total_tokens, cost_usd, quality_rating,
    error_occurred)
VALUES ('u1', 'gpt-4o', 'openai', 'coding', 812, 1000, 500, 1500, 0.0075, 5, false),
    ('u2', 'claude-sonnet-4', 'anthropic', 'coding', 2200, 300, 900, 1200, 0.0144, 2, true);
INSERT INTO api_logs (endpoint, method, status_code) VALUES ('/api/chat', 'POST', 200);
INSERT INTO notifications (user_id, title, message) VALUES ('u1', 'Hello', 'Welcome');
INSERT INTO zapier_webhook_logs (event_type, user_id) VALUES ('budget.alert', 'u1');
INSERT INTO migration_history (migration_name, execution_time_ms) VALUES
    ('001_master_schema', 412);
