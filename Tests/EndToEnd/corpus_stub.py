"""Serves recorded replies, cut at random places, by the case that the query names."""

import asyncio
import base64
import random
import re

from http_stub import HTTPStub, write_chunk


def reply_bytes(case):
    body = case["response_body"] or ""
    return base64.b64decode(body) if case["response_body_encoding"] == "base64" \
        else body.encode()


class CorpusStub(HTTPStub):
    def __init__(self, cases):
        self.cases = cases
        super().__init__()

    async def answer(self, writer, method, target, headers, body):
        case = self.cases[re.search(r"CASE=([\w.-]+)", target)[1]]
        seed = re.search(r"CUT=([\w.-]+)", target)[1]
        await self._reply(writer, case, random.Random(f"{seed}{case['id']}"))

    async def _reply(self, writer, case, rng):
        fields = {name.lower(): value for name, value in (case["response_headers"] or {}).items()}
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
            await write_chunk(writer, piece)
            if rng.random() < 0.02:
                await writer.drain()
                await asyncio.sleep(0)
            start += len(piece)
        await write_chunk(writer, b"")
        await writer.drain()
