"""What the reports show, by hand of somebody who asks."""

import asyncio
import csv
import io
import json
import sqlite3
import subprocess
import time

import pytest

from gateway import BINARY, Gateway, ROOT, clean_environment, picodollars
from raw_http import chat, exchange, post

PATH = "/stub/v1/chat/completions"


@pytest.fixture
def spent(gateway):
    """Three users, two teams, 0.01 USD for each hundred tokens."""
    for user, team, tokens in (("u1", "web", 100), ("u2", "web", 200), ("u3", "shop", 400),
                               ("u1", None, 50)):
        headers = {"x-spendfuse-user": user}
        if team:
            headers["x-spendfuse-tags"] = f"team={team}"
        reply = asyncio.run(exchange(gateway.port, post(
            PATH, chat(f"OUTPUT={tokens}", maximum=tokens), headers)))
        assert reply.status == 200
    gateway.delivered()
    while gateway.status()["open_holds"] != "0":
        pass
    return gateway


def report(gateway, *arguments):
    return json.loads(gateway.run("report", *arguments, "--format", "json").stdout)


def costs(shown, key):
    return {row[key]: row["cost_usd"] for row in shown["rows"]}


def test_a_report_by_tag_has_a_line_for_calls_without_it(spent):
    shown = report(spent, "--by", "tag:team", "--last", "1h")
    assert costs(shown, "tag:team") == {
        "web": "0.030000000000", "shop": "0.040000000000", "": "0.005000000000"}
    assert shown["total"]["cost_usd"] == "0.075000000000" and shown["zone"] == "UTC"


def test_filters_narrow_and_top_sums_the_rest(spent):
    shown = report(spent, "--by", "user", "--filter", "tag:team=web", "--last", "1h")
    assert costs(shown, "user") == {"u1": "0.010000000000", "u2": "0.020000000000"}
    assert costs(report(spent, "--by", "user", "--filter", "tag:team=web", "--user", "u1",
                        "--last", "1h"), "user") == {"u1": "0.010000000000"}
    shown = report(spent, "--by", "user", "--top", "1", "--last", "1h")
    assert costs(shown, "user") == {"u3": "0.040000000000", "(other)": "0.035000000000"}


def test_days_begin_by_the_zone_that_is_asked_for(spent):
    if spent.database:
        pytest.skip("rows are moved by hand in the embedded store")
    with sqlite3.connect(spent.state / "ledger.sqlite") as db:
        db.execute("UPDATE api_cost_tracking SET timestamp = '2026-03-01T03:30:00.000000Z'")
    span = ("--since", "2026-01-01", "--until", "2026-06-01")
    for zone, day, week, month in (
            ("UTC", "2026-03-01", "2026-W09", "2026-03"),
            ("America/New_York", "2026-02-28", "2026-W09", "2026-02"),
            ("Asia/Kolkata", "2026-03-01", "2026-W09", "2026-03")):
        for by, label in (("day", day), ("week", week), ("month", month)):
            shown = report(spent, "--by", by, "--tz", zone, *span)
            assert costs(shown, by) == {label: "0.075000000000"}, (zone, by)
    assert report(spent, "--by", "day", "--month", "2026-02")["rows"] == []
    assert len(report(spent, "--by", "day", "--month", "2026-02", "--tz",
                      "America/New_York")["rows"]) == 1


def test_a_comparison_shows_the_span_before(spent):
    if spent.database:
        pytest.skip("rows are moved by hand in the embedded store")
    with sqlite3.connect(spent.state / "ledger.sqlite") as db:
        db.execute("""UPDATE api_cost_tracking SET timestamp = strftime('%Y-%m-%dT%H:%M:%S',
            timestamp, '-1 hour') || '.000000Z' WHERE user_id = 'u3'""")
    rows = {row["user"]: row for row in report(
        spent, "--by", "user", "--last", "1h", "--compare", "previous")["rows"]}
    assert rows["u3"]["cost_usd"] == "0.000000000000"
    assert rows["u3"]["previous_usd"] == "0.040000000000"
    assert rows["u3"]["change_pct"] == "-100.00" and rows["u1"]["change_pct"] is None


def test_every_format_has_the_same_figures(spent):
    arguments = ("report", "--by", "user", "--last", "1h", "--format")
    wanted = costs(report(spent, "--by", "user", "--last", "1h"), "user")
    rows = list(csv.DictReader(io.StringIO(spent.run(*arguments, "csv").stdout)))
    assert {row["user"]: row["cost_usd"] for row in rows} == wanted
    lines = spent.run(*arguments, "jsonl").stdout.splitlines()
    assert {row["user"]: row["cost_usd"] for row in map(json.loads, lines)} == wanted
    markdown = spent.run(*arguments, "markdown").stdout.splitlines()
    assert markdown[0].startswith("| user | calls |") and markdown[1].startswith("| --- | ---: |")
    assert markdown[2].startswith("| u3 | 1 |") and "| **0.075** |" in "\n".join(markdown)
    table = spent.run(*arguments, "table").stdout
    assert "u3" in table and "0.04" in table and "\x1b" not in table


