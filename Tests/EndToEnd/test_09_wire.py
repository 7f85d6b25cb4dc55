"""Bytes and connections: large replies, slow readers, closed connections, TLS."""

import asyncio
import pathlib
import ssl
import subprocess
import threading
import time

import pytest

from gateway import Gateway
from raw_http import chat, exchange, post, read_reply


class Server:
    """An upstream whose whole behaviour is one coroutine."""

    def __init__(self, serve, tls=None):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

        async def listen():
            return await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        self.server = asyncio.run_coroutine_threadsafe(listen(), self.loop).result(10)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"


async def skip_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    await reader.readexactly(int(lengths[0].split(b":")[1]))


def resident_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


@pytest.mark.parametrize("closes", [True, False])
def test_a_large_reply_reaches_a_slow_reader_whole(tmp_path, closes):
    size = 8_000_000

    async def serve(reader, writer):
        await skip_request(reader)
        body = b'{"x":"' + b"y" * size + b'","usage":{"prompt_tokens":1,"completion_tokens":2}}'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                     + str(len(body)).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    gateway = Gateway(tmp_path, Server(serve)).start()

    async def read():
        headers = {"connection": "close"} if closes else {}
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=65_536)
        writer.write(post("/stub/v1/chat/completions", chat(), headers))
        await asyncio.sleep(1)
        reply = await read_reply(reader)
        writer.close()
        return reply

    reply = asyncio.run(read())
    assert reply.complete and len(reply.body) > size
    assert gateway.calls()[0]["output_tokens"] == 2
    assert gateway.stop() == 0


def test_a_reader_that_is_behind_holds_the_upstream_back_and_memory_down(tmp_path):
    sent = 0

    async def serve(reader, writer):
        nonlocal sent
        await skip_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                     b"transfer-encoding: chunked\r\n\r\n")
        event = b'data: {"choices":[{"delta":{"content":"' + b"z" * 60_000 + b'"}}]}\n\n'
        chunk = f"{len(event):x}\r\n".encode() + event + b"\r\n"
        for _ in range(5_000):
            writer.write(chunk)
            await writer.drain()
            sent += len(event)

    gateway = Gateway(tmp_path, Server(serve)).start()

    async def read_slowly():
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=65_536)
        writer.write(post("/stub/v1/chat/completions", chat(stream=True)))
        taken = 0
        for _ in range(30):
            taken += len(await reader.read(65_536))
            await asyncio.sleep(0.05)
        peak = resident_mib(gateway.process)
        writer.close()
        return taken, peak

    taken, peak = asyncio.run(read_slowly())
    # What is under way lies in socket buffers and in the bounds of both sides of the gateway.
    assert sent < taken + 40_000_000
    assert peak < 150
    gateway.kill()


def test_an_idle_connection_is_not_answered_behind_the_clients_back(tmp_path, stub):
    gateway = Gateway(tmp_path, stub, config="limits: { head_seconds: 1, idle_seconds: 4 }").start()

    async def run():
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await read_reply(reader)).status == 404
        await asyncio.sleep(2.5)
        writer.write(post("/stub/v1/chat/completions", chat("OUTPUT=1")))
        return await read_reply(reader)

    assert asyncio.run(run()).status == 200
    assert gateway.stop() == 0


def test_an_upstream_that_nobody_trusts_gets_no_byte_of_the_request(tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
         tmp_path / "key.pem", "-out", tmp_path / "cert.pem", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    received = []

    async def serve(reader, writer):
        received.append(await reader.read(100_000))
        body = b'{"usage":{"prompt_tokens":1,"completion_tokens":2}}'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                     + str(len(body)).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    server = Server(serve, context)
    data = post("/stub/v1/chat/completions", chat())
    for name, config, status in (
            ("untrusted", "", 502), ("trusted", f"certificates: {tmp_path}/cert.pem", 200)):
        folder = tmp_path / name
        folder.mkdir()
        gateway = Gateway(folder, server, config=config).start()
        reply = asyncio.run(exchange(gateway.port, data))
        assert reply.status == status, reply.body
        if status == 502:
            assert reply.json()["error"]["code"] == "upstream_unreachable" and not received
            assert gateway.calls()[0]["cost_usd"] == "0.000000000000"
        assert gateway.stop() == 0


def test_an_upstream_is_found_by_its_name_again_and_again(tmp_path, stub):
    """A name goes through libcurl's resolver, whose sockets come and go beside the connections'."""
    text = Gateway(tmp_path, stub).config.read_text()
    gateway = Gateway(tmp_path, stub)
    gateway.config.write_text(text.replace("127.0.0.1:" + str(stub.port),
                                           "localhost.localdomain:" + str(stub.port)))
    hosts = pathlib.Path("/etc/hosts").read_text()
    if "localhost.localdomain" not in hosts:
        gateway.config.write_text(text.replace("127.0.0.1:" + str(stub.port),
                                               "localhost:" + str(stub.port)))
    gateway.start()

    async def run():
        began = time.time()
        replies = await asyncio.gather(*(
            exchange(gateway.port, post("/stub/v1/chat/completions", chat("OUTPUT=1")))
            for _ in range(200)))
        return replies, time.time() - began

    replies, _ = asyncio.run(run())
    assert {reply.status for reply in replies} == {200}
    assert gateway.stop() == 0


def test_a_read_only_client_of_the_base_url_is_helped(gateway):
    probe = asyncio.run(exchange(gateway.port, b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n"))
    assert probe.status == 200 and probe.body == b""
    reply = asyncio.run(exchange(gateway.port, post("/v2/chat", {})))
    assert reply.status == 404 and "/openai/v1" in reply.json()["error"]["message"]
    assert reply.headers["x-spendfuse-decision"] == "block"


def test_health_and_metrics_are_on_the_admin_listener(gateway):
    import urllib.request
    gateway.limit("system", "--daily", "3")
    for path, text in (("/healthz", "ok"), ("/readyz", "ready"),
                       ("/metrics", 'spendfuse_budget_limit_usd{budget="system",window="daily"} 3')):
        with urllib.request.urlopen(gateway.admin + path) as reply:
            assert text in reply.read().decode()
