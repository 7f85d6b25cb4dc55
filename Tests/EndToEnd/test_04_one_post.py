"""One call is one POST, whatever happens to the connection that it goes out on."""

import asyncio
import os
import threading

import pytest

from gateway import Gateway
from raw_http import chat, exchange, post

# Ten megabytes take long, so a usual run tries them less often than SPENDFUSE_LONG_TESTS=1.
TRIES = 1000
LARGE_TRIES = 1000 if os.environ.get("SPENDFUSE_LONG_TESTS") else 100
SIZES = {"0 B": 0, "2 KB": 2_048, "200 KB": 204_800, "10 MB": 10_485_760}


class Killer:
    """Serves one request on each connection well, so that it is reused, and kills the next one:
    before it is read, in the middle of it, or behind it."""

    def __init__(self):
        self.seen = {}
        self.turn = 0
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.server = asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(10)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def _listen(self):
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**25)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def _serve(self, reader, writer):
        try:
            await self._request(reader)
            self._reply(writer)
            kind = self.turn % 4
            self.turn += 1
            if kind == 0:  # Before the request: the pool finds the connection closed, or half so.
                await asyncio.sleep(0.002)
                writer.transport.abort()
            elif kind == 1:  # During the head or body.
                await reader.readexactly(64)
                self._count((await reader.read(4096)) or b"")
                writer.transport.abort()
            elif kind == 2:  # After the whole request, without an answer.
                await self._request(reader)
                writer.transport.abort()
            else:  # After the whole request, closed in order.
                await self._request(reader)
                writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _count(self, data):
        marker = data.split(b"MARK=")[1].split(b" ")[0].decode() if b"MARK=" in data else None
        if marker:
            self.seen[marker] = self.seen.get(marker, 0) + 1

    async def _request(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            if line.startswith(b"user-agent: mark="):
                name = line.split(b"mark=")[1].decode()
                self.seen[name] = self.seen.get(name, 0) + 1
        if length:
            await reader.readexactly(length)

    @staticmethod
    def _reply(writer):
        body = b'{"usage":{"prompt_tokens":1,"completion_tokens":1}}'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                     + str(len(body)).encode() + b"\r\n\r\n" + body)


@pytest.mark.parametrize("name", SIZES)
def test_a_reused_connection_that_dies_never_makes_a_second_post(tmp_path, name):
    killer = Killer()
    gateway = Gateway(tmp_path, killer).start()
    size = SIZES[name]
    tries = TRIES if size <= 204_800 else LARGE_TRIES
    statuses = {}

    async def run():
        for index in range(tries):
            headers = {"user-agent": f"mark={name.replace(' ', '')}{index}"}
            if size:
                data = post("/stub/v1/chat/completions", chat("x" * size), headers)
            else:
                data = post("/stub/v1/anything", b"", headers)
            reply = await exchange(gateway.port, data)
            statuses[reply.status] = statuses.get(reply.status, 0) + 1

    asyncio.run(run())
    killer.stop()
    assert max(killer.seen.values()) == 1, "a call was sent twice"
    assert statuses.keys() <= {200, 502}
    assert statuses[200] >= tries // 3 and statuses.get(502, 0) >= tries // 10, statuses
    rows = gateway.calls()
    assert len(rows) == tries
    # What may have been charged is never booked as free.
    for row in rows:
        if size and row["usage_status"] == "estimated":
            assert row["cost_usd"] == row["held_usd"] != "0.000000000000"
    assert gateway.stop() == 0
