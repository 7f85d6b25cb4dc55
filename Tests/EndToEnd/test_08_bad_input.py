"""Bad input gets an answer that says what, where and the remedy, and nothing is lost."""

import asyncio
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import time

import pytest

from gateway import BINARY, ROOT, Gateway, STUB_SHEET, clean_environment
from raw_http import chat, exchange, post


def serve(*arguments, environment=None, limit=None):
    def restrict():
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return subprocess.run(
        [BINARY, "serve", *arguments], capture_output=True, text=True, timeout=30,
        env=dict(clean_environment(), **(environment or {})), preexec_fn=restrict, cwd=ROOT)


@pytest.mark.parametrize("text, complaint", [
    ("upstreams:\n  openai: { prefix: v1 }\n", "prefix must begin with a slash"),
    ("upstreams:\n  openai: { auth: magic }\n", "auth must be bearer or x-api-key"),
    ("upstreams:\n  openai: { stream_usage: yes }\n", "stream_usage must be ask or given"),
    ("upstreams:\n  mine: { dialect: gopher, url: 'https://a.b' }\n", ":2: dialect must be of openai"),
    ("known_upstreams: /nowhere.yaml\n", "the file of known upstreams /nowhere.yaml cannot be read"),
    ("lisen: 127.0.0.1:1\n", ":1: unknown key 'lisen'"),
    ("listen: [1, 2]\n", ":1: listen must be a text"),
    ("listen: nowhere\n", "listen must be HOST:PORT such as 127.0.0.1:4141, not 'nowhere'"),
    ("auth:\n  mode: open\n", ":2: auth.mode must be one of pass-through, keys, not 'open'"),
    ("limits:\n  maximum_body_bytes: -1\n", ":2: maximum_body_bytes must be a whole number"),
    ("limits:\n  head_seconds: 0\n", ":2: limits.head_seconds must be a whole number above 0"),
    ("upstreams:\n  x: { dialect: openai }\n", "upstreams.x lacks the key 'url'"),
    ("upstreams:\n  x: { dialect: klingon, url: 'https://a.b' }\n", "dialect must be of"),
    ("upstreams:\n  openai: { url: 'ftp://a.b' }\n", "url must be https://HOST"),
    ("a: b: c\n", ":1: not YAML"),
    ("log: { level: loud }\n", "log.level must be one of"),
    ("database: { url: 'mysql://x' }\n", "must be postgresql://"),
])
def test_a_bad_config_file_is_refused_with_file_line_and_reason(tmp_path, text, complaint):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    done = serve("--config", path)
    assert done.returncode == 1
    assert str(path) in done.stderr and complaint in done.stderr, done.stderr
    assert not (tmp_path / "state").exists()


def test_a_config_file_that_is_not_there_is_named(tmp_path):
    done = serve("--config", tmp_path / "none.yaml")
    assert done.returncode == 1 and "none.yaml cannot be read" in done.stderr


@pytest.mark.parametrize("change, complaint", [
    ((", output: 100 ", ", outptu: 100 "), ":9: unknown token class 'outptu'"),
    ((", output: 100 ", ", output: 1e2 "), ":9: output: '1e2' is not an amount of USD"),
    ((", output: 100 ", ", output: -1 "), ":9: output: '-1' is not an amount of USD"),
    (("schema: 1", "schema: 2"), ":1: this program reads schema 1"),
    (("provider: stub", "provider: other"), ":2: provider is not 'stub'"),
    (("context_window", "context_windw"), "unknown key 'context_windw' in the model"),
])
def test_a_bad_price_sheet_is_refused_with_file_line_and_reason(tmp_path, change, complaint):
    (tmp_path / "stub.yaml").write_text(STUB_SHEET.replace(*change))
    done = serve("--pricing", tmp_path, "--state", tmp_path / "state")
    assert done.returncode == 1
    assert "stub.yaml" in done.stderr and complaint in done.stderr, done.stderr


