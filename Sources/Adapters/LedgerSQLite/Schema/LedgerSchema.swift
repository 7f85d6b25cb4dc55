/// The tables of the embedded store. Names and meaning are those of the shared store; money is
/// INTEGER picodollars, beside which generated columns show decimal USD to people and tools.
enum LedgerSchema {
    /// "SFLG" in ASCII; tells our files from others. See the pragma application_id.
    static let applicationID: Int64 = 0x5346_4C47

    struct Step {
        let name: String
        let sql: String
    }

    static let steps =
        [
            Step(name: "0001_ledger", sql: ledger),
            Step(name: "0002_budgets", sql: budgets),
            Step(name: "0003_prices_and_keys", sql: pricesAndKeys),
            Step(name: "0004_deferred_bills", sql: deferredBills),
            Step(name: "0005_negative_costs", sql: negativeCosts),
        ] + BudgetSchema.steps

    /// An adjustment can be negative, whose sign stands before all digits.
    private static let negativeCosts = """
        ALTER TABLE api_cost_tracking DROP COLUMN cost_usd;
        ALTER TABLE api_cost_tracking ADD COLUMN cost_usd TEXT GENERATED ALWAYS AS (
            CASE WHEN cost_picodollars < 0 THEN '-' ELSE '' END
            || printf('%d.%012d', abs(cost_picodollars) / 1000000000000,
                abs(cost_picodollars) % 1000000000000)) VIRTUAL;
        """

    private static let deferredBills = """
        CREATE TABLE deferred_bills (
            deferred_key TEXT NOT NULL PRIMARY KEY,
            call_id TEXT NOT NULL,
            attempt INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE price_changes (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            changed_at TEXT NOT NULL
        ) STRICT;
        """

    static let history = """
        CREATE TABLE IF NOT EXISTS migration_history (
            id INTEGER PRIMARY KEY,
            migration_name TEXT NOT NULL UNIQUE,
            applied_at TEXT NOT NULL,
            success INTEGER NOT NULL,
            error_message TEXT,
            execution_time_ms INTEGER
        ) STRICT;
        """

    private static let ledger = """
        CREATE TABLE ledger_holds (
            call_id TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            admitted_at TEXT NOT NULL,
            user_id TEXT NOT NULL,
            project_id TEXT,
            key_id TEXT,
            session_id TEXT,
            conversation_id TEXT,
            tags TEXT,
            provider TEXT NOT NULL,
            upstream TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            model TEXT,
            price_version TEXT,
            held_picodollars INTEGER NOT NULL,
            streamed INTEGER NOT NULL,
            task_type TEXT NOT NULL,
            PRIMARY KEY (call_id, attempt)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE api_cost_tracking (
            id INTEGER PRIMARY KEY,
            call_id TEXT,
            attempt INTEGER NOT NULL DEFAULT 1,
            timestamp TEXT NOT NULL,
            user_id TEXT NOT NULL,
            project_id TEXT,
            key_id TEXT,
            session_id TEXT,
            conversation_id TEXT,
            tags TEXT,
            provider TEXT NOT NULL DEFAULT 'openai',
            upstream TEXT,
            endpoint TEXT,
            model TEXT,
            model_requested TEXT,
            input_tokens INTEGER NOT NULL DEFAULT 0,
            output_tokens INTEGER NOT NULL DEFAULT 0,
            total_tokens INTEGER NOT NULL DEFAULT 0,
            cache_read_tokens INTEGER NOT NULL DEFAULT 0,
            cache_write_tokens INTEGER NOT NULL DEFAULT 0,
            reasoning_tokens INTEGER NOT NULL DEFAULT 0,
            usage TEXT NOT NULL DEFAULT '{}',
            usage_status TEXT NOT NULL DEFAULT 'exact',
            service_tier TEXT,
            inference_geo TEXT,
            cost_picodollars INTEGER NOT NULL DEFAULT 0,
            cost_usd TEXT GENERATED ALWAYS AS (printf('%d.%012d',
                cost_picodollars / 1000000000000, cost_picodollars % 1000000000000)) VIRTUAL,
            cost_reported_picodollars INTEGER,
            price_version TEXT,
            held_picodollars INTEGER NOT NULL DEFAULT 0,
            status TEXT NOT NULL DEFAULT 'success'
                CHECK (status IN ('success', 'error', 'blocked', 'cached')),
            status_code INTEGER,
            error_message TEXT,
            request_duration_ms INTEGER,
            time_to_first_token_ms INTEGER,
            streamed INTEGER NOT NULL DEFAULT 0,
            task_type TEXT,
            cached INTEGER GENERATED ALWAYS AS (status = 'cached') VIRTUAL,
            metadata TEXT NOT NULL DEFAULT '{}'
        ) STRICT;
        CREATE UNIQUE INDEX api_cost_tracking_attempt
            ON api_cost_tracking (call_id, attempt) WHERE call_id IS NOT NULL;
        CREATE INDEX api_cost_tracking_timestamp ON api_cost_tracking (timestamp);

        CREATE TABLE model_performance_metrics (
            id INTEGER PRIMARY KEY,
            call_id TEXT,
            attempt INTEGER NOT NULL DEFAULT 1,
            timestamp TEXT NOT NULL,
            created_at TEXT GENERATED ALWAYS AS (timestamp) VIRTUAL,
            user_id TEXT NOT NULL,
            model TEXT,
            model_name TEXT GENERATED ALWAYS AS (model) VIRTUAL,
            provider TEXT NOT NULL,
            task_type TEXT NOT NULL,
            response_time_ms INTEGER NOT NULL,
            time_to_first_token_ms INTEGER,
            input_tokens INTEGER NOT NULL DEFAULT 0,
            output_tokens INTEGER NOT NULL DEFAULT 0,
            total_tokens INTEGER GENERATED ALWAYS AS (input_tokens + output_tokens) VIRTUAL,
            tokens_used INTEGER GENERATED ALWAYS AS (input_tokens + output_tokens) VIRTUAL,
            success INTEGER NOT NULL,
            error_occurred INTEGER GENERATED ALWAYS AS (1 - success) VIRTUAL,
            error_type TEXT,
            error_message TEXT,
            user_rating INTEGER,
            conversation_id TEXT
        ) STRICT;
        """

