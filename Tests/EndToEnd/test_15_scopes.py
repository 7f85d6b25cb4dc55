"""Limits of every scope, window, mode and policy, on the real binary."""

import asyncio
import json
import time

import pytest

from gateway import Gateway
from private_postgres import wait_until
from raw_http import call, chat, exchange, post

PATH = "/stub/v1/chat/completions"


def metadata(reply):
    return reply.json()["error"]["metadata"]


TAGGED = {"x-spendfuse-tags": "feature=chat"}


@pytest.mark.parametrize("scope, bound, free", [
    ("system", {}, None),
    ("user:u1", {"x-spendfuse-user": "u1"}, {"x-spendfuse-user": "u2"}),
    ("user:*", {"x-spendfuse-user": "u1"}, {"x-spendfuse-user": "u2"}),
    ("project:web", {"x-spendfuse-project": "web"}, {"x-spendfuse-project": "app"}),
    ("project:", {}, {"x-spendfuse-project": "app"}),
    ("provider:stub", {}, None),
    ("model:penny", {}, None),
    ("endpoint:chat_completions", {}, None),
    ("session:*", {"x-spendfuse-session": "a"}, {"x-spendfuse-session": "b"}),
    ("tag:feature=chat", TAGGED, {"x-spendfuse-tags": "feature=search"}),
    ("tag:feature=", {}, TAGGED),
    ("tag:feature=*", TAGGED, {"x-spendfuse-tags": "feature=search"}),
])
def test_a_limit_binds_its_scope_and_nothing_else(gateway, stub, scope, bound, free):
    # What was spent before the limit was set counts: 10 tokens of 100 USD per million.
    assert call(gateway, headers=bound).status == 200
    gateway.limit(scope, "--daily", "0.0015", "--hard-stop")
    reply = call(gateway, headers=bound)
    assert reply.status == 402, reply.body
    assert metadata(reply)["spent_usd"] == "0.001000000000"
    assert metadata(reply)["scope"].split(":")[0] == scope.split(":")[0]
    assert call(gateway, 5, headers=bound).status == 200
    if free is not None:
        assert call(gateway, headers=free).status == 200
    # After a restart everything stands as before.
    before = gateway.status()["rows"]
    assert gateway.stop() == 0
    gateway.start()
    after = gateway.status()["rows"]
    assert [(row["scope"], row["spent_usd"]) for row in before] \
        == [(row["scope"], row["spent_usd"]) for row in after]
    assert call(gateway, 1, headers=bound).status == 402


def test_a_call_must_fit_every_limit_that_binds_it_or_holds_on_none(gateway):
    gateway.run("limit", "set", "user:u1", "--daily", "1", "--hard-stop")
    gateway.run("limit", "set", "tag:feature=chat", "--total", "0.002", "--hard-stop")
    gateway.limit("project:web", "--weekly", "5", "--hard-stop")
    headers = {"x-spendfuse-user": "u1", "x-spendfuse-project": "web", **TAGGED}
    assert call(gateway, 20, headers).status == 200
    reply = call(gateway, 1, headers)
    assert reply.status == 402 and metadata(reply)["scope"] == "tag:feature=chat"
    assert "it does not reset" in reply.json()["error"]["message"]
    rows = {row["scope"]: row for row in gateway.status()["rows"]}
    assert {row["spent_usd"] for row in rows.values()} == {"0.002000000000"}
    assert {row["held_usd"] for row in rows.values()} == {"0.000000000000"}


@pytest.mark.parametrize("window, amount", [
    ("--hourly", "0.0015"), ("--daily", "0.0015"), ("--weekly", "0.0015"),
    ("--monthly", "0.0015"), ("--total", "0.0015"), ("--rolling", "5h=0.0015"),
])
def test_every_window_counts_and_refuses(gateway, window, amount):
    gateway.limit("system", window, amount, "--hard-stop", "--time-zone", "Asia/Kolkata")
    assert call(gateway).status == 200
    reply = call(gateway)
    assert reply.status == 402 and metadata(reply)["limit_usd"] == "0.001500000000"
    row = gateway.status()["rows"][0]
    assert row["spent_usd"] == "0.001000000000" and row["left_usd"] == "0.000500000000"
    # A window of a day or more ends at midnight in Kolkata, which is 18:30 in UTC.
    if window in ("--daily", "--weekly", "--monthly"):
        assert row["resets_at"].endswith("T18:30:00Z")


