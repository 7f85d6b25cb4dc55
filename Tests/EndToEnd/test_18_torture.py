"""Ten thousand calls at once on one budget: not a picodollar over, and no false refusal."""

import asyncio
import collections
import random
import time

import pytest

from gateway import Gateway, picodollars
from raw_http import chat, exchange, post

PATH = "/stub/v1/chat/completions"
DOLLAR = 10**12
CALLS = 10_000


def at_rest(gateway, seconds=60):
    deadline = time.time() + seconds
    while gateway.status()["open_holds"] != "0":
        assert time.time() < deadline, "holds are left at rest"
        time.sleep(0.2)


@pytest.fixture
def wide(tmp_path, stub):
    gateway = Gateway(
        tmp_path, stub, upstream_options=", on_client_disconnect: drain",
        config="limits: { maximum_connections: 15000, head_seconds: 60 }").start()
    yield gateway
    assert gateway.stop() in (0, None)


def burst(gateway, bodies):
    async def run():
        async def one(index):
            words, maximum, fields, leaves = bodies(index)
            data = post(PATH, chat(words, maximum=maximum), fields)
            try:
                return await exchange(gateway.port, data, hang_up_after=leaves, timeout=120)
            except (ConnectionError, asyncio.IncompleteReadError):
                return None
        return await asyncio.gather(*(one(index) for index in range(CALLS)))
    return asyncio.run(run())


def test_ten_thousand_calls_at_once_spend_the_limit_to_the_last_picodollar(wide, stub):
    wide.run("limit", "set", "user:*", "--daily", "0.5", "--hard-stop")
    wide.run("limit", "set", "tag:team=a", "--weekly", "0.75", "--hard-stop")
    wide.limit("system", "--total", "2", "--hard-stop")

    def body(index):
        # Eight users of 0.5, of which those of team a share 0.75, and all of them 2 USD.
        team = "a" if index % 2 else "b"
        return "OUTPUT=100 PAUSE=0.5", 100, {
            "x-spendfuse-user": f"u{index % 8}", "x-spendfuse-tags": f"team={team}"}, None

    replies = burst(wide, body)
    codes = collections.Counter(reply.status for reply in replies)
    assert set(codes) <= {200, 402, 429}, codes
    at_rest(wide)
    # Team a has room for 75 calls, and the rest of the 200 is for team b.
    assert stub.charged == codes[200] * 10**10 == 2 * DOLLAR
    rows = {row["scope"]: row for row in wide.status()["rows"]}
    assert rows["system"]["spent_usd"] == "2.000000000000"
    assert picodollars(rows["tag:team=a"]["spent_usd"]) <= DOLLAR * 3 // 4
    for scope, row in rows.items():
        assert row["held_usd"] == "0.000000000000", scope
        assert picodollars(row["spent_usd"]) <= picodollars(row["limit_usd"]), scope
    users = sum(picodollars(row["spent_usd"]) for scope, row in rows.items()
                if scope.startswith("user:"))
    assert users == 2 * DOLLAR
    calls = [row for row in wide.calls() if row["status"] != "blocked"]
    assert sum(picodollars(row["cost_usd"]) for row in calls) == 2 * DOLLAR
    assert len(calls) == len(stub.charges) == 200


def test_ten_thousand_random_calls_with_hang_ups_never_pass_it(wide, stub):
    wide.limit("system", "--daily", "1", "--hard-stop")
    rng = random.Random(10)

    def body(index):
        leaves = rng.randint(0, 200) if rng.random() < 0.2 else None
        return f"OUTPUT={rng.randint(1, 100)} PAUSE=0.2", 100, {}, leaves

    burst(wide, body)
    at_rest(wide)
    assert stub.charged <= DOLLAR
    # A call whose bound fits what is left is let through: 0 false refusals.
    left = DOLLAR - stub.charged
    while left >= 10**8:
        tokens = min(100, left // 10**8)
        data = post(PATH, chat(f"OUTPUT={tokens}", maximum=tokens))
        reply = asyncio.run(exchange(wide.port, data))
        assert reply.status == 200, reply.body
        left -= tokens * 10**8
    at_rest(wide)
    assert stub.charged == DOLLAR
    row = wide.status()["rows"][0]
    assert row["spent_usd"] == "1.000000000000" and row["held_usd"] == "0.000000000000"