def test_a_database_that_is_not_ours_is_left_alone(tmp_path, stub):
    state = tmp_path / "state"
    state.mkdir()
    other = sqlite3.connect(state / "ledger.sqlite")
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.commit()
    other.close()
    gateway = Gateway(tmp_path, stub)
    with pytest.raises(AssertionError, match="a database of another program"):
        gateway.start()
    other = sqlite3.connect(state / "ledger.sqlite")
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_a_file_that_is_no_database_is_named(tmp_path, stub):
    state = tmp_path / "state"
    state.mkdir()
    (state / "ledger.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(AssertionError, match="not a database; move it away"):
        Gateway(tmp_path, stub).start()


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path, stub):
    (tmp_path / "state").write_text("a file where a folder should be")
    with pytest.raises(AssertionError, match="state directory .* cannot be made"):
        Gateway(tmp_path, stub).start()


def test_a_second_server_on_the_same_ledger_is_refused(gateway):
    done = serve("--config", gateway.config)
    assert done.returncode == 1 and "another spendfuse serves from" in done.stderr


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve("--listen", f"127.0.0.1:{port}", "--state", tmp_path / "state",
                     "--pricing", ROOT / "pricing", "--admin", "127.0.0.1:0")
        assert done.returncode == 1
        assert f"127.0.0.1:{port}: another program uses the port" in done.stderr
        done = serve("--listen", "127.0.0.1:0", "--admin", f"127.0.0.1:{port}", "--state",
                     tmp_path / "state", "--pricing", ROOT / "pricing")
        assert done.returncode == 1
        assert f"admin cannot listen on 127.0.0.1:{port}" in done.stderr