def test_a_limit_for_each_call_looks_at_the_call_alone(gateway):
    gateway.limit("system", "--per-call", "0.001", "--hard-stop")
    for _ in range(3):
        assert call(gateway, 10).status == 200
    reply = call(gateway, 11)
    assert reply.status == 402 and "max_tokens of at most 10 would fit" in reply.body.decode()


def test_a_shadow_refuses_nothing_and_says_what_it_would_have(gateway):
    gateway.limit("system", "--daily", "0.0015", "--mode", "shadow", "--name", "trial")
    assert call(gateway).status == 200
    reply = call(gateway)
    assert reply.status == 200
    assert reply.headers["x-spendfuse-shadow-refusal"] == "system (trial) daily"
    time.sleep(0.3)
    assert gateway.calls()[0]["metadata"]["shadow_refusals"] == ["system (trial) daily"]
    # It shows what would have been spent.
    assert gateway.status()["rows"][0]["spent_usd"] == "0.001000000000"


def test_near_the_limit_a_call_is_clamped_and_told_so(gateway, stub):
    gateway.limit("system", "--daily", "0.005", "--hard-stop", "--near-limit", "clamp")
    body = {"model": "penny", "messages": [{"role": "user", "content": "hello"}],
            "max_tokens": 900}
    reply = asyncio.run(exchange(gateway.port, post(PATH, body)))
    assert reply.status == 200, reply.body
    assert reply.headers["x-spendfuse-clamped-max-tokens"] == "50"
    assert json.loads(stub.requests[-1][3])["max_tokens"] == 50
    assert stub.charged == 5 * 10**9
    time.sleep(0.3)
    row = gateway.calls()[0]
    assert row["metadata"]["clamped_max_tokens"] == 50 and row["held_usd"] == "0.005000000000"
    # Less than the smallest answer that is worth asking for is left.
    assert asyncio.run(exchange(gateway.port, post(PATH, body))).status == 402


@pytest.mark.parametrize("path, body, field", [
    ("/stub/v1/chat/completions", {"messages": []}, ["max_tokens"]),
    # The stub is no server that is known to read `max_completion_tokens`.
    ("/stub/v1/chat/completions", {"messages": [], "max_completion_tokens": 900},
     ["max_tokens", "max_completion_tokens"]),
    ("/stub/v1/responses", {"input": "x", "stream": False}, ["max_output_tokens"]),
    ("/stub/v1/messages", {"messages": [], "max_tokens": 800}, ["max_tokens"]),
    ("/stub/v1/completions", {"prompt": "x"}, ["max_tokens"]),
])
def test_a_request_without_a_bound_is_given_one(gateway, stub, path, body, field):
    gateway.limit("system", "--daily", "0.005", "--hard-stop", "--near-limit", "clamp")
    reply = asyncio.run(exchange(gateway.port, post(path, dict(body, model="penny"))))
    assert reply.status == 200, reply.body
    sent = json.loads(stub.requests[-1][3])
    assert [sent[name] for name in field] == [50] * len(field)
    assert {key: value for key, value in sent.items() if key not in field} \
        == {key: value for key, value in dict(body, model="penny").items() if key not in field}


def test_a_learned_hold_lets_more_calls_fly_than_their_bounds(tmp_path, stub):
    gateway = Gateway(tmp_path, stub).start()
    gateway.limit("u1", "--total", "100", "--hard-stop", "--near-limit", "learned")
    headers = {"x-spendfuse-user": "u1"}

    async def many(count, pause):
        return await asyncio.gather(*(exchange(gateway.port, post(
            PATH, chat(f"OUTPUT=1 PAUSE={pause}", maximum=1000), headers))
            for _ in range(count)))

    assert {reply.status for reply in asyncio.run(many(210, 0))} == {200}
    # 0.1 USD is the bound of each call, so the rest of the limit has room for three of them.
    spent = 210 * 10**8
    gateway.limit("u1", "--total", f"0.{spent + 400 * 10**9:012d}")
    replies = asyncio.run(many(40, 1.5))
    admitted = sum(reply.status == 200 for reply in replies)
    assert 4 < admitted <= 40
    time.sleep(0.5)
    assert gateway.status()["rows"][0]["held_usd"] == "0.000000000000"
    assert gateway.stop() == 0