def test_fail_over_ends_with_its_own_status(spent):
    spent.run("limit", "set", "u1", "--daily", "0.02")
    assert spent.run("report", "--fail-over", "80%", check=False).returncode == 0
    failed = spent.run("report", "--fail-over", "70%", check=False)
    assert failed.returncode == 3 and "user:u1 daily is at 75.00 %" in failed.stderr
    assert "penny" in failed.stdout
    assert spent.run("report", "--fail-over", "0.076", check=False).returncode == 0
    failed = spent.run("report", "--last", "1h", "--fail-over", "0.075", check=False)
    assert failed.returncode == 3 and "0.075 USD were spent" in failed.stderr


@pytest.mark.parametrize("arguments, message", [
    (("--by", "colour"), "--by: 'colour' must be one or two of"),
    (("--by", "day,hour"), "one span of time"),
    (("--by", "day", "--compare", "previous"), "leave hour, day, week and month out"),
    (("--tz", "Mars/Olympus"), "'Mars/Olympus' is not a time zone"),
    (("--month", "2026-13"), "is not a month"),
    (("--month", "2026-11", "--last", "7d"), "--month stands alone"),
    (("--last", "soon"), "is not a span"),
    (("--since", "2026-02-30"), "is not a time"),
    (("--filter", "model"), "must be DIMENSION=VALUE"),
    (("--filter", "day=2026-11-21"), "must be DIMENSION=VALUE"),
    (("--user", "a", "--filter", "user=b"), "one value of each dimension"),
    (("--top", "0"), "--top must be above 0"),
    (("--fail-over", "much"), "must be a share"),
])
def test_a_question_that_makes_no_sense_is_told_why(tmp_path, stub, arguments, message):
    asked = Gateway(tmp_path, stub).run("report", *arguments, check=False)
    assert asked.returncode == 64 and message in asked.stderr


def test_sums_are_those_of_the_rows(spent):
    rows = spent.calls()
    for by, column in (("user", "user_id"), ("model", "model"), ("endpoint", "endpoint")):
        shown = report(spent, "--by", by, "--last", "1h")
        for row in shown["rows"]:
            assert picodollars(row["cost_usd"]) == sum(
                picodollars(call["cost_usd"]) for call in rows if call[column] == row[by])


def test_top_lists_the_dearest_calls(spent):
    rows = json.loads(spent.run("top", "--last", "1h", "--limit", "2", "--format", "json").stdout)
    assert [row["user_id"] for row in rows["rows"]] == ["u3", "u2"]
    assert "u3" in spent.run("top").stdout
    assert spent.run("top", "--limit", "0", check=False).returncode == 64


def test_tail_shows_calls_as_they_end(spent):
    tail = subprocess.Popen(
        [BINARY, "tail", "--format", "jsonl", "--count", "2", "--config", spent.config],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=clean_environment())
    assert "following" in tail.stderr.readline()
    for user in ("new-1", "new-2"):
        asyncio.run(exchange(spent.port, post(
            PATH, chat("OUTPUT=1", maximum=1), {"x-spendfuse-user": user})))
    shown, _ = tail.communicate(timeout=30)
    assert [json.loads(line)["user_id"] for line in shown.splitlines()] == ["new-1", "new-2"]
    assert spent.run("tail", "--format", "json", check=False).returncode == 64


def test_tail_as_csv_has_its_heading_once_and_every_call(spent):
    tail = subprocess.Popen(
        [BINARY, "tail", "--format", "csv", "--count", "3", "--config", spent.config],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=clean_environment())
    assert "following" in tail.stderr.readline()
    for number in range(3):
        asyncio.run(exchange(spent.port, post(
            PATH, chat("OUTPUT=1", maximum=1), {"x-spendfuse-user": f"csv-{number}"})))
        time.sleep(0.7)  # Each in a batch of its own.
    shown, _ = tail.communicate(timeout=30)
    rows = list(csv.DictReader(io.StringIO(shown)))
    assert [row["user_id"] for row in rows] == ["csv-0", "csv-1", "csv-2"]


def test_a_key_is_known_by_its_name(spent):
    secret = spent.run("key", "create", "web", "--user", "ada").stdout.strip()
    reply = asyncio.run(exchange(spent.port, post(
        f"/k/{secret}/openai/v1/chat/completions",
        chat("OUTPUT=1", model="gpt-4o-mini", maximum=1))))
    assert reply.status == 200
    call = [row for row in spent.calls() if row["user_id"] == "ada"][0]
    for named in ("web", call["key_id"]):
        told = report(spent, "--by", "key", "--filter", f"key={named}", "--last", "1h")
        assert [row["key"] for row in told["rows"]] == [call["key_id"]], named
        assert told["total"]["cost_usd"] == call["cost_usd"]
    assert f"{call['key_id']} (web)" in spent.run("report", "--by", "key").stdout


def test_a_rating_goes_to_the_figures_of_the_model(spent):
    call = spent.calls()[0]["call_id"]
    assert "rated" in spent.run("rate", call, "up").stdout
    rating = "SELECT user_rating FROM model_performance_metrics WHERE call_id = "
    if spent.database:
        assert str(Gateway.query(spent.database, f"{rating}'{call}'")[0][0]) == "1"
    else:
        with sqlite3.connect(spent.state / "ledger.sqlite") as db:
            assert db.execute(f"{rating}?", (call,)).fetchone() == (1,)
    unknown = spent.run("rate", "00000000-0000-7000-8000-000000000000", "down", check=False)
    assert unknown.returncode == 1 and "no call" in unknown.stderr
    assert spent.run("rate", "nonsense", "up", check=False).returncode == 64
    assert spent.run("rate", call, "great", check=False).returncode == 64
