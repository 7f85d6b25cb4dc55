"""The shared store stops, starts, freezes, fails and loses its last word, under load."""

import asyncio
import os
import random
import threading
import time

import pytest

from gateway import Gateway, picodollars
from postgres_relay import PostgresRelay
from private_postgres import PrivatePostgres, wait_until
from raw_http import chat, exchange, post
from test_20_replicas import DOLLAR, PATH, Fleet, burst, spend_the_rest

# The full proof runs 200 cycles; a usual run fewer.
CYCLES = int(os.environ.get("SPENDFUSE_TEST_CYCLES", 12))


@pytest.fixture
def own_postgres():
    """A server that the test may stop."""
    server = PrivatePostgres()
    yield server
    server.remove()


def one(gateway, tokens=10):
    return asyncio.run(exchange(
        gateway.port, post(PATH, chat(f"OUTPUT={tokens}", maximum=tokens)), timeout=30))


def test_policies_of_an_outage(tmp_path, stub, own_postgres):
    fleet = Fleet(tmp_path, stub, own_postgres, 1).start()
    gateway = fleet.first
    gateway.run("limit", "set", "closed", "--daily", "5", "--hard-stop")
    gateway.run("limit", "set", "bounded", "--daily", "5", "--hard-stop",
                "--on-store-outage", "bounded:0.005")
    gateway.run("limit", "set", "open", "--daily", "5", "--hard-stop",
                "--on-store-outage", "open_unbounded")
    gateway.limit("told", "--daily", "0.001")

    def call(user):
        data = post(PATH, chat("OUTPUT=10", maximum=10), {"x-spendfuse-user": user})
        return asyncio.run(exchange(gateway.port, data, timeout=30))

    assert [call(user).status for user in ("closed", "bounded", "open", "told")] == [200] * 4
    # Their slices go back while nothing is asked.
    fleet.at_rest()
    own_postgres.stop()
    time.sleep(0.5)
    closed = call("closed")
    assert closed.status == 503 and "retry-after" in closed.headers
    error = closed.json()["error"]
    assert "user:closed" in error["message"] and "--on-store-outage" in error["message"]
    assert closed.headers["x-spendfuse-error"] == "budget_store_unavailable"
    assert [call("bounded").status for _ in range(7)] == [200] * 5 + [503] * 2
    assert {call("open").status for _ in range(20)} == {200}
    assert call("told").status == call("nobody").status == 200
    ready = asyncio.run(exchange(int(gateway.admin.rsplit(":", 1)[1]),
                                 b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
    assert ready.status == 200 and b"shared store is away" in ready.body
    own_postgres.start()
    wait_until(lambda: call("closed").status == 200, 5, "the gateway does not come back")
    time.sleep(2)
    assert len(fleet.rows()) == len(stub.charges)
    fleet.at_rest()
    spent = {row["scope"]: row["spent_usd"] for row in gateway.status()["rows"]}
    assert spent["user:bounded"] == "0.006000000000"
    assert spent["user:open"] == "0.021000000000"
    fleet.stop()


def test_a_transaction_that_holds_up_rows_refuses_no_call(tmp_path, stub, postgres):
    fleet = Fleet(tmp_path, stub, postgres, 1).start()
    fleet.first.limit("system", "--daily", "5", "--hard-stop")
    assert one(fleet.first).status == 200
    # An app writes rows and leaves its transaction open: the next writer of rows has to wait.
    app = threading.Thread(target=postgres.query, args=(fleet.name, """BEGIN;
        INSERT INTO api_cost_tracking (user_id, endpoint, model, cost_usd)
        VALUES ('app', 'chat', 'm', 1); SELECT pg_sleep(10); COMMIT"""))
    app.start()
    time.sleep(1)
    assert [one(fleet.first).status for _ in range(20) if not time.sleep(0.3)] == [200] * 20
    assert "store.away" not in fleet.first.log.read_text()
    app.join()
    wait_until(lambda: len(fleet.rows()) == 22, 10, "the rows are not written")
    fleet.stop()


def test_a_gateway_starts_without_the_store_that_it_knows(tmp_path, stub, own_postgres):
    fleet = Fleet(tmp_path, stub, own_postgres, 1).start()
    fleet.first.limit("system", "--daily", "5", "--hard-stop")
    assert one(fleet.first).status == 200
    fleet.stop()
    own_postgres.stop()
    fleet.start()
    assert one(fleet.first).status == 503
    own_postgres.start()
    wait_until(lambda: one(fleet.first).status == 200, 5, "the gateway does not come back")
    fleet.stop()


def test_a_store_that_was_never_reached_is_a_clear_error(tmp_path, stub):
    gateway = Gateway(tmp_path, stub, database="postgresql://u:hush@127.0.0.1:1/none")
    with pytest.raises(AssertionError, match="database.url"):
        gateway.start()
    assert "hush" not in gateway.log.read_text()
    failed = gateway.run("status", check=False)
    assert failed.returncode == 5 and "hush" not in failed.stderr
    assert "database.url" in failed.stderr


def churn(relay, server, rng):
    """One of the things that can happen to a store."""
    kind = rng.choice(["stop", "freeze", "cut", "lose", "fail"])
    if kind == "stop":
        server.stop("immediate" if rng.random() < 0.5 else "fast")
        time.sleep(rng.random() * 0.3)
        server.start()
    elif kind == "freeze":
        server.freeze()
        time.sleep(rng.random() * 0.8)
        server.thaw()
    elif kind == "cut":
        relay.cut()
    elif kind == "lose":
        # The answer to a COMMIT is lost with its connection.
        relay.lose_commits(rng.randint(1, 3))
    else:
        relay.fail_statements(rng.randint(2, 9))
        time.sleep(0.3)
        relay.fail_statements(0)
    return kind


def test_cycles_of_failures_lose_double_and_overspend_nothing(tmp_path, stub, own_postgres):
    relay = PostgresRelay(own_postgres.folder)
    fleet = Fleet(tmp_path, stub, own_postgres, 2)
    for gateway in fleet.gateways:
        text = gateway.config.read_text()
        gateway.config.write_text(text.replace(str(own_postgres.folder), str(relay.folder)))
    fleet.start()
    limit = 20 * DOLLAR
    fleet.first.limit("system", "--total", "20", "--hard-stop")
    ended = threading.Event()
    replies = []

    def load():
        while not ended.is_set():
            replies.extend(burst(fleet, 100, lambda index: "OUTPUT=10", 10))
            time.sleep(0.3)

    loader = threading.Thread(target=load)
    loader.start()
    rng = random.Random(5)
    kinds = [churn(relay, own_postgres, rng) for _ in range(CYCLES) if not time.sleep(0.2)]
    ended.set()
    loader.join()
    relay.calm()
    charged = len(stub.charges)
    wait_until(lambda: int(fleet.query(
        "SELECT count(*) FROM api_cost_tracking WHERE status <> 'blocked'")[0][0]) == charged,
        2, f"delivery is not complete two seconds after the store's return: {kinds}")
    assert stub.charged <= limit
    fleet.at_rest()
    rows = fleet.query("""SELECT count(*), count(DISTINCT call_id),
        (sum(cost_usd) * 1000000000000)::bigint FROM api_cost_tracking
        WHERE status <> 'blocked'""")[0]
    assert rows == [str(charged), str(charged), str(stub.charged)], kinds
    spent = picodollars(fleet.first.status()["rows"][0]["spent_usd"])
    assert spent == stub.charged, kinds
    statuses = {reply.status for _, reply, _ in replies if reply is not None}
    assert statuses <= {200, 402, 429, 503}, statuses
    assert charged > 100
    fleet.stop()
    relay.stop()
