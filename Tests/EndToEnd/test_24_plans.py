"""What PostgreSQL does with each report, view and function, once there are rows enough to matter."""

import re

from gateway import Gateway
from private_postgres import PrivatePostgres

# Those that grow with the calls; of models and days there are never many.
LARGE = ("api_cost_tracking", "cost_rollups", "payer_rollups", "session_rollups",
         "model_performance_metrics")
DIMENSIONS = ("model", "user", "provider", "day", "hour", "endpoint", "key", "project", "session",
              "conversation", "upstream", "task_type", "week", "month")
TIMES = ("hour", "week", "month")


def filled(server, name, rows):
    server.query(name, f"""
        CREATE TEMP TABLE made AS
        SELECT gen_random_uuid() AS call_id, now() - interval '60 days' * (i::numeric / {rows}) AS at,
            'u' || i % 300 AS user_id, 'p' || i % 7 AS project, 'k' || i % 9 AS key,
            's' || i / 10 AS session, 'm' || i % 5 AS model, 0.000001 * (i % 900) AS cost
        FROM generate_series(1, {rows}) AS i;
        INSERT INTO api_cost_tracking (call_id, "timestamp", user_id, payer_id, project_id, key_id,
            session_id, conversation_id, provider, upstream, endpoint, model, task_type, status,
            input_tokens, output_tokens, total_tokens, cost_usd, usage_status)
        SELECT call_id, at, user_id, user_id, project, key, session, session, 'openai', 'openai',
            'chat_completions', model, 'coding', 'success', 10, 5, 15, cost, 'exact' FROM made;
        INSERT INTO model_performance_metrics (call_id, "timestamp", user_id, payer_id, model,
            model_name, provider, task_type, response_time_ms, tokens_used, total_tokens, success,
            error_occurred, user_rating)
        SELECT call_id, at, user_id, user_id, model, model, 'openai', 'coding', 300, 15, 15, true,
            false, 1
        FROM made""")
    server.query(name, "VACUUM ANALYZE")


def test_every_report_view_and_function_goes_through_an_index(tmp_path, stub):
    server = PrivatePostgres()
    try:
        name = server.database()
        gateway = Gateway(tmp_path, stub, database=server.url(name))
        gateway.run("migrate", "up")
        filled(server, name, 60_000)
        for setting in ("session_preload_libraries = auto_explain", "jit = off",
                        "auto_explain.log_min_duration = 0", "log_statement = 'all'",
                        "auto_explain.log_nested_statements = on"):
            server.query(name, f"ALTER DATABASE {name} SET {setting}")
        before = len((server.folder / "log").read_text())
        for first in DIMENSIONS:
            for second in (None, "model", "day", "user"):
                if second != first and not (second == "day" and first in TIMES):
                    by = first if second is None else f"{first},{second}"
                    gateway.run("report", "--by", by, "--since", "3d")
        gateway.run("report", "--by", "model", "--user", "u7", "--since", "30d")
        gateway.run("calls", "--limit", "5")
        for view in ("hourly_cost_trend", "daily_cost_summary WHERE user_id = 'u1'",
                     "get_monthly_spending()", "get_daily_spending('u1')",
                     "get_top_expensive_calls(10, 3)", "get_spending_since(now() - interval '2 h')",
                     "get_model_performance_summary(3)"):
            server.query(name, f"SELECT * FROM {view}")
        text = (server.folder / "log").read_text()[before:]
        assert text.count("plan:") > 60
        scans = re.findall(r"Seq Scan on (\w+)", text)
        assert not [table for table in scans if table in LARGE], scans
    finally:
        server.remove()
