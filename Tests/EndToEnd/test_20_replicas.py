"""Several gateways on one PostgreSQL and one budget: together never over it, and all of it spent."""

import asyncio
import collections
import random
import shutil
import threading
import time

import pytest

from gateway import Gateway, picodollars
from private_postgres import wait_until
from raw_http import chat, exchange, post

PATH = "/stub/v1/chat/completions"
DOLLAR = 10**12
CALLS = 10_000
CONFIG = "limits: { maximum_connections: 15000, head_seconds: 60 }"


class Fleet:
    def __init__(self, folder, stub, postgres, count, config=CONFIG):
        self.postgres, self.stub = postgres, stub
        self.name = postgres.database()
        self.gateways = []
        for number in range(count):
            self.gateways.append(Gateway(
                folder / f"r{number}", stub, config=config, database=postgres.url(self.name),
                upstream_options=", on_client_disconnect: drain"))

    def start(self):
        for gateway in self.gateways:
            gateway.peers = self.gateways
            gateway.start()
        return self

    @property
    def first(self):
        return self.gateways[0]

    def query(self, sql):
        return self.postgres.query(self.name, sql)

    @property
    def leased(self):
        return self.query("SELECT coalesce(sum(leased_usd), 0) FROM budget_windows")[0][0]

    def at_rest(self, seconds=30):
        wait_until(lambda: float(self.leased) == 0, seconds, "slices are leased at rest")

    def rows(self):
        return [row for row in self.first.calls() if row["status"] != "blocked"]

    def stop(self):
        for gateway in self.gateways:
            assert gateway.stop() in (0, None), gateway.log.read_text()[-2000:]


@pytest.fixture
def fleet(tmp_path, stub, postgres):
    fleets = []

    def make(count, **options):
        fleets.append(Fleet(tmp_path, stub, postgres, count, **options))
        return fleets[-1].start()

    yield make
    for made in fleets:
        made.stop()


# Connections that broke, by what was wrong.
failures = []


def burst(fleet, count, words, maximum, fields=None, again=False):
    """Sends calls to all gateways in turn; returns their replies with the time of each.

    `again`: ten thousand connections at once can be too many for the machine, so that one that
    cannot be made is tried again."""
    async def run():
        async def one(index):
            await asyncio.sleep(index * 0.0005)
            data = post(PATH, chat(words(index), maximum=maximum), fields(index) if fields else {})
            for attempt in range(3):
                # Read each time: a gateway that was started anew listens elsewhere.
                port = fleet.gateways[index % len(fleet.gateways)].port
                began = time.monotonic()
                try:
                    return began, await exchange(port, data, timeout=120), time.monotonic()
                except (ConnectionError, asyncio.IncompleteReadError, OSError) as error:
                    if attempt == 2 or not again:
                        failures.append(error)
                        return began, None, time.monotonic()
                    await asyncio.sleep(0.2)
        return await asyncio.gather(*(one(index) for index in range(count)))
    return asyncio.run(run())


