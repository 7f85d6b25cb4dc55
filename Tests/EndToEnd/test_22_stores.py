"""The shared store as people have it: an app's own tables, a pooler, a role without rights, a first
contact, and input that no database takes."""

import asyncio
import json
import pathlib
import threading
import time

import pytest

from gateway import Gateway, picodollars
from private_pooler import PrivatePooler
from private_postgres import wait_until
from raw_http import call, chat, exchange, post

PATH = "/stub/v1/chat/completions"
SHAPES = pathlib.Path(__file__).parent / "postgres"
USER = "7d5f0a02-0000-4000-8000-000000000001"


def keyed(stub):
    """An upstream with a key of its own, as gateway keys need it."""
    return f"  stub: {{ dialect: [openai], provider: stub, url: {stub.url}, key: sk-own }}"


def snapshot(postgres, name):
    """Everything of the app's own: rows, views, functions, policies, by text."""
    tables = [row[0] for row in postgres.query(
        name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
    columns = {row[0]: row[1] for row in postgres.query(name, """
        SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY column_name)
        FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1""")}
    state = {"columns": columns}
    for table in tables:
        state[table] = sorted(map(tuple, postgres.query(
            name, f"SELECT {columns[table]} FROM {table}")))
    state["views"] = postgres.query(name, """SELECT viewname, definition FROM pg_views
        WHERE schemaname = 'public' ORDER BY 1""")
    state["functions"] = postgres.query(name, """SELECT proname, prosrc FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2""")
    state["policies"] = postgres.query(name, """SELECT tablename, policyname, qual, with_check
        FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2""")
    return state


@pytest.mark.parametrize("shape, variables", [
    ("shape_a", {"uuid_users": "off"}), ("shape_a", {"uuid_users": "on"}), ("shape_b", {})])
def test_an_apps_database_is_adopted_used_left_and_adopted_again(
        tmp_path, stub, postgres, shape, variables):
    name = postgres.database()
    postgres.run_file(name, SHAPES / f"{shape}.sql", **variables)
    before = snapshot(postgres, name)
    gateway = Gateway(tmp_path, stub, database=postgres.url(name))
    # Nothing is changed unasked, and a plan changes nothing.
    with pytest.raises(AssertionError, match="migrate plan"):
        gateway.start()
    plan = gateway.run("migrate", "plan").stdout
    assert "ALTER TABLE" in plan and "numeric(24,12)" in plan
    assert snapshot(postgres, name) == before
    gateway.run("migrate", "up")
    assert "nothing to apply" in gateway.run("migrate", "up").stdout
    done = json.loads(gateway.run("migrate", "verify", "--format", "json").stdout)
    assert done["success_rate"] == "100.0 %" and int(done["checks"]) >= 45, done
    gateway.start()
    gateway.limit("user:fresh", "--daily", "0.005", "--hard-stop")
    header = {"x-spendfuse-user": "fresh"}
    assert [call(gateway, 10, headers=header).status for _ in range(6)] == [200] * 5 + [402]
    assert call(gateway, 10, headers={"x-spendfuse-user": USER}).status == 200
    wait_until(lambda: len(gateway.calls()) >= 7, 5, "rows are not told")
    rows = [row for row in gateway.calls() if row["user_id"] == "fresh"]
    assert [row["status"] for row in rows].count("success") == 5
    # The app's own statements, on its tables as they are now.
    postgres.run_file(name, SHAPES / "app_queries.sql")
    spent = postgres.query(name, """SELECT sum(cost_usd) FROM spend_rows
        WHERE user_id = 'fresh' AND call_id IS NOT NULL""")
    assert spent == [["0.005000000000"]]
    gateway.stop()
    gateway.run("migrate", "down", "--all")
    left = snapshot(postgres, name)
    for table in before:
        if table in ("columns", "views", "functions", "policies"):
            continue
        columns = before["columns"][table]
        kept = set(map(tuple, postgres.query(name, f"SELECT {columns} FROM {table}")))
        # Money that was widened reads with more decimals; the app's rows are all there.
        assert len(kept) >= len(before[table]), table
    assert left["policies"] == before["policies"]
    assert left["functions"] == before["functions"]
    assert [view[0] for view in left["views"]] == [view[0] for view in before["views"]]
    gateway.run("migrate", "up")
    done = json.loads(gateway.run("migrate", "verify", "--format", "json").stdout)
    assert done["success_rate"] == "100.0 %", done


def test_two_migrations_at_once_apply_each_step_once(tmp_path, stub, postgres):
    name = postgres.database()
    gateways = [Gateway(tmp_path / str(number), stub, database=postgres.url(name))
                for number in range(4)]
    outputs = []
    threads = [threading.Thread(
        target=lambda gateway=gateway: outputs.append(gateway.run("migrate", "up").stdout))
        for gateway in gateways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    applied = [line for output in outputs for line in output.splitlines() if "applied" in line]
    assert len(applied) == len(set(applied)) >= 7, outputs
    history = postgres.query(name, "SELECT count(*) FROM migration_history WHERE success")
    assert history == [[str(len(applied))]]


def test_a_printed_script_makes_the_same_database(tmp_path, stub, postgres):
    name = postgres.database()
    gateway = Gateway(tmp_path, stub, database=postgres.url(name))
    script = tmp_path / "spendfuse.sql"
    script.write_text(gateway.run("migrate", "up", "--print-sql").stdout)
    postgres.run_file(name, script)
    assert "nothing to apply" in gateway.run("migrate", "up").stdout
    assert "100.0 %" in gateway.run("migrate", "verify").stdout
    gateway.run("migrate", "down", "--to", "spendfuse_0002_ledger")
    assert "missing" in gateway.run("migrate", "status").stdout


def test_a_role_without_ddl_serves_through_a_pooler(tmp_path, stub, postgres):
    name = postgres.database()
    Gateway(tmp_path / "owner", stub, database=postgres.url(name)).run("migrate", "up")
    postgres.query(name, "ALTER ROLE spendfuse_service LOGIN")
    pooler = PrivatePooler(postgres)
    gateway = Gateway(tmp_path, stub, database=pooler.url(name, "spendfuse_service")).start()
    gateway.limit("system", "--daily", "0.05", "--hard-stop")
    key = gateway.run("key", "create", "web", "--user", "u1").stdout.strip()
    assert key.startswith("sf_")
    replies = [call(gateway, 10).status for _ in range(52)]
    assert replies == [200] * 50 + [402] * 2
    wait_until(lambda: len(gateway.calls()) == 52, 5, "rows are not told")
    assert gateway.status()["rows"][0]["spent_usd"] == "0.050000000000"
    assert gateway.run("migrate", "up").returncode == 0
    failed = postgres.query(
        name, "SET ROLE spendfuse_service; CREATE TABLE mine (id int)", check=False)
    assert failed == []
    assert postgres.query(name, "SELECT to_regclass('mine') IS NULL") == [["t"]]
    gateway.stop()
    pooler.remove()


def test_a_first_contact_takes_limits_keys_and_rows_along(tmp_path, stub, postgres):
    own = Gateway.new_database
    Gateway.new_database = None
    gateway = Gateway(tmp_path, stub, upstreams=keyed(stub)).start()
    Gateway.new_database = own
    key = gateway.run("key", "create", "web", "--user", "u1").stdout.strip()
    gateway.limit("system", "--daily", "0.003", "--hard-stop")
    header = {"authorization": f"Bearer {key}"}
    assert [call(gateway, 10, headers=header).status for _ in range(2)] == [200] * 2
    gateway.stop()
    shared = Gateway(tmp_path, stub, upstreams=keyed(stub),
                     database=postgres.url(postgres.database())).start()
    wait_until(lambda: len(shared.calls()) == 2, 5, "rows of before are not told")
    wait_until(lambda: shared.status()["rows"][0]["spent_usd"] == "0.002000000000", 10,
               "spend of before is not counted")
    assert [call(shared, 10, headers=header).status for _ in range(2)] == [200, 402]
    assert shared.status()["rows"][0]["limit_usd"] == "0.003000000000"
    shared.stop()


def test_what_no_database_takes_stops_nobody(tmp_path, stub, postgres):
    database = postgres.url(postgres.database())
    gateway = Gateway(tmp_path, stub, upstreams=keyed(stub), database=database).start()
    key = gateway.run("key", "create", "web", "--user", "u1", "--trust", "user,tags,session")
    header = {"authorization": f"Bearer {key.stdout.strip()}"}
    gateway.limit("user:*", "--per-call", "0.005", "--daily", "1", "--hard-stop")

    def send(user, tokens):
        body = dict(chat(f"OUTPUT={tokens}", maximum=tokens), user=user)
        return asyncio.run(exchange(gateway.port, post(PATH, body, header))).status

    assert send("a\0b", 10) == 200
    assert send("a\0b", 100) == 402
    assert send("\ud83d\ude00 \u2028 \\u0000 \\\\u0000", 100) == 402
    assert send("u1", 10) == 200
    wait_until(lambda: len(gateway.calls()) == 4, 5, "a row is not told")
    assert send("u2", 10) == 200
    # A limit that the app wrote badly binds nobody, and hinders none of the others.
    name = database.split("/")[3].split("?")[0]
    postgres.query(name, "INSERT INTO budget_config (scope, name) VALUES ('planet:mars', '')")
    postgres.query(name, """INSERT INTO budget_config (user_id, daily_limit, hard_stop_enabled)
        VALUES ('rich', 99999999999, true), ('none', 'NaN', true)""")
    wait_until(lambda: send("none", 10) == 402, 10, "the limit of nothing does not bind")
    assert send("rich", 10) == 200 and send("u1", 10) == 200
    assert "planet:mars" in gateway.log.read_text()
    gateway.stop()
