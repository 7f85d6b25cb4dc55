"""Attacks on a hard limit: whatever a client or an upstream does, the provider charges no more.

The numbers are those of the project's list of evasions; what needs a route that is not built
(realtime sessions, a second upstream) is shown to be refused.
"""

import asyncio
import json
import random
import time

import pytest

from gateway import Gateway
from raw_http import chat, exchange, post, request

PATH = "/stub/v1/chat/completions"
LIMIT = 5 * 10**10  # 0.05 USD: 500 tokens of the stub.


@pytest.fixture
def limited(gateway):
    gateway.limit("system", "--daily", "0.05", "--hard-stop")
    return gateway


def send(gateway, body, headers=None, path=PATH):
    return asyncio.run(exchange(gateway.port, post(path, body, headers or {})))


def at_once(gateway, requests):
    async def all_of_them():
        return await asyncio.gather(
            *(exchange(gateway.port, data) for data in requests), return_exceptions=True)
    return asyncio.run(all_of_them())


def settled(gateway):
    deadline = time.time() + 20
    while gateway.status()["open_holds"] != "0":
        assert time.time() < deadline, "holds are left at rest"
        time.sleep(0.1)


def test_e01_lies_about_the_user_or_leaves_it_out(gateway, stub):
    key = gateway.run("key", "create", "web", "--user", "u1").stdout.strip()
    gateway.limit("user:u1", "--daily", "0.05", "--hard-stop")
    body = dict(chat("OUTPUT=100"), model="gpt-4o-mini")
    for fields in ({}, {"x-spendfuse-user": "u2"}, {"helicone-user-id": "u2"},
                   {"x-spendfuse-project": "p", "x-spendfuse-session": "s"}):
        gateway.run("limit", "set", "user:u1", "--daily", "0", "--hard-stop")
        reply = send(gateway, dict(body, user="u2", metadata={"user_id": "u2"}),
                     dict(fields, authorization=f"Bearer {key}"),
                     "/openai/v1/chat/completions")
        assert reply.status == 402
    assert not stub.charges


@pytest.mark.parametrize("fields", [
    {"max_tokens": 2**63}, {"max_tokens": 2**64}, {"max_tokens": -1}, {"max_tokens": 1.5},
    {"max_tokens": "7"}, {"max_tokens": 1e9}, {"max_tokens": None}, {"max_tokens": 0},
    {"max_tokens": 1, "max_completion_tokens": 1000}, {"max_tokens": []},
])
def test_e02_bounds_that_are_none(limited, stub, fields):
    body = dict(chat(), **fields)
    for _ in range(8):
        # The stub gives as much as the larger of the two, and 1,000 where nothing bounds it.
        send(limited, dict(body, messages=[{"role": "user", "content": "OUTPUT=1000"}]))
    assert stub.charged <= LIMIT


@pytest.mark.parametrize("fields", [{"n": 128}, {"n": 5}, {"n": 0}, {"n": -1}, {"n": 2**40}])
def test_e03_many_answers_at_once(limited, stub, fields):
    n = max(1, fields["n"])
    for _ in range(6):
        send(limited, dict(chat(f"OUTPUT={min(20 * n, 10**6)}", maximum=20), **fields))
    assert stub.charged <= LIMIT


def test_e04_hangs_up_before_the_usage(limited, stub):
    rng = random.Random(4)

    async def one():
        data = post(PATH, chat("OUTPUT=40 GAP=0.002", stream=True, maximum=40))
        try:
            await exchange(limited.port, data, hang_up_after=rng.randint(0, 300))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass

    async def waves():
        for _ in range(6):
            await asyncio.gather(*(one() for _ in range(20)))
    asyncio.run(waves())
    settled(limited)
    assert stub.charged <= LIMIT
    assert limited.status()["rows"][0]["spent_usd"] >= f"0.{stub.charged:012d}"


def test_e05_outlives_the_timeout(tmp_path, stub):
    gateway = Gateway(tmp_path, stub, config="limits: { exchange_seconds: 1 }").start()
    gateway.limit("system", "--daily", "0.05", "--hard-stop")
    data = post(PATH, chat("OUTPUT=100 PAUSE=3"))
    at_once(gateway, [data] * 10)
    settled(gateway)
    at_once(gateway, [data] * 10)
    settled(gateway)
    assert stub.charged <= LIMIT
    assert gateway.status()["rows"][0]["spent_usd"] == "0.050000000000"
    gateway.stop()


