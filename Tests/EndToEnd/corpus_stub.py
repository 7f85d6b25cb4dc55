"""Serves recorded replies, cut at random places, by the case that the query names."""

import asyncio
import base64
import random
import re
import threading


def reply_bytes(case):
    body = case["response_body"] or ""
    return base64.b64decode(body) if case["response_body_encoding"] == "base64" \
        else body.encode()


class CorpusStub:
    def __init__(self, cases):
        self.cases = cases
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(10)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def _listen(self):
        return await asyncio.start_server(
            self._serve, "127.0.0.1", 0, backlog=1024, limit=64 * 1024 * 1024)

    def stop(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def _serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?im)^content-length: *(\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                target = head.split(" ", 2)[1]
                case = self.cases[re.search(r"CASE=([\w.-]+)", target)[1]]
                seed = re.search(r"CUT=([\w.-]+)", target)[1]
                await self._reply(writer, case, random.Random(f"{seed}{case['id']}"))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _reply(self, writer, case, rng):
        fields = {name.lower(): value for name, value in case["response_headers"].items()}
        kept = [name for name in fields
                if name == "content-type" or name.startswith("x-amzn-bedrock")]
        head = [f"HTTP/1.1 {case['response_status']} Recorded", "transfer-encoding: chunked"]
        head += [f"{name}: {fields[name]}" for name in kept]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n")
        data = reply_bytes(case)
        # Long replies in fewer pieces, so that ten thousand cases take a minute.
        sizes = [1, 2, 3, 7, 50, 333, 1500, 5000] if len(data) < 20_000 else [7, 999, 20_000]
        start = 0
        while start < len(data):
            piece = data[start:start + rng.choice(sizes)]
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            if rng.random() < 0.02:
                await writer.drain()
                await asyncio.sleep(0)
            start += len(piece)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
