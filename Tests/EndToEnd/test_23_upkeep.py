"""Retention and backup, on the embedded store and on PostgreSQL."""

import json
import sqlite3
import time

import pytest

from gateway import Gateway
from private_postgres import wait_until
from raw_http import call


@pytest.fixture(params=["embedded", "postgres"])
def kept(request, tmp_path, stub):
    if request.param == "embedded":
        before, Gateway.new_database = Gateway.new_database, None
        gateway = Gateway(tmp_path, stub).start()
        Gateway.new_database = before
    else:
        server = request.getfixturevalue("postgres")
        gateway = Gateway(tmp_path, stub, database=server.url(server.database())).start()
        gateway.server = server
    yield gateway
    gateway.stop()


def execute(gateway, sql):
    if gateway.database:
        return gateway.server.query(gateway.database.split("/")[3].split("?")[0], sql)
    with sqlite3.connect(gateway.state / "ledger.sqlite") as db:
        return db.execute(sql).fetchall()


def rows(output):
    return json.loads(output.stdout)["rows"]


def test_retention_deletes_what_is_old_and_changes_no_open_window(kept):
    kept.limit("system", "--total", "1", "--hard-stop")
    for _ in range(4):
        assert call(kept, 10).status == 200
    wait_until(lambda: len(kept.calls()) == 4, 5, "rows are not told")
    old = "SELECT call_id FROM api_cost_tracking ORDER BY timestamp LIMIT 3"
    moment = "2025-01-01T00:00:00.000000Z"
    for table in ("model_performance_metrics", "api_cost_tracking"):
        execute(kept, f"UPDATE {table} SET timestamp = '{moment}' WHERE call_id IN ({old})")
    counted = {row["table"]: row for row in rows(kept.run(
        "retention", "run", "--dry-run", "--format", "json"))}
    assert counted["api_cost_tracking"]["would_delete"] == 3
    kept.run("retention", "run")
    assert len(kept.calls()) == 1
    assert kept.status()["rows"][0]["spent_usd"] == "0.004000000000"
    assert [list(map(str, row)) for row in execute(
        kept, "SELECT rows_deleted FROM retention_runs WHERE table_name = 'api_cost_tracking'")
    ] == [["3"]]
    # Nothing is forgotten by a start either.
    kept.stop()
    kept.start()
    assert kept.status()["rows"][0]["spent_usd"] == "0.004000000000"
    refused = kept.run("retention", "run", "--calls", "5", check=False)
    assert refused.returncode == 64 and "--calls" in refused.stderr


def test_a_backup_is_listed_and_restored(kept, tmp_path):
    kept.limit("system", "--daily", "1", "--hard-stop")
    assert call(kept, 10).status == 200
    wait_until(lambda: len(kept.calls()) == 1, 5, "rows are not told")
    copy = tmp_path / "copy"
    assert "SHA-256" in kept.run("backup", "create", copy).stdout
    again = kept.run("backup", "create", copy, check=False)
    assert again.returncode == 1 and "there already" in again.stderr
    listed = rows(kept.run("backup", "list", "--format", "json"))
    assert [row["path"] for row in listed] == [str(copy)] and listed[0]["bytes"] > 1000
    assert call(kept, 10).status == 200
    wait_until(lambda: len(kept.calls()) == 2, 5, "rows are not told")
    if not kept.database:
        busy = kept.run("backup", "restore", copy, check=False)
        assert busy.returncode == 1 and "stop it" in busy.stderr
    kept.stop()
    missing = kept.run("backup", "restore", tmp_path / "none", check=False)
    assert missing.returncode == 1 and "none" in missing.stderr
    (tmp_path / "broken").write_bytes(b"no copy at all")
    assert kept.run("backup", "restore", tmp_path / "broken", check=False).returncode == 1
    assert len(kept.calls()) == 2
    kept.run("backup", "restore", copy)
    assert len(kept.calls()) == 1
    kept.start()
    assert call(kept, 10).status == 200
    time.sleep(0.5)
    assert rows(kept.run("limit", "list", "--format", "json"))[0]["scope"] == "system"
