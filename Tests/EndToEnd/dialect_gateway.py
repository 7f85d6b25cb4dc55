"""A gateway whose upstreams are all one scripted stub, and calls to it."""

import decimal
import json
import time
import urllib.request

import pytest

from gateway import Gateway
from scripted_stub import ScriptedStub

NAMES = ["openai", "anthropic", "google", "vertex", "azure", "cohere", "groq", "mistral", "xai",
         "openrouter", "perplexity", "ollama", "assemblyai", "deepgram", "together"]


@pytest.fixture
def scripted():
    stub = ScriptedStub()
    yield stub
    stub.stop()


@pytest.fixture
def gateway(tmp_path, scripted):
    gateway = start(tmp_path, scripted)
    yield gateway
    assert gateway.stop() in (0, None)


def start(directory, stub):
    entries = "".join(f"  {name}: {{ url: {stub.url}, key: sk-{name}-canary }}\n"
                      for name in NAMES)
    entries += (f"  bedrock: {{ url: {stub.url}, region: eu-west-1,"
                " key: AKIDEXAMPLE:wJalrXUtnFEMI:session-token }\n"
                f"  weather: {{ dialect: http, provider: weather, url: {stub.url}/v3 }}\n")
    gateway = Gateway(directory, stub, upstreams=entries)
    (gateway.pricing / "weather.yaml").write_text("""schema: 1
provider: weather
version: 2026-11-20
models:
  - id: forecast
    matches: ["v3/forecast*", "forecast*"]
    prices:
      - per_thousand: { request: 2.50 }
""")
    return gateway.start()


def call(gateway, path, body=None, method=None, headers=None):
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        gateway.url + path, data=data, method=method or ("GET" if data is None else "POST"),
        headers={"content-type": "application/json", **(headers or {})})
    with urllib.request.urlopen(request, timeout=20) as reply:
        return reply.read()


def rows(gateway, count=1, seconds=10):
    deadline = time.time() + seconds
    while time.time() < deadline:
        found = gateway.calls()
        if len(found) >= count and gateway.status()["open_holds"] == "0":
            return found
        time.sleep(0.05)
    raise AssertionError(f"{count} rows did not appear: {found}")


def usd(text):
    return int(decimal.Decimal(text) * 10**12)
