/// The tables of budgets, their spend, their alerts and the changes of both.
enum BudgetSchema {
    static let steps = [
        LedgerSchema.Step(name: "0006_scopes", sql: attributes + budgets + spend),
        LedgerSchema.Step(name: "0007_alerts", sql: alerts + deliveries),
        LedgerSchema.Step(name: "0008_audit", sql: audit),
        LedgerSchema.Step(name: "0009_shared_store", sql: sharedStore),
        LedgerSchema.Step(name: "0010_upkeep", sql: upkeep),
        RollupSchema.step,
        LedgerSchema.Step(name: "0012_imports", sql: imports), RollupSchema.stepAnew,
    ]

    /// What was imported, by the names that its sources call it by. Rows of others have no call id.
    private static let imports = """
        CREATE TABLE imported_calls (
            source TEXT NOT NULL,
            import_key TEXT NOT NULL,
            PRIMARY KEY (source, import_key)
        ) STRICT, WITHOUT ROWID;
        """

    private static let upkeep = """
        CREATE TABLE retention_runs (
            id INTEGER PRIMARY KEY,
            started_at TEXT NOT NULL,
            finished_at TEXT NOT NULL,
            table_name TEXT NOT NULL,
            cutoff TEXT NOT NULL,
            rows_deleted INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE backups (
            id INTEGER PRIMARY KEY,
            created_at TEXT NOT NULL,
            path TEXT NOT NULL,
            bytes INTEGER,
            sha256 TEXT
        ) STRICT;
        """

    /// What is to be told to the store that several processes share, in order.
    private static let sharedStore = """
        ALTER TABLE budget_config ADD COLUMN on_store_outage TEXT;
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('row', 'correction', 'alert', 'trip')),
            row_id INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE shared_store (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            replica_id TEXT NOT NULL,
            told_row INTEGER NOT NULL DEFAULT 0,
            began_at TEXT NOT NULL
        ) STRICT;
        """

    private static let attributes = """
        ALTER TABLE api_cost_tracking ADD COLUMN model_priced TEXT;
        ALTER TABLE api_cost_tracking ADD COLUMN uncounted TEXT;
        ALTER TABLE ledger_holds ADD COLUMN model_requested TEXT;
        ALTER TABLE ledger_holds ADD COLUMN model_priced TEXT;
        ALTER TABLE ledger_holds ADD COLUMN uncounted TEXT;
        CREATE INDEX api_cost_tracking_user ON api_cost_tracking (user_id, timestamp);

        ALTER TABLE gateway_keys ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE gateway_keys ADD COLUMN trusted TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE gateway_keys ADD COLUMN required TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE gateway_keys ADD COLUMN block_status INTEGER NOT NULL DEFAULT 402;

        """