def test_rates_refuse_with_a_true_retry_after(gateway):
    gateway.limit("user:*", "--requests-per-minute", "3", "--hard-stop")
    headers = {"x-spendfuse-user": "u1"}
    began = time.time()
    for _ in range(3):
        assert call(gateway, 1, headers).status == 200
    reply = call(gateway, 1, headers)
    assert reply.status == 429 and reply.json()["error"]["code"] == "rate_limited"
    wait = int(reply.headers["retry-after"])
    assert 50 <= wait <= 62 - int(time.time() - began)
    assert "limit of 3 requests a minute for user:u1" in reply.json()["error"]["message"]
    assert "x-should-retry" not in reply.headers
    assert call(gateway, 1, {"x-spendfuse-user": "u2"}).status == 200


def test_rates_of_tokens_money_and_calls_at_once(gateway):
    gateway.run("limit", "set", "u1", "--tokens-per-minute", "400", "--hard-stop")
    gateway.run("limit", "set", "u2", "--usd-per-minute", "0.003", "--hard-stop")
    gateway.limit("u3", "--concurrent-calls", "2", "--hard-stop")
    # Bytes bound the input, so that a small request counts for some 60 tokens until it ends.
    codes = [call(gateway, 100, {"x-spendfuse-user": "u1"}).status for _ in range(6)]
    assert codes[0] == 200 and codes[-1] == 429
    codes = [call(gateway, 10, {"x-spendfuse-user": "u2"}).status for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert call(gateway, 31, {"x-spendfuse-user": "u2"}).status == 402

    async def three():
        return await asyncio.gather(*(exchange(gateway.port, post(
            PATH, chat("OUTPUT=1 PAUSE=0.5"), {"x-spendfuse-user": "u3"})) for _ in range(3)))
    replies = asyncio.run(three())
    assert sorted(reply.status for reply in replies) == [200, 200, 429]
    refused = next(reply for reply in replies if reply.status == 429)
    assert refused.headers["retry-after"] == "1" and b"2 in flight" in refused.body
    assert call(gateway, 1, {"x-spendfuse-user": "u3"}).status == 200


def test_a_key_pins_trusts_and_requires(gateway, stub):
    secret = gateway.run(
        "key", "create", "web", "--user", "u1", "--tag", "team=a", "--require",
        "tag:feature", "--trust", "tags", "--block-status", "403").stdout.strip()
    plain = gateway.run("key", "create", "plain", "--user", "u2").stdout.strip()
    gateway.run("limit", "set", "tag:team=a", "--daily", "0.002", "--hard-stop")
    gateway.run("limit", "set", "tag:feature=chat", "--daily", "0.0005", "--hard-stop")
    gateway.limit("user:other", "--daily", "0", "--hard-stop")
    path = "/openai/v1/chat/completions"

    def ask(key, tags=None, user=None, output=1):
        headers = {"authorization": f"Bearer {key}"}
        if tags:
            headers["x-spendfuse-tags"] = tags
        if user:
            headers["x-spendfuse-user"] = user
        body = dict(chat(f"OUTPUT={output}"), model="gpt-4o-mini", max_tokens=output)
        return asyncio.run(exchange(gateway.port, post(path, body, headers)))

    reply = ask(secret)
    assert reply.status == 400 and reply.json()["error"]["code"] == "missing_attribute"
    # A pinned tag stands, whatever the client says; and the user is the key's.
    assert ask(secret, "feature=search,team=b", "other").status == 200
    time.sleep(0.3)
    row = gateway.calls()[0]
    assert row["user_id"] == "u1" and row["tags"] == {"team": "a", "feature": "search"}
    # What the plain key's client says is recorded and does not count.
    assert ask(plain, "feature=chat", output=1).status == 200
    time.sleep(0.3)
    row = gateway.calls()[0]
    assert row["tags"] == {"feature": "chat"} and row["metadata"]["uncounted"] == ["tag:feature"]
    rows = {row["scope"]: row for row in gateway.status()["rows"]}
    assert rows["tag:feature=chat"]["spent_usd"] == "0.000000000000"
    assert rows["tag:team=a"]["spent_usd"] != "0.000000000000"
    # The key's own status of a refusal.
    gateway.limit("key:web", "--daily", "0", "--hard-stop")
    reply = ask(secret, "feature=search")
    assert reply.status == 403 and reply.headers["x-should-retry"] == "false"
    assert metadata(reply)["scope"] == "key:web"
    # Another secret is the same key.
    renewed = gateway.run("key", "rotate", "web").stdout.strip()
    assert ask(secret, "feature=search").status == 401
    assert ask(renewed, "feature=search").status == 403


def test_a_snapshot_or_alias_does_not_get_round_a_limit_of_its_model(gateway, stub):
    gateway.limit("model:gpt-4o-mini", "--daily", "0", "--hard-stop")
    for model in ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"]:
        body = dict(chat("OUTPUT=1"), model=model, max_tokens=1)
        reply = asyncio.run(exchange(gateway.port, post("/openai/v1/chat/completions", body)))
        assert reply.status == 402, model
    assert not stub.charges


def test_a_loop_breaker_trips_shows_why_and_is_reset_by_hand(gateway):
    gateway.limit("session:*", "--breaker", "stop", "--burn-limit", "0.0025",
                  "--burn-floor", "0.0001", "--stop-for", "10m")
    loop = {"x-spendfuse-session": "loop"}
    codes = [call(gateway, 10, loop).status for _ in range(5)]
    assert codes == [200, 200, 200, 402, 402]
    reply = call(gateway, 10, loop)
    assert reply.json()["error"]["code"] == "insufficient_quota" or "loop" in reply.body.decode()
    assert reply.headers["x-spendfuse-error"] == "loop_breaker"
    message = reply.json()["error"]["message"]
    assert "0.003 USD were spent in one minute" in message
    assert "spendfuse breaker reset session:loop" in message
    assert call(gateway, 10, {"x-spendfuse-session": "calm"}).status == 200
    wait_until(lambda: '"rows":[{' in gateway.run("alerts", "list", "--format", "json").stdout
               .replace(" ", ""), 10, "no alert of the trip")
    trips = json.loads(gateway.run("breaker", "list", "--format", "json").stdout)["rows"]
    assert [trip["scope"] for trip in trips] == ["session:loop"]
    alerts = json.loads(gateway.run("alerts", "list", "--format", "json").stdout)["rows"]
    assert [alert["kind"] for alert in alerts] == ["loop_breaker"]
    # It holds over a restart, until somebody resets it.
    assert gateway.stop() == 0
    gateway.start()
    assert call(gateway, 1, loop).status == 402
    gateway.run("breaker", "reset", "session:loop")
    assert call(gateway, 1, loop).status == 200
    actions = [row["action"] for row in json.loads(
        gateway.run("audit", "list", "--format", "json").stdout)["rows"]]
    assert "breaker.reset" in actions


def test_a_raise_counts_until_its_time(gateway):
    gateway.limit("u1", "--daily", "0.001", "--hard-stop")
    headers = {"x-spendfuse-user": "u1"}
    assert call(gateway, 10, headers).status == 200
    assert call(gateway, 10, headers).status == 402
    gateway.run("limit", "raise", "u1", "--daily", "0.003", "--until", "8s")
    assert call(gateway, 10, headers).status == 200
    time.sleep(8)
    assert call(gateway, 10, headers).status == 402


def test_the_sdks_wait_out_a_limit_of_calls_at_once_and_raise_at_a_breaker(gateway):
    import concurrent.futures
    import anthropic
    import openai
    gateway.run("limit", "set", "user:one", "--concurrent-calls", "1", "--hard-stop")
    gateway.limit("session:loop", "--breaker", "stop", "--burn-limit", "0.0001")
    client = openai.OpenAI(
        base_url=f"{gateway.url}/stub/v1", api_key="x", max_retries=5,
        default_headers={"x-spendfuse-user": "one"})

    def ask(_):
        return client.chat.completions.create(
            model="penny", max_tokens=1,
            messages=[{"role": "user", "content": "OUTPUT=1 PAUSE=0.4"}]).id
    with concurrent.futures.ThreadPoolExecutor(3) as threads:
        assert len(list(threads.map(ask, range(3)))) == 3
    assert call(gateway, 2, {"x-spendfuse-session": "loop"}).status == 200
    stopped = anthropic.Anthropic(
        base_url=f"{gateway.url}/stub", api_key="x",
        default_headers={"x-spendfuse-session": "loop"})
    before = len([row for row in gateway.calls() if row["status"] == "blocked"])
    with pytest.raises(anthropic.APIStatusError, match="loop breaker of session:loop") as error:
        stopped.messages.create(
            model="penny", max_tokens=1, messages=[{"role": "user", "content": "x"}])
    assert error.value.status_code == 402
    wait_until(lambda: gateway.calls()[0]["status"] == "blocked", 10, "no row of the refused call")
    after = len([row for row in gateway.calls() if row["status"] == "blocked"])
    assert after == before + 1, "the SDK asked again"