    private static let budgets = """
        CREATE TABLE budget_config (
            id INTEGER PRIMARY KEY,
            user_id TEXT,
            monthly_limit_picodollars INTEGER CHECK (monthly_limit_picodollars >= 0),
            daily_limit_picodollars INTEGER CHECK (daily_limit_picodollars >= 0),
            hourly_limit_picodollars INTEGER CHECK (hourly_limit_picodollars >= 0),
            monthly_limit TEXT GENERATED ALWAYS AS (printf('%d.%012d',
                monthly_limit_picodollars / 1000000000000,
                monthly_limit_picodollars % 1000000000000)) VIRTUAL,
            daily_limit TEXT GENERATED ALWAYS AS (printf('%d.%012d',
                daily_limit_picodollars / 1000000000000,
                daily_limit_picodollars % 1000000000000)) VIRTUAL,
            hourly_limit TEXT GENERATED ALWAYS AS (printf('%d.%012d',
                hourly_limit_picodollars / 1000000000000,
                hourly_limit_picodollars % 1000000000000)) VIRTUAL,
            hard_stop_enabled INTEGER NOT NULL DEFAULT 0,
            alert_at_50 INTEGER NOT NULL DEFAULT 1,
            alert_at_75 INTEGER NOT NULL DEFAULT 1,
            alert_at_90 INTEGER NOT NULL DEFAULT 1,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX budget_config_user ON budget_config (ifnull(user_id, ''));

        CREATE TABLE budget_alerts (
            id INTEGER PRIMARY KEY,
            scope TEXT NOT NULL,
            user_id TEXT,
            alert_type TEXT NOT NULL,
            window_start TEXT NOT NULL,
            threshold_pct INTEGER NOT NULL,
            severity TEXT NOT NULL CHECK (severity IN ('warning', 'critical', 'emergency')),
            percent_used TEXT NOT NULL,
            message TEXT NOT NULL,
            status TEXT NOT NULL,
            amount_spent_picodollars INTEGER NOT NULL,
            limit_picodollars INTEGER NOT NULL,
            timestamp TEXT NOT NULL,
            created_at TEXT GENERATED ALWAYS AS (timestamp) VIRTUAL,
            acknowledged INTEGER NOT NULL DEFAULT 0,
            acknowledged_at TEXT,
            acknowledged_by TEXT,
            UNIQUE (scope, alert_type, window_start, threshold_pct)
        ) STRICT;
        """

    private static let pricesAndKeys = """
        CREATE TABLE cost_models (
            id INTEGER PRIMARY KEY,
            provider TEXT NOT NULL,
            model_name TEXT NOT NULL,
            effective_from TEXT,
            price_version TEXT NOT NULL UNIQUE,
            cost_per_1k_input_tokens TEXT,
            cost_per_1k_output_tokens TEXT,
            cost_per_1k_image_tokens TEXT,
            prices TEXT NOT NULL,
            active INTEGER NOT NULL DEFAULT 1,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX cost_models_model ON cost_models (provider, model_name);

        CREATE TABLE gateway_keys (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            digest BLOB NOT NULL UNIQUE,
            user_id TEXT NOT NULL,
            project_id TEXT,
            created_at TEXT NOT NULL,
            revoked_at TEXT
        ) STRICT;
        """
}
