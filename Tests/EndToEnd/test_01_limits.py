"""A hard limit is never passed, and everything that fits is let through."""

import asyncio
import random
import time

import pytest

from gateway import Gateway, picodollars
from raw_http import chat, exchange, post

DOLLAR = 10**12
PENNY = 10**10


def wait_until_settled(gateway, seconds=30):
    deadline = time.time() + seconds
    while time.time() < deadline:
        if gateway.status()["open_holds"] == "0":
            return
        time.sleep(0.1)
    raise AssertionError("holds are left at rest")


def test_two_thousand_calls_at_once_on_one_dollar_admit_exactly_one_hundred(gateway, stub):
    gateway.limit("system", "--monthly", "1", "--hard-stop")

    async def burst():
        gate = asyncio.Semaphore(2000)

        async def one(index):
            async with gate:
                return await exchange(
                    gateway.port, post("/stub/v1/chat/completions", chat("OUTPUT=100 PAUSE=0.3")))
        return await asyncio.gather(*(one(index) for index in range(2000)))

    replies = asyncio.run(burst())
    admitted = [reply for reply in replies if reply.status == 200]
    refused = [reply for reply in replies if reply.status != 200]
    assert len(admitted) == 100
    assert stub.charged == DOLLAR
    assert {reply.status for reply in refused} <= {402, 429}
    for reply in refused:
        error = reply.json()["error"]
        assert error["message"].startswith("spend limit reached")
        assert "monthly limit of 1.00 USD for system" in error["message"]
        assert error["metadata"]["limit_usd"] == "1.000000000000"
        assert ("retry-after" in reply.headers) == (reply.status == 429)
    wait_until_settled(gateway)
    state = gateway.status()["rows"][0]
    assert state["spent_usd"] == "1.000000000000" and state["held_usd"] == "0.000000000000"
    rows = gateway.calls()
    assert sum(row["status"] == "blocked" for row in rows) == 1900
    assert sum(picodollars(row["cost_usd"]) for row in rows) == DOLLAR


def test_random_costs_hang_ups_and_streams_never_pass_the_limit_and_spend_it(tmp_path, stub):
    # The stub charges the whole answer whatever its client does, so its policy is to drain.
    gateway = Gateway(tmp_path, stub, upstream_options=", on_client_disconnect: drain").start()
    gateway.limit("u1", "--daily", "1", "--hard-stop")
    rng = random.Random(20261120)

    async def one(index):
        output = rng.randint(1, 100)
        streams = rng.random() < 0.5
        leaves = rng.randint(0, 400) if rng.random() < 0.2 else None
        body = chat(f"OUTPUT={output} GAP=0.001", stream=streams)
        data = post("/stub/v1/chat/completions", body, {"x-spendfuse-user": "u1"})
        try:
            return await exchange(gateway.port, data, hang_up_after=leaves)
        except (ConnectionError, asyncio.IncompleteReadError):
            return None

    async def waves():
        for wave in range(40):
            await asyncio.gather(*(one(index) for index in range(50)))
            assert stub.charged <= DOLLAR

    asyncio.run(waves())
    wait_until_settled(gateway)
    assert stub.charged <= DOLLAR
    assert stub.charged >= DOLLAR * 95 // 100
    rows = [row for row in gateway.calls() if row["status"] != "blocked"]
    assert len(rows) == len(stub.charges)
    assert sum(picodollars(row["cost_usd"]) for row in rows) == stub.charged
    assert gateway.stop() == 0


def test_a_limit_set_while_the_server_runs_is_in_force_within_a_second(gateway):
    data = post("/stub/v1/chat/completions", chat("OUTPUT=1"), {"x-spendfuse-user": "u2"})
    assert asyncio.run(exchange(gateway.port, data)).status == 200
    gateway.limit("u2", "--hourly", "0.0001", "--hard-stop")
    reply = asyncio.run(exchange(gateway.port, data))
    assert reply.status == 402
    # What was spent before the limit was set counts: one token of 100 USD per million.
    assert reply.json()["error"]["metadata"]["spent_usd"] == "0.000100000000"
    gateway.run("limit", "remove", "u2")
    assert asyncio.run(exchange(gateway.port, data)).status == 200


def test_a_request_larger_than_the_rest_is_told_the_output_that_would_fit(gateway):
    gateway.limit("u3", "--daily", "0.005", "--hard-stop")
    headers = {"x-spendfuse-user": "u3"}
    reply = asyncio.run(exchange(
        gateway.port, post("/stub/v1/chat/completions", chat("OUTPUT=10"), headers)))
    assert reply.status == 402
    assert reply.json()["error"]["code"] == "request_exceeds_budget"
    assert "a max_tokens of at most 50 would fit" in reply.json()["error"]["message"]
    fitting = post("/stub/v1/chat/completions", chat("OUTPUT=50", maximum=50), headers)
    assert asyncio.run(exchange(gateway.port, fitting)).status == 200


def test_thresholds_are_alerted_once_across_restarts(gateway, stub):
    gateway.limit("u4", "--daily", "0.1")
    headers = {"x-spendfuse-user": "u4"}
    for _ in range(11):
        data = post("/stub/v1/chat/completions", chat("OUTPUT=100"), headers)
        assert asyncio.run(exchange(gateway.port, data)).status == 200
    wait_until_settled(gateway)
    assert gateway.status()["unacknowledged_alerts"] == "4"
    assert gateway.stop() == 0
    gateway.start()
    asyncio.run(exchange(gateway.port, post("/stub/v1/chat/completions", chat(), headers)))
    wait_until_settled(gateway)
    assert gateway.status()["unacknowledged_alerts"] == "4"


@pytest.mark.parametrize("fields, code", [
    ({"model": "no-such-model"}, "unpriced_model"),
    ({"tools": [{"type": "web_search"}]}, "unbounded_request"),
])
def test_what_cannot_be_bounded_is_refused_under_a_hard_limit_with_the_remedy(
        gateway, stub, fields, code):
    gateway.limit("system", "--monthly", "5", "--hard-stop")
    body = dict(chat(), **fields)
    reply = asyncio.run(exchange(gateway.port, post("/stub/v1/chat/completions", body)))
    assert reply.status == 400 and reply.json()["error"]["code"] == code
    assert not stub.charges


def test_an_unlisted_route_is_refused_under_a_hard_limit_and_passed_flagged_otherwise(
        gateway, stub):
    data = post("/stub/v1/fine_tuning/jobs", {"training_file": "a fuse"})
    assert asyncio.run(exchange(gateway.port, data)).status == 200
    wait_until_settled(gateway)
    assert gateway.calls()[0]["metadata"] == {"unmetered": True}
    gateway.limit("system", "--monthly", "5", "--hard-stop")
    assert asyncio.run(exchange(gateway.port, data)).json()["error"]["code"] == "route_not_metered"
    assert len(stub.charges) == 1
