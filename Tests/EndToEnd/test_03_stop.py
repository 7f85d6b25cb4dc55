"""SIGTERM finishes streams, settles and exits 0; a second one exits at once."""

import asyncio
import signal
import time

from raw_http import chat, exchange, post


def test_a_stop_finishes_streams_settles_and_exits_zero(gateway, stub):
    async def stream_over_stop():
        data = post("/stub/v1/chat/completions", chat("OUTPUT=20 GAP=0.05", stream=True))
        running = asyncio.create_task(exchange(gateway.port, data))
        await asyncio.sleep(0.4)
        gateway.process.send_signal(signal.SIGTERM)
        return await running

    reply = asyncio.run(stream_over_stop())
    assert reply.complete and reply.body.endswith(b"data: [DONE]\n\n")
    assert gateway.process.wait(20) == 0
    gateway.process = None
    row = gateway.calls()[0]
    assert row["usage_status"] == "exact" and row["output_tokens"] == 20
    assert gateway.status()["open_holds"] == "0"


def test_a_stopping_gateway_takes_no_new_connection(gateway, stub):
    async def late():
        data = post("/stub/v1/chat/completions", chat("OUTPUT=20 GAP=0.05", stream=True))
        running = asyncio.create_task(exchange(gateway.port, data))
        await asyncio.sleep(0.3)
        gateway.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        try:
            await exchange(gateway.port, post("/stub/v1/chat/completions", chat()))
            refused = False
        except (ConnectionError, asyncio.IncompleteReadError):
            refused = True
        await running
        return refused

    assert asyncio.run(late())
    assert gateway.process.wait(20) == 0
    gateway.process = None


def test_a_second_signal_ends_it_at_once_and_the_restart_books_the_hold(gateway, stub):
    async def stuck():
        data = post("/stub/v1/chat/completions", chat("HANG"))
        running = asyncio.create_task(exchange(gateway.port, data))
        await asyncio.sleep(0.4)
        gateway.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.4)
        assert gateway.process.poll() is None
        began = time.time()
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.wait(5)
        assert time.time() - began < 3
        running.cancel()

    asyncio.run(stuck())
    gateway.process = None
    assert gateway.status()["open_holds"] == "1"
    gateway.start()
    row = gateway.calls()[0]
    assert row["usage_status"] == "estimated" and row["cost_usd"] == "0.010000000000"
    assert gateway.status()["open_holds"] == "0"


def test_a_gateway_whose_log_nobody_reads_any_more_goes_on_and_stops_well(tmp_path, stub):
    import subprocess
    from gateway import BINARY, ROOT, Gateway, clean_environment
    gateway = Gateway(tmp_path, stub)
    process = subprocess.Popen(
        [BINARY, "serve", "--config", gateway.config], stderr=subprocess.PIPE, text=True,
        env=clean_environment(), cwd=ROOT)
    Gateway.running.add(process)
    url = None
    while url is None:
        line = process.stderr.readline()
        url = line.split("listening on ")[1].strip() if "listening on http" in line else None
    time.sleep(0.3)
    process.stderr.close()
    port = int(url.rsplit(":", 1)[1])
    assert asyncio.run(exchange(port, post("/stub/v1/chat/completions", chat()))).status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