@pytest.mark.parametrize("model", [
    "Penny", "PENNY", "penny ", "penny\u200b", "pеnny", "penny-2026-01-01", "ft:penny:me",
    "auto", "", "penny/penny", "models/penny",
])
def test_e06_a_model_by_another_name(limited, stub, model):
    for _ in range(8):
        send(limited, dict(chat("OUTPUT=100"), model=model))
    assert stub.charged <= LIMIT


@pytest.mark.parametrize("method, path", [
    ("POST", "/fine_tuning/jobs"), ("POST", "/vector_stores"), ("POST", "/containers"),
    ("POST", "/videos"), ("POST", "/evals"), ("POST", "/realtime/sessions"),
    ("POST", "/threads/t/messages"), ("POST", "/uploads"), ("DELETE", "/models/m"),
    ("POST", "/chat/completions/../fine_tuning/jobs"), ("POST", "//fine_tuning/jobs"),
    ("POST", "/fine_tuning%2fjobs"), ("PUT", "/chat/completions"),
])
def test_e07_routes_that_nobody_metered(limited, stub, method, path):
    reply = asyncio.run(exchange(limited.port, request(
        method, "/stub/v1" + path, b"{}", {"content-type": "application/json"})))
    assert reply.status in (400, 404, 405) and not stub.charges


@pytest.mark.parametrize("body", [
    {"input_file_id": "file-1", "endpoint": "/v1/chat/completions"},
    {"endpoint": "/v1/chat/completions"}, {},
])
def test_e08_a_batch_of_requests_that_nobody_saw(limited, stub, body):
    assert send(limited, body, path="/stub/v1/batches").status == 400
    assert not stub.charges


def sound(seconds, claimed=None):
    import struct
    data = bytes(seconds * 32000)
    size = len(data) if claimed is None else claimed * 32000
    return (b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data" + struct.pack("<I", size) + data)


@pytest.mark.parametrize("file, status", [
    # 0.006 USD a minute: 0.05 USD are 500 seconds.
    (sound(60), 200), (sound(600), 402), (sound(600, claimed=1), 402),
    (b"OggS" + bytes(1000), 400), (b"", 400),
])
def test_e09_the_length_of_sound_is_read_from_the_file_itself(tmp_path, file, status):
    from scripted_stub import Answer, ScriptedStub
    script = ScriptedStub()
    script.on("POST", Answer({"text": "x", "duration": 60.0, "task": "transcribe"}))
    gateway = Gateway(tmp_path, script).start()
    gateway.limit("system", "--daily", "0.05", "--hard-stop")
    body = (b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b\r\n'
            b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            + file + b"\r\n--b--\r\n")
    reply = asyncio.run(exchange(gateway.port, request(
        "POST", "/openai/v1/audio/transcriptions", body,
        {"content-type": "multipart/form-data; boundary=b"})))
    assert reply.status == status, reply.body
    assert len(script.requests) == (status == 200)
    if status == 400:
        assert b"WAV" in reply.body
    gateway.stop()
    script.stop()


@pytest.mark.parametrize("tools", [
    {"tools": [{"type": "web_search"}]}, {"tools": [{"type": "code_interpreter"}]},
    {"web_search_options": {}}, {"plugins": [{"id": "web"}]}, {"search_parameters": {}},
])
def test_e10_tools_that_run_at_the_provider(limited, stub, tools):
    assert send(limited, dict(chat(), **tools)).status == 400
    assert not stub.charges


SHEET = """schema: 1
provider: stub
version: 2026-11-20
models:
  - id: penny
    context_window: 100000
    maximum_output: 1000
    prices: [{ per_million: { input: 0, output: 100 } }]
  - id: deep
    context_window: 1000000
    maximum_output: 10
    prices:
      - per_million: { input: 1, output: 1 }
        context_tiers: [{ above: 200000, per_million: { input: 2, output: 2 } }]
        service_tiers: { priority: { per_million: { input: 4, output: 4 } } }
"""


def quoted(gateway, body, path):
    reply = send(gateway, body, path=path)
    if reply.status == 402:
        return reply.json()["error"]["metadata"]["requested_usd"]
    return reply.headers["x-spendfuse-cost-usd"]


@pytest.mark.parametrize("path, fields, least", [
    # The whole context window, at the long-context price, for what is not in the body.
    ("responses", {"previous_response_id": "r"}, "2"), ("responses", {"conversation": "c"}, "2"),
    ("responses", {"prompt": {"id": "p"}}, "2"),
    ("responses", {"input": [{"type": "item_reference", "id": "x"}]}, "2"),
    ("responses", {"input": [{"type": "message", "role": "user", "content": [
        {"type": "input_image", "image_url": "https://x"}]}]}, "2"),
    ("responses", {"input": [{"type": "message", "role": "user", "content": [
        {"type": "input_file", "file_id": "f"}]}]}, "2"),
    ("chat/completions", {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "https://x"}}]}]}, "2"),
    # A tier that costs more, where the request asks for it or leaves it to the account.
    ("responses", {"previous_response_id": "r", "service_tier": "priority"}, "4"),
    ("responses", {"previous_response_id": "r", "service_tier": "auto"}, "4"),
])
def test_e11_e12_what_is_not_in_the_body_and_dear_tiers(tmp_path, stub, path, fields, least):
    gateway = Gateway(tmp_path, stub)
    (gateway.pricing / "stub.yaml").write_text(SHEET)
    gateway.start()
    gateway.limit("system", "--daily", "0.05", "--hard-stop")
    body = {"model": "deep", "input": "x", **fields}
    if path == "chat/completions":
        body.pop("input")
    reply = send(gateway, body, path=f"/stub/v1/{path}")
    assert reply.status == 402, reply.body
    asked = reply.json()["error"]["metadata"]["requested_usd"]
    assert asked >= f"{least}.000000000000", asked
    assert not stub.charges
    gateway.stop()