    private static let budgets = """
        ALTER TABLE budget_config RENAME TO budget_config_0002;
        DROP INDEX budget_config_user;
        CREATE TABLE budget_config (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            scope TEXT NOT NULL,
            name TEXT NOT NULL DEFAULT '',
            user_id TEXT,
            hourly_limit_picodollars INTEGER CHECK (hourly_limit_picodollars >= 0),
            daily_limit_picodollars INTEGER CHECK (daily_limit_picodollars >= 0),
            weekly_limit_picodollars INTEGER CHECK (weekly_limit_picodollars >= 0),
            monthly_limit_picodollars INTEGER CHECK (monthly_limit_picodollars >= 0),
            total_limit_picodollars INTEGER CHECK (total_limit_picodollars >= 0),
            per_call_limit_picodollars INTEGER CHECK (per_call_limit_picodollars >= 0),
            hourly_limit TEXT GENERATED ALWAYS AS (printf('%d.%012d',
                hourly_limit_picodollars / 1000000000000,
                hourly_limit_picodollars % 1000000000000)) VIRTUAL,
            daily_limit TEXT GENERATED ALWAYS AS (printf('%d.%012d',
                daily_limit_picodollars / 1000000000000,
                daily_limit_picodollars % 1000000000000)) VIRTUAL,
            monthly_limit TEXT GENERATED ALWAYS AS (printf('%d.%012d',
                monthly_limit_picodollars / 1000000000000,
                monthly_limit_picodollars % 1000000000000)) VIRTUAL,
            rolling_limits TEXT NOT NULL DEFAULT '[]',
            rates TEXT NOT NULL DEFAULT '[]',
            mode TEXT NOT NULL DEFAULT 'alert' CHECK (mode IN ('enforce', 'alert', 'shadow')),
            hard_stop_enabled INTEGER GENERATED ALWAYS AS (mode = 'enforce') VIRTUAL,
            near_limit TEXT NOT NULL DEFAULT 'strict'
                CHECK (near_limit IN ('strict', 'clamp', 'learned')),
            time_zone TEXT NOT NULL DEFAULT 'UTC',
            week_start TEXT NOT NULL DEFAULT 'monday',
            thresholds TEXT NOT NULL DEFAULT '[50,75,90,100]',
            alert_at_50 INTEGER GENERATED ALWAYS AS (instr(thresholds, '50') > 0) VIRTUAL,
            alert_at_75 INTEGER GENERATED ALWAYS AS (instr(thresholds, '75') > 0) VIRTUAL,
            alert_at_90 INTEGER GENERATED ALWAYS AS (instr(thresholds, '90') > 0) VIRTUAL,
            raises TEXT NOT NULL DEFAULT '[]',
            breaker TEXT,
            alert_email TEXT,
            alert_webhook TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            UNIQUE (scope, name)
        ) STRICT;
        INSERT INTO budget_config (scope, user_id, hourly_limit_picodollars,
                daily_limit_picodollars, monthly_limit_picodollars, mode, thresholds, created_at,
                updated_at)
            SELECT CASE WHEN user_id IS NULL THEN 'system' ELSE 'user:' || user_id END, user_id,
                hourly_limit_picodollars, daily_limit_picodollars, monthly_limit_picodollars,
                CASE WHEN hard_stop_enabled THEN 'enforce' ELSE 'alert' END,
                '[' || CASE WHEN alert_at_50 THEN '50,' ELSE '' END
                    || CASE WHEN alert_at_75 THEN '75,' ELSE '' END
                    || CASE WHEN alert_at_90 THEN '90,' ELSE '' END || '100]',
                created_at, updated_at
            FROM budget_config_0002;
        DROP TABLE budget_config_0002;

        """

    /// Settled spend is kept in whole dollars and a rest below one, as a total can pass what one
    /// INTEGER of picodollars holds.
    private static let spend = """
        CREATE TABLE budget_spend (
            budget_id INTEGER NOT NULL,
            signature TEXT NOT NULL,
            scope TEXT NOT NULL,
            window_start INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            settled_dollars INTEGER NOT NULL,
            settled_rest INTEGER NOT NULL,
            PRIMARY KEY (budget_id, signature, scope, window_start)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX budget_spend_expiry ON budget_spend (expires_at);
        CREATE TABLE budget_coverage (
            budget_id INTEGER NOT NULL,
            signature TEXT NOT NULL,
            PRIMARY KEY (budget_id, signature)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE ledger_state (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            last_foreign_row INTEGER NOT NULL,
            tidied_until INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        INSERT INTO ledger_state SELECT 1, ifnull(max(id), 0), 0 FROM api_cost_tracking;

        CREATE TABLE breaker_trips (
            id INTEGER PRIMARY KEY,
            budget_id INTEGER NOT NULL,
            budget_name TEXT NOT NULL,
            scope TEXT NOT NULL,
            action TEXT NOT NULL,
            tripped_at TEXT NOT NULL,
            stops_until TEXT NOT NULL,
            burn_picodollars INTEGER NOT NULL,
            allowed_picodollars INTEGER NOT NULL,
            usual_picodollars INTEGER,
            reason TEXT NOT NULL,
            reset_at TEXT,
            reset_by TEXT
        ) STRICT;
        CREATE INDEX breaker_trips_until ON breaker_trips (stops_until);

        CREATE TABLE change_marks (
            subject TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO change_marks VALUES ('budgets', 0), ('keys', 0), ('breakers', 0);
        CREATE TRIGGER budget_config_inserted AFTER INSERT ON budget_config BEGIN
            UPDATE change_marks SET version = version + 1 WHERE subject = 'budgets'; END;
        CREATE TRIGGER budget_config_updated AFTER UPDATE ON budget_config BEGIN
            UPDATE change_marks SET version = version + 1 WHERE subject = 'budgets'; END;
        CREATE TRIGGER budget_config_deleted AFTER DELETE ON budget_config BEGIN
            UPDATE change_marks SET version = version + 1 WHERE subject = 'budgets'; END;
        CREATE TRIGGER gateway_keys_inserted AFTER INSERT ON gateway_keys BEGIN
            UPDATE change_marks SET version = version + 1 WHERE subject = 'keys'; END;
        CREATE TRIGGER gateway_keys_updated AFTER UPDATE ON gateway_keys BEGIN
            UPDATE change_marks SET version = version + 1 WHERE subject = 'keys'; END;
        CREATE TRIGGER gateway_keys_deleted AFTER DELETE ON gateway_keys BEGIN
            UPDATE change_marks SET version = version + 1 WHERE subject = 'keys'; END;
        CREATE TRIGGER breaker_trips_reset AFTER UPDATE OF reset_at ON breaker_trips BEGIN
            UPDATE change_marks SET version = version + 1 WHERE subject = 'breakers'; END;
        """