def spend_the_rest(fleet, limit, tokens=100):
    """A call whose bound fits is let through once the others' slices have gone back."""
    stub = fleet.stub
    while limit - stub.charged >= 10**8:
        maximum = min(tokens, (limit - stub.charged) // 10**8)
        before = stub.charged
        for gateway in fleet.gateways * 40:
            reply = asyncio.run(exchange(
                gateway.port, post(PATH, chat(f"OUTPUT={maximum}", maximum=maximum))))
            if reply.status == 200:
                break
            assert reply.status in (402, 429), reply.body
            time.sleep(0.1)
        assert stub.charged > before, "a call that fits is refused for ever"


@pytest.mark.parametrize("count", [2, 4, 8])
def test_ten_thousand_calls_over_replicas_spend_one_limit(fleet, stub, count):
    replicas = fleet(count)
    failures.clear()
    replicas.first.limit("system", "--total", "10", "--hard-stop")
    replies = burst(replicas, CALLS, lambda index: "OUTPUT=100 PAUSE=0.05", 100, again=True)
    assert all(reply is not None for _, reply, _ in replies), collections.Counter(
        map(repr, failures))
    codes = collections.Counter(reply.status for _, reply, _ in replies)
    assert set(codes) <= {200, 402, 429}, codes
    assert stub.charged <= 10 * DOLLAR
    # All that was let through when the first was refused.
    first = min(ended for _, reply, ended in replies if reply.status != 200)
    begun = sum(1 for began, reply, _ in replies if reply.status == 200 and began < first)
    assert begun >= 970, f"{begun} of 1000 at the first refusal"
    spend_the_rest(replicas, 10 * DOLLAR)
    assert stub.charged == 10 * DOLLAR
    replicas.at_rest()
    row = replicas.first.status()["rows"][0]
    assert row["spent_usd"] == "10.000000000000" and row["held_usd"] == "0.000000000000"
    rows = replicas.rows()
    assert len(rows) == len(stub.charges)
    assert sum(picodollars(row["cost_usd"]) for row in rows) == 10 * DOLLAR
    assert len({row["call_id"] for row in rows}) == len(rows)


def test_nested_limits_hold_over_replicas(fleet, stub):
    replicas = fleet(3)
    replicas.first.run("limit", "set", "user:*", "--daily", "0.5", "--hard-stop")
    replicas.first.run("limit", "set", "tag:team=a", "--rolling", "1h=0.75", "--hard-stop")
    replicas.first.limit("system", "--total", "2", "--hard-stop")
    burst(replicas, 3_000, lambda index: "OUTPUT=10 PAUSE=0.02", 10, fields=lambda index: {
        "x-spendfuse-user": f"u{index % 8}",
        "x-spendfuse-tags": "team=a" if index % 2 else "team=b"})
    replicas.at_rest()
    rows = {row["scope"]: row for row in replicas.first.status()["rows"]}
    for scope, row in rows.items():
        assert picodollars(row["spent_usd"]) <= picodollars(row["limit_usd"]), scope
        assert row["held_usd"] == "0.000000000000", scope
    assert stub.charged == picodollars(rows["system"]["spent_usd"]) <= 2 * DOLLAR
    assert stub.charged >= DOLLAR * 19 // 10
    users = sum(picodollars(row["spent_usd"]) for scope, row in rows.items()
                if scope.startswith("user:"))
    assert users == stub.charged


def test_replicas_with_clocks_apart_spend_one_day_together(tmp_path, stub, postgres):
    replicas = Fleet(tmp_path, stub, postgres, 3)
    for gateway, offset in zip(replicas.gateways, ("-26h", "+45h", None)):
        gateway.clock_offset = offset
    replicas.start()
    replicas.first.run("limit", "set", "user:*", "--rolling", "2h=2", "--hard-stop")
    replicas.first.limit("system", "--daily", "2", "--hard-stop")
    began = time.time()
    burst(replicas, 600, lambda index: "OUTPUT=100 PAUSE=0.02", 100)
    assert stub.charged <= 2 * DOLLAR
    spend_the_rest(replicas, 2 * DOLLAR)
    replicas.at_rest()
    row = [row for row in replicas.gateways[2].status()["rows"] if row["scope"] == "system"][0]
    assert row["spent_usd"] == "2.000000000000"
    # Rows are dated by the store's clock, whatever their gateway's says.
    assert len(replicas.rows()) == len(stub.charges)
    dated = replicas.query("""SELECT extract(epoch FROM min("timestamp")),
        extract(epoch FROM max("timestamp")) FROM api_cost_tracking""")[0]
    assert began - 5 < float(dated[0]) <= float(dated[1]) < time.time() + 5
    for gateway in replicas.gateways[:2]:
        # The timers of a graceful stop do not end under faketime.
        gateway.kill()
    replicas.stop()


def test_a_limit_reaches_every_replica_from_the_command_line_of_any(fleet, stub):
    replicas = fleet(3)
    replicas.first.run("limit", "set", "system", "--daily", "0.001", "--hard-stop")
    data = post(PATH, chat("OUTPUT=100", maximum=100))
    for gateway in replicas.gateways:
        assert asyncio.run(exchange(gateway.port, data)).status == 402
    # Through another gateway's command line, and back again.
    replicas.gateways[2].run("limit", "set", "system", "--daily", "5", "--hard-stop")
    for gateway in replicas.gateways:
        assert asyncio.run(exchange(gateway.port, data)).status == 200
    replicas.gateways[1].run("limit", "set", "system", "--daily", "0.025", "--hard-stop")
    assert [asyncio.run(exchange(gateway.port, data)).status
            for gateway in replicas.gateways] == [402] * 3


def test_each_threshold_is_alerted_once_over_replicas(fleet, stub):
    replicas = fleet(4)
    replicas.first.limit("system", "--daily", "0.5", "--hard-stop")
    burst(replicas, 400, lambda index: "OUTPUT=10", 10)
    spend_the_rest(replicas, DOLLAR // 2)
    query = "SELECT threshold_pct FROM budget_alerts WHERE kind = 'threshold' ORDER BY 1"
    wait_until(lambda: len(replicas.query(query)) >= 4, 20, "alerts are missing")
    time.sleep(1)
    assert replicas.query(query) == [["50"], ["75"], ["90"], ["100"]]


def test_replicas_that_are_killed_every_second_lose_and_overspend_nothing(fleet, stub):
    replicas = fleet(4)
    replicas.first.limit("system", "--total", "5", "--hard-stop")
    ended = threading.Event()
    kills = 0

    def kill():
        nonlocal kills
        rng = random.Random(4)
        while not ended.wait(1):
            gateway = rng.choice(replicas.gateways)
            gateway.kill()
            gateway.start()
            kills += 1

    killer = threading.Thread(target=kill)
    killer.start()
    delivered = []
    deadline = time.time() + 90
    while kills < 6 and time.time() < deadline:
        for _, reply, _ in burst(
                replicas, 200, lambda index: "OUTPUT=20 PAUSE=0.01", 20):
            if reply is not None and reply.status == 200 and reply.complete:
                delivered.append(reply)
    ended.set()
    killer.join()
    assert kills >= 5
    assert stub.charged <= 5 * DOLLAR
    replicas.at_rest()
    rows = replicas.rows()
    assert len({row["call_id"] for row in rows}) == len(rows)
    booked = sum(picodollars(row["cost_usd"]) for row in rows)
    # Calls that were cut are booked at their bound, which is what they cost or more.
    assert stub.charged <= booked <= 5 * DOLLAR
    assert len(rows) >= len(stub.charges)
    by_id = {row["call_id"]: row for row in rows}
    for reply in delivered:
        row = by_id[reply.headers["x-spendfuse-call-id"]]
        assert row["usage_status"] == "exact" and row["cost_usd"] == "0.002000000000"
    status = replicas.first.status()["rows"][0]
    assert picodollars(status["spent_usd"]) == booked


def test_a_replica_that_sleeps_longer_than_its_lease_spends_nothing_twice(fleet, stub):
    replicas = fleet(2)
    replicas.first.limit("system", "--total", "1", "--hard-stop")
    sleeper, other = replicas.gateways
    burst(replicas, 20, lambda index: "OUTPUT=10", 10)
    sleeper.process.send_signal(19)
    # As if half a minute had passed, after which a process counts as dead.
    replicas.query("UPDATE replicas SET expires_at = now() - interval '1 second' WHERE address ="
                   f" '127.0.0.1:0' AND replica_id = (SELECT replica_id FROM budget_leases"
                   " WHERE amount_usd > 0 ORDER BY amount_usd DESC LIMIT 1)")
    only = Fleet.__new__(Fleet)
    only.gateways, only.stub = [other], stub
    burst(only, 1_000, lambda index: "OUTPUT=10", 10)
    assert stub.charged <= DOLLAR
    sleeper.process.send_signal(18)
    burst(replicas, 1_000, lambda index: "OUTPUT=10", 10)
    assert stub.charged <= DOLLAR
    spend_the_rest(replicas, DOLLAR)
    assert stub.charged == DOLLAR
    replicas.at_rest()
    assert replicas.first.status()["rows"][0]["spent_usd"] == "1.000000000000"


def test_a_copied_state_directory_is_fenced(fleet, stub, tmp_path):
    replicas = fleet(1)
    replicas.first.limit("system", "--total", "1", "--hard-stop")
    burst(replicas, 5, lambda index: "OUTPUT=10", 10)
    time.sleep(0.5)
    copy = Gateway(tmp_path / "copy", stub, config=CONFIG, database=replicas.first.database)
    shutil.copytree(replicas.first.state, copy.state, ignore=shutil.ignore_patterns("lock"))
    copy.start()
    replicas.gateways.append(copy)
    data = post(PATH, chat("OUTPUT=10", maximum=10))
    assert asyncio.run(exchange(copy.port, data)).status == 200
    # The elder has no slices any more, and gets none.
    wait_until(lambda: asyncio.run(exchange(replicas.first.port, data)).status == 503, 15,
               "the elder goes on leasing")
    assert "state directory of its own" in replicas.first.log.read_text()
    assert stub.charged <= DOLLAR
