"""The command line, as a new user meets it, beside a running server."""

import asyncio
import csv
import io
import json
import os
import re
import signal
import subprocess
import time

import openai
import pytest

from gateway import BINARY, ROOT, clean_environment
from raw_http import chat, exchange, post


def call(gateway, words="OUTPUT=40", user="u1", **fields):
    data = post("/stub/v1/chat/completions", chat(words, **fields), {"x-spendfuse-user": user})
    reply = asyncio.run(exchange(gateway.port, data))
    assert reply.status == 200
    return reply.headers["x-spendfuse-call-id"]


def test_report_adds_up_in_every_format(gateway):
    for user, output in (("u1", 40), ("u1", 2), ("u2", 8)):
        call(gateway, f"OUTPUT={output}", user)
    text = gateway.run("report", "--by", "user,model").stdout
    assert re.search(r"u1 +penny +2 +0 +0 +22 +42 +0.0042 +0.00", text)
    assert re.search(r"total +3 +0 +0 +33 +50 +0.005 ", text)
    document = json.loads(gateway.run("report", "--by", "user", "--format", "json").stdout)
    assert document["schema"] == 1
    assert document["rows"][0] == {
        "user": "u1", "calls": 2, "errors": 0, "blocked": 0, "input_tokens": 22,
        "output_tokens": 42, "cache_read_tokens": 0, "cache_write_tokens": 0,
        "reasoning_tokens": 0, "cost_usd": "0.004200000000", "inexact_usd": "0.000000000000"}
    assert document["total"]["cost_usd"] == "0.005000000000"
    rows = list(csv.reader(io.StringIO(
        gateway.run("report", "--by", "day,provider", "--format", "csv").stdout)))
    assert rows[0][:3] == ["day", "provider", "calls"] and rows[1][1:3] == ["stub", "3"]
    yesterday = json.loads(gateway.run(
        "report", "--since", "yesterday", "--until", "today", "--format", "json").stdout)
    assert yesterday["rows"] == []
    only = json.loads(gateway.run("report", "--user", "u2", "--format", "json").stdout)
    assert only["total"]["calls"] == 1


def test_explain_says_why_a_call_was_refused(gateway):
    gateway.limit("user:u9", "--daily", "0.0001", "--hard-stop")
    reply = asyncio.run(exchange(gateway.port, post(
        "/stub/v1/chat/completions", chat("OUTPUT=40"), {"x-spendfuse-user": "u9"})))
    assert reply.status == 402
    told = json.loads(gateway.run(
        "explain", reply.headers["x-spendfuse-call-id"], "--format", "json").stdout)
    assert told["note"].startswith("refused: ") and "daily limit" in told["note"]
    assert told["budgets"].startswith("none")


def test_a_formula_in_a_name_stays_a_text_in_csv(gateway):
    call(gateway, user="=1+2")
    assert "'=1+2" in gateway.run("report", "--by", "user", "--format", "csv").stdout


def test_explain_takes_a_cost_apart(gateway):
    identity = call(gateway)
    text = gateway.run("explain", identity).stdout
    assert re.search(r"output +40 +100.00 +1000000 +0.004", text)
    assert re.search(r"price_version +stub/penny@always#2026-11-20", text)
    assert "system, user:u1" in text
    document = json.loads(gateway.run("explain", identity, "--format", "json").stdout)
    assert document["total"]["cost_usd"] == "0.004000000000"
    missing = gateway.run("explain", "01a1fbcc-3bad-7fea-8989-6b11b34f818b", check=False)
    assert missing.returncode == 1 and "no call has the id" in missing.stderr


def test_status_shows_what_is_spent_and_left(gateway):
    gateway.limit("u1", "--daily", "0.01", "--monthly", "1", "--hard-stop")
    call(gateway)
    rows = {row["window"]: row for row in gateway.status()["rows"]}
    assert rows["daily"]["spent_usd"] == "0.004000000000" and rows["daily"]["percent"] == 40
    assert rows["daily"]["left_usd"] == "0.006000000000" and rows["daily"]["mode"] == "hard-stop"
    assert rows["monthly"]["resets_at"].endswith("-01T00:00:00Z")