def test_e13_a_burst_with_one_idempotency_key_and_a_key_that_is_rotated(gateway, stub):
    key = gateway.run("key", "create", "web", "--user", "u1").stdout.strip()
    gateway.limit("key:web", "--daily", "0.002", "--hard-stop")
    body = dict(chat("OUTPUT=100"), model="gpt-4o-mini", max_tokens=100)

    def burst(secret):
        data = post("/openai/v1/chat/completions", body, {
            "authorization": f"Bearer {secret}", "idempotency-key": "one"})
        return [reply.status for reply in at_once(gateway, [data] * 100)]

    # A burst may leave room for one more call, as holds are larger than what the calls cost.
    admitted = 0
    while (fitted := burst(key).count(200)) > 0:
        admitted += fitted
        settled(gateway)
    sent = len(stub.charges)
    assert admitted == sent > 0
    renewed = gateway.run("key", "rotate", "web").stdout.strip()
    assert burst(renewed).count(200) == 0 and len(stub.charges) == sent
    # Nor does a key of the same name start anew.
    gateway.run("key", "revoke", "web")
    assert gateway.run("key", "create", "web", "--user", "u1", check=False).returncode == 1


def test_e13_a_burst_just_below_the_limit(limited, stub):
    at_once(limited, [post(PATH, chat("OUTPUT=99", maximum=99))] * 5)
    settled(limited)
    spent = stub.charged
    at_once(limited, [post(PATH, chat("OUTPUT=5 PAUSE=0.3", maximum=5))] * 500)
    settled(limited)
    assert spent < LIMIT == stub.charged


@pytest.mark.parametrize("usage", [
    {"prompt_tokens": -1, "completion_tokens": -100}, {"completion_tokens": 1e308},
    {"completion_tokens": 2**64, "prompt_tokens": 1}, {"completion_tokens": "12"}, None, {},
    {"prompt_tokens": 0, "completion_tokens": None}, "free",
])
def test_e15_an_upstream_that_lies_about_usage(tmp_path, usage):
    from scripted_stub import Answer, ScriptedStub
    script = ScriptedStub()
    script.on("POST", Answer({"model": "penny", "choices": [], "usage": usage}))
    gateway = Gateway(tmp_path, script).start()
    gateway.limit("system", "--daily", "0.05", "--hard-stop")
    replies = [send(gateway, chat(maximum=100)).status for _ in range(8)]
    # Each is booked at its bound of 0.01 USD, so that five fit.
    assert replies == [200] * 5 + [402] * 3
    assert len(script.requests) == 5
    gateway.stop()
    script.stop()