def test_a_locked_ledger_holds_calls_back_and_loses_none(gateway, stub):
    lock = sqlite3.connect(gateway.state / "ledger.sqlite", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    data = post("/stub/v1/chat/completions", chat("OUTPUT=3"))
    refused = asyncio.run(exchange(gateway.port, data))
    assert refused.status == 503
    assert refused.json()["error"]["code"] == "store_unavailable"
    assert refused.headers["retry-after"] == "2" and not stub.charges
    lock.execute("ROLLBACK")
    lock.close()
    deadline = time.time() + 10
    while asyncio.run(exchange(gateway.port, data)).status != 200:
        assert time.time() < deadline
        time.sleep(0.1)
    assert len(stub.charges) == 1 and gateway.status()["open_holds"] == "0"


def test_a_full_disk_admits_nothing_loses_nothing_and_recovers(tmp_path, stub):
    """The size of files is limited for the process, which writes see as a full disk does."""
    gateway = Gateway(tmp_path, stub).start()
    data = post("/stub/v1/chat/completions", chat("OUTPUT=3"))
    assert asyncio.run(exchange(gateway.port, data)).status == 200
    hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
    refused = asyncio.run(exchange(gateway.port, data))
    assert refused.status == 503
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    deadline = time.time() + 10
    while asyncio.run(exchange(gateway.port, data)).status != 200:
        assert time.time() < deadline
        time.sleep(0.1)
    rows = [row for row in gateway.calls() if row["status"] == "success"]
    assert len(rows) == len(stub.charges) == 2
    assert gateway.status()["open_holds"] == "0"
    assert gateway.stop() == 0


@pytest.mark.parametrize("amount", ["-1", "nan", "inf", "1e3", "99999999999", "0.0000000000001",
                                    "", "5 USD"])
def test_a_bad_limit_is_a_usage_error_and_changes_nothing(gateway, amount):
    gateway.run("limit", "set", "u1", "--daily", "3")
    done = gateway.run("limit", "set", "u1", f"--daily={amount}", check=False)
    assert done.returncode == 64 and "--daily" in done.stderr
    assert "3.000000000000" in gateway.run("limit", "list", "--format", "json").stdout


@pytest.mark.parametrize("arguments", [
    ("limit", "set", "team:x", "--daily", "1"), ("limit", "set", "u1"),
    ("report", "--by", "planet"), ("report", "--since", "someday"), ("explain", "not-an-id"),
    ("calls", "--limit", "0"), ("no-such-command",),
])
def test_bad_arguments_are_usage_errors(gateway, arguments):
    assert gateway.run(*arguments, check=False).returncode == 64


def test_what_only_reads_makes_no_ledger_out_of_a_mistyped_folder(tmp_path, gateway):
    missing = tmp_path / "mistyped"

    def run(command):
        return subprocess.run(
            [BINARY, *command, "--config", gateway.config, "--state", missing],
            capture_output=True, text=True, env=clean_environment(), cwd=ROOT)
    for command in (["report", "--fail-over", "1"], ["status"], ["calls"], ["top"], ["advise"],
                    ["limit", "list"], ["export"], ["backup", "list"]):
        done = run(command)
        assert done.returncode == 5 and "there is no ledger in" in done.stderr, command
        assert not missing.exists(), command
    assert run(["config", "check"]).returncode == 0
    assert not missing.exists()
    # What has something to keep begins one, for its user alone.
    for command in (["limit", "set", "u1", "--daily", "1"],
                    ["prices", "set", "stub", "new", "--price", "input=1"]):
        assert run(command).returncode == 0, command
    assert (missing / "ledger.sqlite").stat().st_mode & 0o077 == 0


def test_what_cannot_be_printed_is_an_error(gateway):
    asyncio.run(exchange(gateway.port, post("/stub/v1/chat/completions", chat("OUTPUT=1"))))
    for command in (["report"], ["status"], ["calls", "--format", "json"], ["export"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([BINARY, *command, "--config", gateway.config], stdout=full,
                                  stderr=subprocess.PIPE, text=True, env=clean_environment(),
                                  cwd=ROOT)
        assert done.returncode == 1 and "No space left" in done.stderr, (command, done.stderr)


@pytest.mark.parametrize("arguments, message", [
    (("retention", "run", "--dry-run", "--calls", "9223372036854775807"), "--calls must be"),
    (("limit", "set", "all", "--daily", "1"), "write system"),
    (("limit", "set", "user:a b", "--daily", "1"), "white space"),
    (("key", "create", "k", "--user", "user:ada"), "without 'user:'"),
    (("report", "--format", "focus", "--by", "user"), "leave out --by"),
    (("prices", "set", "stub", "", "--price", "input=1"), "MODEL is empty"),
])
def test_what_was_hardly_meant_is_told(gateway, arguments, message):
    done = gateway.run(*arguments, check=False)
    assert done.returncode == 64 and message in done.stderr, done.stderr
    # Who is meant all the same can be named.
    gateway.run("limit", "set", "user:all", "--daily", "1")


RAW = {
    "malformed JSON": (post("/stub/v1/chat/completions", b'{"model": "penny",'), 400),
    "a list for a body": (post("/stub/v1/chat/completions", b"[1]"), 400),
    "two models": (post("/stub/v1/chat/completions", b'{"model":"penny","model":"x"}'), 400),
    "an escaped second model": (
        post("/stub/v1/chat/completions", b'{"model":"penny","mod\\u0065l":"x"}'), 400),
    "negative max_tokens": (post("/stub/v1/chat/completions", chat(maximum=-5)), 400),
    "a fraction of max_tokens": (post("/stub/v1/chat/completions", chat(maximum=1.5)), 400),
    "huge max_tokens": (
        post("/stub/v1/chat/completions", b'{"model":"penny","max_tokens":1e999}'), 400),
    "a wrong method": (b"DELETE /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n", None),
    "no such route": (b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n", 404),
    "an encoded path": (post("/openai/v1/chat%2fcompletions", chat()), 404),
    "a path that climbs": (post("/openai/v1/../v1/chat/completions", chat()), 404),
    "an absolute target": (
        b"POST http://evil/openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "huge headers": (b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 40000 + b"\r\n\r\n", 431),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n", 431),
    "a long request line": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 431),
    "a huge body announced": (
        b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n",
        413),
    "chunked nonsense": (
        b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
        b"\r\nzz\r\nhello\r\n0\r\n\r\n", 400),
    "two lengths": (
        b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
        b"content-length: 3\r\n\r\n{}", 400),
    "length and chunks": (
        b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a compressed body": (
        post("/stub/v1/chat/completions", chat(), {"content-encoding": "gzip"}), 415),
    "a WebSocket": (
        b"GET /openai/v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n"
        b"upgrade: websocket\r\n\r\n", 426),
    "not HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", RAW)
def test_bad_requests_get_their_status_and_reach_no_upstream(gateway, stub, name):
    data, status = RAW[name]
    reply = asyncio.run(exchange(gateway.port, data))
    if status is not None:
        assert reply.status == status, reply.body
        assert reply.json()["error"]["message"]
        assert not stub.requests
    good = asyncio.run(exchange(
        gateway.port, post("/stub/v1/chat/completions", chat("OUTPUT=1"))))
    assert good.status == 200


def test_a_body_above_the_bound_is_refused_while_it_arrives(tmp_path, stub):
    gateway = Gateway(tmp_path, stub, config="limits: { maximum_body_bytes: 1000 }").start()
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    data = (b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
            b"transfer-encoding: chunked\r\n\r\n" + chunk * 3)
    reply = asyncio.run(exchange(gateway.port, data))
    assert reply.status == 413 and "limits.maximum_body_bytes" in reply.json()["error"]["message"]
    assert gateway.stop() == 0


def test_slow_heads_and_bodies_are_given_up(tmp_path, stub):
    gateway = Gateway(
        tmp_path, stub,
        config="limits: { head_seconds: 1, body_grace_seconds: 1, idle_seconds: 2 }").start()

    async def slow(data):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(data)
        return await asyncio.wait_for(reader.read(), 10)

    head = asyncio.run(slow(b"GET / HT"))
    body = asyncio.run(slow(b"POST /openai/v1/embeddings HTTP/1.1\r\nhost: x\r\n"
                            b"content-length: 500\r\n\r\n{"))
    idle = asyncio.run(slow(b""))
    assert b" 408 " in head and b" 408 " in body and idle == b""
    assert gateway.stop() == 0


def test_requests_pipelined_on_one_connection_are_answered_in_order(gateway):
    first = post("/stub/v1/chat/completions", chat("OUTPUT=3 PAUSE=0.2"))
    second = post("/stub/v1/chat/completions", chat("OUTPUT=5"))

    async def both():
        from raw_http import read_reply
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(first + second)
        replies = [await read_reply(reader), await read_reply(reader)]
        writer.close()
        return [reply.json()["usage"]["completion_tokens"] for reply in replies]

    assert asyncio.run(both()) == [3, 5]


def test_proxy_variables_of_the_environment_are_ignored(tmp_path, stub, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    gateway = Gateway(tmp_path, stub).start()
    reply = asyncio.run(exchange(gateway.port, post("/stub/v1/chat/completions", chat())))
    assert reply.status == 200 and not os.path.exists(tmp_path / "keys.log")
    assert gateway.stop() == 0


def test_an_upstream_that_is_not_there_costs_nothing_and_says_so(tmp_path, stub):
    gateway = Gateway(tmp_path, stub)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        text = gateway.config.read_text().replace(stub.url, f"http://127.0.0.1:{unused.getsockname()[1]}")
        gateway.config.write_text(text)
        gateway.start()
        reply = asyncio.run(exchange(gateway.port, post("/stub/v1/chat/completions", chat())))
    assert reply.status == 502 and reply.json()["error"]["code"] == "upstream_unreachable"
    row = gateway.calls()[0]
    assert row["status"] == "error" and row["cost_usd"] == "0.000000000000"
    assert gateway.status()["open_holds"] == "0"
    assert gateway.stop() == 0


def test_a_folder_without_sheets_is_refused(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    done = serve("--pricing", empty, "--state", tmp_path / "state")
    assert done.returncode == 1 and "has no price sheet" in done.stderr
    shutil.rmtree(empty)