    private static let alerts = """
        ALTER TABLE budget_alerts RENAME TO budget_alerts_0002;
        CREATE TABLE budget_alerts (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL DEFAULT 'threshold'
                CHECK (kind IN ('threshold', 'refusing', 'loop_breaker', 'test')),
            scope TEXT NOT NULL,
            budget_name TEXT NOT NULL DEFAULT '',
            budget_id INTEGER,
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
            dispatched_at TEXT,
            acknowledged INTEGER NOT NULL DEFAULT 0,
            acknowledged_at TEXT,
            acknowledged_by TEXT,
            UNIQUE (scope, budget_name, kind, alert_type, window_start, threshold_pct)
        ) STRICT;
        INSERT INTO budget_alerts (id, scope, user_id, alert_type, window_start, threshold_pct,
                severity, percent_used, message, status, amount_spent_picodollars,
                limit_picodollars, timestamp, dispatched_at, acknowledged, acknowledged_at,
                acknowledged_by)
            SELECT id, scope, user_id, alert_type, window_start, threshold_pct, severity,
                percent_used, message, status, amount_spent_picodollars, limit_picodollars,
                timestamp, timestamp, acknowledged, acknowledged_at, acknowledged_by
            FROM budget_alerts_0002;
        DROP TABLE budget_alerts_0002;
        CREATE INDEX budget_alerts_new ON budget_alerts (id) WHERE dispatched_at IS NULL;

        """

    private static let deliveries = """
        CREATE TABLE alert_deliveries (
            id INTEGER PRIMARY KEY,
            alert_id INTEGER NOT NULL,
            channel TEXT NOT NULL,
            message_id TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt_at TEXT NOT NULL,
            finished_at TEXT,
            last_error TEXT,
            UNIQUE (alert_id, channel)
        ) STRICT;
        CREATE INDEX alert_deliveries_waiting ON alert_deliveries (next_attempt_at)
            WHERE state = 'waiting';
        CREATE TABLE alert_delivery_attempts (
            id INTEGER PRIMARY KEY,
            delivery_id INTEGER NOT NULL,
            attempted_at TEXT NOT NULL,
            duration_ms INTEGER NOT NULL,
            success INTEGER NOT NULL,
            status_code INTEGER,
            error_message TEXT
        ) STRICT;

        CREATE TABLE notifications (
            id INTEGER PRIMARY KEY,
            user_id TEXT NOT NULL,
            type TEXT NOT NULL CHECK (type IN ('success', 'error', 'info', 'warning')),
            title TEXT NOT NULL,
            message TEXT NOT NULL,
            link TEXT,
            read INTEGER NOT NULL DEFAULT 0,
            metadata TEXT NOT NULL DEFAULT '{}',
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX notifications_user ON notifications (user_id, created_at);
        CREATE TABLE notification_preferences (
            user_id TEXT NOT NULL PRIMARY KEY,
            budget_alerts INTEGER NOT NULL DEFAULT 1,
            updated_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE zapier_webhook_logs (
            id INTEGER PRIMARY KEY,
            event_type TEXT NOT NULL,
            user_id TEXT,
            priority TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
            success INTEGER NOT NULL,
            webhook_called INTEGER NOT NULL,
            webhook_id TEXT,
            error TEXT,
            payload_preview TEXT,
            timestamp TEXT NOT NULL
        ) STRICT;
        """

    private static let audit = """
        CREATE TABLE audit_log (
            id INTEGER PRIMARY KEY,
            timestamp TEXT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            before TEXT,
            after TEXT
        ) STRICT;
        CREATE INDEX audit_log_timestamp ON audit_log (timestamp);
        """
}