def test_limits_are_listed_changed_in_part_and_removed(gateway):
    gateway.run("limit", "set", "u1", "--monthly", "50", "--daily", "5", "--hard-stop")
    gateway.run("limit", "set", "user:u1", "--daily", "none")
    rows = json.loads(gateway.run("limit", "list", "--format", "json").stdout)["rows"]
    assert {key: value for key, value in rows[0].items() if value} == {
        "scope": "user:u1", "monthly_usd": "50.000000000000", "mode": "hard-stop"}
    assert len(rows) == 1 and rows[0]["daily_usd"] is None
    gateway.run("limit", "remove", "u1")
    again = gateway.run("limit", "remove", "u1", check=False)
    assert again.returncode == 1 and "has no limits" in again.stderr


def test_keys_are_listed_without_secrets(gateway):
    secret = gateway.run("key", "create", "web", "--user", "u1").stdout.strip()
    listing = gateway.run("key", "list").stdout
    assert "web" in listing and secret not in listing and secret.split("_")[2] not in listing
    twice = gateway.run("key", "create", "web", "--user", "u1", check=False)
    assert twice.returncode == 1 and "a key called 'web' exists" in twice.stderr


def test_prices_and_config_can_be_looked_at(gateway):
    assert re.search(r"gpt-4o-mini +0.15", gateway.run("prices", "list", "--model", "4o-mini").stdout)
    assert "openai: " in gateway.run("prices", "check").stdout
    shown = gateway.run("config", "show").stdout
    assert "sk-provider-canary" not in shown and "key=***" in shown
    assert str(gateway.config) in shown
    gateway.run("config", "check")


def test_help_tells_a_new_user_how_to_see_cost_and_set_a_limit():
    text = subprocess.run([BINARY, "--help"], capture_output=True, text=True).stdout
    assert "spendfuse report --by model --since yesterday" in text
    assert "spendfuse limit set u1 --monthly 50 --hard-stop" in text


def test_off_loopback_a_gateway_key_is_needed(tmp_path, gateway):
    done = subprocess.run(
        [BINARY, "config", "check"], capture_output=True, text=True,
        env=dict(clean_environment(), SPENDFUSE_LISTEN="0.0.0.0:0",
                 SPENDFUSE_AUTH_MODE="pass-through"))
    assert done.returncode == 1 and "needs a gateway key; set auth.mode to keys" in done.stderr


def test_keys_mode_refuses_calls_without_a_key(tmp_path, stub):
    from gateway import Gateway
    gateway = Gateway(tmp_path, stub, config="auth: { mode: keys }").start()
    for headers in ({}, {"authorization": "Bearer sk-own-key"}, {"x-api-key": "sf_x_y"}):
        reply = asyncio.run(exchange(
            gateway.port, post("/openai/v1/chat/completions", chat(), headers)))
        assert reply.status == 401 and reply.json()["error"]["type"] == "authentication_error"
    assert not stub.requests
    secret = gateway.run("key", "create", "web", "--user", "u1").stdout.strip()
    inside = asyncio.run(exchange(
        gateway.port, post(f"/k/{secret}/openai/v1/chat/completions", chat("OUTPUT=1"))))
    assert inside.status == 200
    assert secret not in str(stub.requests)
    assert gateway.stop() == 0


@pytest.mark.parametrize("path", ["/demo/v1"])
def test_the_demo_answers_the_sdk_without_any_key(tmp_path, path):
    process = subprocess.Popen(
        [BINARY, "serve", "--demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--state",
         tmp_path / "state", "--pricing", ROOT / "pricing"],
        stderr=subprocess.PIPE, text=True, env=clean_environment(), cwd=ROOT)
    try:
        url = None
        while url is None:
            found = re.search(r"listening on (http://\S+)", process.stderr.readline())
            url = found and found.group(1)
        client = openai.OpenAI(base_url=url + path, api_key="none")
        reply = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "hello"}])
        assert "Spendfuse" in reply.choices[0].message.content
        with client.responses.stream(model="gpt-4o-mini", input="hello") as stream:
            assert list(stream)[-1].type == "response.completed"
        report = subprocess.run(
            [BINARY, "report", "--by", "model", "--state", tmp_path / "state"],
            capture_output=True, text=True, env=clean_environment(), cwd=ROOT).stdout
        assert re.search(r"gpt-4o-mini +2 ", report)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stderr.close()
    assert os.path.exists(tmp_path / "state" / "ledger.sqlite")
