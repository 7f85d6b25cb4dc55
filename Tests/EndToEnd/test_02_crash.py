"""kill -9 at any moment: no row is lost or doubled, and nothing that was sent becomes free."""

import asyncio
import os
import random
import sqlite3

from gateway import Gateway, picodollars
from raw_http import chat, exchange, post

KILLS = int(os.environ.get("SPENDFUSE_TEST_KILLS", 50))


def test_fifty_kills_under_load_lose_no_row_and_double_none(tmp_path, stub):
    gateway = Gateway(tmp_path, stub, upstream_options=", on_client_disconnect: drain")
    rng = random.Random(7)
    delivered = {}
    marks = iter(range(10**9))

    async def client(stopping):
        while not stopping.is_set():
            mark = f"m{next(marks)}"
            body = chat(f"MARK={mark} OUTPUT={rng.randint(1, 100)}", stream=rng.random() < 0.5)
            data = post("/stub/v1/chat/completions", body, {"x-spendfuse-session": mark})
            try:
                reply = await exchange(gateway.port, data, timeout=5)
                if reply and reply.status == 200 and reply.complete:
                    delivered[mark] = reply.headers["x-spendfuse-call-id"]
            except (ConnectionError, OSError, asyncio.IncompleteReadError, TimeoutError):
                await asyncio.sleep(0.005)

    async def load(seconds):
        stopping = asyncio.Event()
        clients = [asyncio.create_task(client(stopping)) for _ in range(16)]
        await asyncio.sleep(seconds)
        gateway.kill()
        stopping.set()
        await asyncio.gather(*clients)

    gateway.run("limit", "set", "system", "--total", "1000", "--hard-stop")
    gateway.run("limit", "set", "user:*", "--daily", "1000", "--rolling", "30d=1000")
    for _ in range(KILLS):
        gateway.start()
        asyncio.run(load(0.05 + rng.random() * 0.25))
    gateway.start()
    rows = {}
    for row in gateway.calls():
        assert row["session_id"] not in rows, "a row is doubled"
        rows[row["session_id"]] = row
    charges = {charge.marker: charge for charge in stub.charges}
    assert len(charges) == len(stub.charges) > 500, "a call was sent twice, or nothing ran"
    for mark, charge in charges.items():
        row = rows.get(mark)
        assert row is not None, f"the row of {mark} is lost"
        cost = picodollars(row["cost_usd"])
        if mark in delivered:
            assert row["usage_status"] == "exact" and cost == charge.picodollars
            assert row["call_id"] == delivered[mark]
        else:
            assert cost >= charge.picodollars
            assert row["usage_status"] in ("exact", "estimated")
    for mark in rows.keys() - charges.keys():
        assert rows[mark]["usage_status"] in ("estimated", "absent")
    assert gateway.status()["open_holds"] == "0"
    # The budgets' own sums are those of the rows, over all the deaths.
    booked = sum(picodollars(row["cost_usd"]) for row in rows.values())
    spent = [picodollars(row["spent_usd"]) for row in gateway.status()["rows"]]
    assert spent == [booked] * 3
    assert gateway.stop() == 0
    database = sqlite3.connect(gateway.state / "ledger.sqlite")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    performance = database.execute(
        "SELECT count(*), count(DISTINCT call_id) FROM model_performance_metrics").fetchone()
    assert performance == (len(rows), len(rows))
