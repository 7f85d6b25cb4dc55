"""A provider of any dialect: answers each path by a script, and remembers what it was asked."""

import asyncio
import json
import re
import struct

from http_stub import HTTPStub, write_chunk


def events(documents, done=False):
    data = "".join(f"data: {json.dumps(document)}\n\n" for document in documents)
    return (data + ("data: [DONE]\n\n" if done else "")).encode()


def frames(documents, wrap=None):
    """Documents in AWS event frames, with true checksums, as the SDK checks them."""
    import zlib
    result = b""
    for kind, document in documents:
        payload = json.dumps(document).encode()
        if wrap:
            payload = wrap(payload)
        headers = b""
        for name, value in ((":message-type", "event"), (":event-type", kind),
                            (":content-type", "application/json")):
            headers += bytes([len(name)]) + name.encode() + b"\x07" \
                + struct.pack(">H", len(value)) + value.encode()
        prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
        prelude += struct.pack(">I", zlib.crc32(prelude))
        message = prelude + headers + payload
        result += message + struct.pack(">I", zlib.crc32(message))
    return result


class Answer:
    def __init__(self, body, kind="application/json", status=200, headers=None, pieces=1,
                 pause=0.0):
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.kind, self.status, self.headers = kind, status, headers or {}
        self.pieces, self.pause = pieces, pause


class ScriptedStub(HTTPStub):
    def __init__(self):
        self.script = []
        self.requests = []
        super().__init__()

    def on(self, pattern, answer):
        """Requests whose `METHOD /path` fits the pattern get this; a list is used up in turn."""
        self.script.insert(0, (re.compile(pattern), answer))

    async def answer(self, writer, method, target, headers, body):
        self.requests.append((method, target, headers, body))
        await self._answer(writer, method, target)

    async def _answer(self, writer, method, target):
        for pattern, answer in self.script:
            if pattern.search(f"{method} {target}"):
                if isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                break
        else:
            answer = Answer({"error": f"no script for {method} {target}"}, status=404)
        head = [f"HTTP/1.1 {answer.status} Scripted", f"content-type: {answer.kind}",
                "transfer-encoding: chunked"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n")
        size = max(1, -(-len(answer.body) // answer.pieces))
        for start in range(0, len(answer.body), size):
            piece = answer.body[start:start + size]
            await write_chunk(writer, piece)
            await writer.drain()
            if answer.pause:
                await asyncio.sleep(answer.pause)
        await write_chunk(writer, b"")
        await writer.drain()
