"""What the command line does with limits: audit, files, replayed calls, status."""

import json
import time

import pytest

from gateway import picodollars
from raw_http import call


def test_changes_are_audited_with_who_and_what(gateway):
    gateway.run("limit", "set", "u1", "--daily", "5")
    gateway.run("limit", "set", "u1", "--daily", "7", "--hard-stop")
    gateway.run("limit", "remove", "u1")
    rows = json.loads(gateway.run("audit", "list", "--format", "json").stdout)["rows"]
    assert [row["action"] for row in rows] == ["limit.remove", "limit.change", "limit.create"]
    assert rows[1]["before"] == {"daily": "5.00", "mode": "alert"}
    assert rows[1]["after"] == {"daily": "7.00", "mode": "enforce"}
    assert all(row["actor"] and row["subject"] == "user:u1" for row in rows)


LIMITS = """limits:
  - scope: key:web
    monthly: 20
    hourly: 2
    time_zone: America/New_York
    alert_at: [80, 100]
    hard_stop: true
  - scope: user:*
    daily: 1.50
    rolling: { 5h: 0.50 }
    requests_per_minute: 60
"""


def test_a_file_of_limits_is_applied_as_a_whole(gateway, tmp_path):
    file = tmp_path / "limits.yaml"
    file.write_text(LIMITS)
    gateway.run("limit", "set", "old", "--daily", "1")
    difference = gateway.run("limit", "diff", "-f", str(file), "--exit-code", check=False)
    assert difference.returncode == 1 and "America/New_York" in difference.stdout
    gateway.run("limit", "apply", "-f", str(file))
    assert "nothing to do" in gateway.run("limit", "apply", "-f", str(file)).stdout
    listed = json.loads(gateway.run("limit", "list", "--format", "json").stdout)["rows"]
    assert [row["scope"] for row in listed] == ["key:web", "user:*", "user:old"]
    shown = json.loads(gateway.run("limit", "show", "user:*", "--format", "json").stdout)["rows"]
    assert {row["field"]: row["value"] for row in shown} == {
        "scope": "user:*", "daily": "1.50", "rolling": "5h=0.50", "requests_per_minute": "60",
        "mode": "alert"}
    gateway.run("limit", "apply", "-f", str(file), "--prune")
    listed = json.loads(gateway.run("limit", "list", "--format", "json").stdout)["rows"]
    assert [row["scope"] for row in listed] == ["key:web", "user:*"]
    # One bad line, and nothing is applied.
    file.write_text(LIMITS.replace("daily: 1.50", "daily: -3").replace("hourly: 2", "hourly: 9"))
    refused = gateway.run("limit", "apply", "-f", str(file), check=False)
    assert refused.returncode == 1 and f"{file}:9: daily" in refused.stderr
    again = json.loads(gateway.run("limit", "list", "--format", "json").stdout)["rows"]
    assert again == listed


@pytest.mark.parametrize("arguments, words", [
    (["u1", "--daily", "-1"], "--daily"), (["u1", "--daily", "1e400"], "--daily"),
    (["u1", "--daily", "nan"], "--daily"), (["u1", "--time-zone", "Mars/Base"], "--time-zone"),
    (["u1", "--rolling", "5x=2"], "--rolling"), (["u1", "--alert-at", "0"], "--alert-at"),
    (["u1", "--mode", "maybe"], "--mode"), (["u1", "--breaker", "fuse"], "--breaker"),
    (["u1", "--requests-per-minute", "1.5"], "--requests-per-minute"),
    (["planet:earth", "--daily", "1"], "planet:earth"), (["tag:x", "--daily", "1"], "tag:x"),
    (["u1", "--alert-email", "a@b@c"], "--alert-email"),
    (["u1", "--alert-webhook", "ftp://x"], "--alert-webhook"), (["u1"], "nothing to set"),
])
def test_bad_limits_are_refused_and_change_nothing(gateway, arguments, words):
    done = gateway.run("limit", "set", *arguments, check=False)
    assert done.returncode == 64 and words in done.stderr
    assert json.loads(gateway.run("limit", "list", "--format", "json").stdout)["rows"] == []


def test_simulate_says_which_past_calls_a_limit_would_have_refused(gateway):
    for output in (10, 20, 30, 40):
        assert call(gateway, output, {"x-spendfuse-user": "u1"}).status == 200
    assert call(gateway, 50, {"x-spendfuse-user": "u2"}).status == 200
    time.sleep(0.3)
    done = json.loads(gateway.run(
        "limit", "simulate", "u1", "--daily", "0.005", "--since", "1h",
        "--format", "json").stdout)
    # 10 and 20 fit; 30 would pass the limit, and so would 40.
    assert done["calls"] == "4" and done["refused"] == "2"
    assert done["spent_usd"] == "0.003000000000" and done["not_spent_usd"] == "0.007000000000"
    assert [row["cost_usd"] for row in done["rows"]] == ["0.003000000000", "0.004000000000"]
    assert {row["reason"] for row in done["rows"]} == {"exceedsRemainder"}
    everyone = json.loads(gateway.run(
        "limit", "simulate", "user:*", "--daily", "0.0045", "--since", "1h",
        "--format", "json").stdout)
    assert everyone["calls"] == "5" and everyone["refused"] == "3"


def test_status_says_where_each_limit_is_heading(gateway):
    gateway.limit("system", "--daily", "0.02", "--hard-stop")
    assert call(gateway, 10).status == 200
    row = gateway.status()["rows"][0]
    assert row["percent"] == 5
    assert picodollars(row["usd_per_hour"]) > 0
    assert picodollars(row["projected_usd"]) >= picodollars(row["spent_usd"])
    table = gateway.run("status").stdout
    assert "runs_out_at" in table and "projected_usd" in table
