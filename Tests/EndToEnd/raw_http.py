"""A small asyncio client, so that thousands of calls can be open at once and hang up where told."""

import asyncio
import json
import resource

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Reply:
    def __init__(self, status, headers, body, complete):
        self.status, self.headers, self.body, self.complete = status, headers, body, complete

    def json(self):
        return json.loads(self.body)


async def exchange(port, data, hang_up_after=None, timeout=60):
    """Sends `data` on a connection of its own; hangs up after so many bytes of the reply."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    try:
        writer.write(data)
        await writer.drain()
        if hang_up_after == 0:
            return None
        return await asyncio.wait_for(read_reply(reader, hang_up_after), timeout)
    finally:
        writer.close()


async def read_reply(reader, hang_up_after=None):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ")[1])
    headers = {}
    for line in head[1:]:
        if ":" in line:
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
    body = b""
    try:
        if headers.get("transfer-encoding") == "chunked":
            while True:
                size = int((await reader.readline()).strip(), 16)
                body += await reader.readexactly(size)
                await reader.readexactly(2)
                if size == 0:
                    return Reply(status, headers, body, True)
                if hang_up_after is not None and len(body) > hang_up_after:
                    return Reply(status, headers, body, False)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Reply(status, headers, body, True)
    except asyncio.IncompleteReadError as cut:
        return Reply(status, headers, body + cut.partial, False)
    except ValueError:
        return Reply(status, headers, body, False)


def request(method, path, body=b"", headers=None):
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def post(path, body, headers=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request("POST", path, data, {"content-type": "application/json", **(headers or {})})


def chat(words="", model="penny", stream=False, maximum=100, **fields):
    body = {"model": model, "max_tokens": maximum,
            "messages": [{"role": "user", "content": f"hello {words}"}], **fields}
    if stream:
        body["stream"] = True
    return body


def call(gateway, output=10, headers=None, maximum=None, **fields):
    """One chat call of `output` tokens to the stub behind `gateway`."""
    body = dict(chat(f"OUTPUT={output}", maximum=maximum or output), **fields)
    data = post("/stub/v1/chat/completions", body, headers or {})
    return asyncio.run(exchange(gateway.port, data))