def test_e16_the_same_reply_id_again(limited, stub):
    for _ in range(10):
        send(limited, chat("OUTPUT=100"))
    settled(limited)
    rows = [row for row in limited.calls() if row["status"] != "blocked"]
    assert len(rows) == len(stub.charges) == 5 and stub.charged == LIMIT


def test_e18_a_web_socket(limited, stub):
    data = request("GET", "/stub/v1/realtime?model=penny", b"", {
        "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert asyncio.run(exchange(limited.port, data)).status == 426
    assert not stub.requests


def test_e19_removing_and_setting_a_limit_again_does_not_reset_it(limited, stub):
    for _ in range(5):
        assert send(limited, chat("OUTPUT=100")).status == 200
    settled(limited)
    limited.run("limit", "remove", "system")
    limited.limit("system", "--daily", "0.05", "--hard-stop")
    assert send(limited, chat("OUTPUT=1", maximum=1)).status == 402
    assert stub.charged == LIMIT
    for amount in ("-1", "1e400", "nan", "9999999999999"):
        assert limited.run("limit", "set", "system", "--daily", amount, check=False).returncode == 64


def test_e20_holding_much_and_never_ending(gateway, stub):
    gateway.run("limit", "set", "user:*", "--concurrent-calls", "3", "--per-call", "0.01",
                "--hard-stop")
    gateway.limit("system", "--daily", "0.05", "--hard-stop")
    rude = post(PATH, chat("OUTPUT=100 PAUSE=3"), {"x-spendfuse-user": "rude"})
    large = post(PATH, chat("OUTPUT=100 PAUSE=3", maximum=1000), {"x-spendfuse-user": "rude"})

    async def scene():
        hogs = [asyncio.create_task(exchange(gateway.port, rude)) for _ in range(20)]
        await asyncio.sleep(0.5)
        assert (await exchange(gateway.port, large)).status == 402
        polite = await exchange(
            gateway.port, post(PATH, chat("OUTPUT=100"), {"x-spendfuse-user": "polite"}))
        await asyncio.gather(*hogs)
        return polite
    assert asyncio.run(scene()).status == 200
    assert stub.charged <= LIMIT


@pytest.mark.parametrize("body", [
    b'{"contents":[],"generationConfig":{"maxOutputTokens":10},"generationConfig":{"t":1}}',
    b'{"contents":[],"generationConfig":{"maxOutputTokens":10},"generation_config":{}}',
    b'{"contents":[],"generationConfig":{"maxOutputTokens":10,"maxOutputTokens":null}}',
])
def test_e02_an_object_of_bounds_that_stands_twice_is_refused(limited, stub, body):
    reply = send(limited, body, path="/google/v1beta/models/gemini-2.5-flash:generateContent")
    assert reply.status == 400 and b"stands twice" in reply.body
    assert not stub.charges


def test_e02_a_bound_that_the_server_does_not_read_is_none(limited, stub):
    body = {"model": "penny", "messages": [], "max_completion_tokens": 1}
    assert send(limited, body).status == 402
    assert send(limited, dict(body, max_tokens=1)).status == 200


def test_e01_a_key_in_the_path_that_is_none_of_ours(gateway, stub):
    gateway.limit("key:*", "--total", "0.0015", "--hard-stop")
    codes = []
    for path in ["", "/k/junk1", "/k/junk2"]:
        reply = send(gateway, chat("OUTPUT=10", maximum=10),
                     {"authorization": "Bearer sk-real"}, path + PATH)
        codes.append(reply.status)
    assert codes == [200, 401, 401] and len(stub.charges) == 1


def test_e06_a_model_that_may_stand_in_counts_for_its_limit(gateway, stub):
    gateway.limit("model:gpt-4o", "--total", "0", "--hard-stop")
    body = dict(chat(maximum=1), model="gpt-4o-mini", models=["gpt-4o"])
    assert send(gateway, body, path="/openai/v1/chat/completions").status == 402
    assert not stub.charges


def test_e19_a_limit_that_is_lowered_ends_a_raise(gateway, stub):
    gateway.run("limit", "set", "system", "--daily", "0.01", "--hard-stop")
    gateway.run("limit", "raise", "system", "--daily", "1", "--until", "2d")
    gateway.limit("system", "--daily", "0.001", "--hard-stop")
    assert send(gateway, chat("OUTPUT=100")).status == 402
