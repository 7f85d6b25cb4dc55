"""The official anthropic SDK, unchanged, against the real binary."""

import asyncio

import anthropic
import pytest

from private_postgres import wait_until
from test_05_openai_sdk import last

MODEL = "claude-sonnet-4-5"


@pytest.fixture
def client(gateway):
    return anthropic.Anthropic(base_url=f"{gateway.url}/anthropic", api_key="sk-ant-client-canary")


def ask(words):
    return [{"role": "user", "content": words}]


def pick(corpus, stream):
    for case in corpus.values():
        if (case["provider"] == "anthropic" and case["endpoint_kind"] == "messages"
                and case["is_stream"] == stream and case["response_status"] == 200):
            return f"CASE={case['id']} CUT=5"
    return "OUTPUT=5"


def test_plain(client, gateway, corpus):
    reply = client.messages.create(model=MODEL, max_tokens=500, messages=ask(pick(corpus, False)))
    row = last(gateway)
    usage = reply.usage
    written, read = usage.cache_creation_input_tokens or 0, usage.cache_read_input_tokens or 0
    assert row["input_tokens"] == usage.input_tokens + written + read
    assert (row["cache_write_tokens"], row["cache_read_tokens"]) == (written, read)
    assert row["output_tokens"] == usage.output_tokens and row["usage_status"] == "exact"


def test_streamed(client, gateway, corpus):
    with client.messages.stream(
            model=MODEL, max_tokens=500, messages=ask(pick(corpus, True))) as stream:
        message = stream.get_final_message()
    row = last(gateway)
    assert row["output_tokens"] == message.usage.output_tokens
    assert row["usage_status"] == "exact" and row["streamed"]


def test_async_and_bare_path(gateway):
    async def run():
        async with anthropic.AsyncAnthropic(base_url=gateway.url, api_key="k") as client:
            return await asyncio.gather(*(
                client.messages.create(model=MODEL, max_tokens=9, messages=ask(f"OUTPUT={1 + i}"))
                for i in range(8)))

    replies = asyncio.run(run())
    assert sum(reply.usage.output_tokens for reply in replies) == 36
    assert sum(row["output_tokens"] for row in gateway.calls()) == 36


def test_count_tokens_is_free_even_under_a_spent_limit(client, gateway):
    gateway.limit("system", "--monthly", "0", "--hard-stop")
    assert client.messages.count_tokens(model=MODEL, messages=ask("hi")).input_tokens == 11
    assert gateway.calls() == []


def test_tools(client, gateway):
    reply = client.messages.create(
        model=MODEL, max_tokens=50, messages=ask("OUTPUT=5"), tools=[
            {"name": "weather", "input_schema": {"type": "object", "properties": {}}}])
    assert reply.content[0].name == "weather"
    assert last(gateway)["task_type"] == "function_calling"


def test_blocked_by_a_limit_is_a_typed_error_after_exactly_one_request(client, gateway, stub):
    gateway.limit("default", "--daily", "0.0000001", "--hard-stop")
    with pytest.raises(anthropic.APIStatusError) as caught:
        client.messages.create(model=MODEL, max_tokens=5, messages=ask("hi"))
    assert caught.value.status_code == 402
    assert type(caught.value).__name__ in ("PaymentRequiredError", "APIStatusError")
    body = caught.value.body
    assert body["type"] == "error" and body["error"]["type"] == "billing_error"
    assert body["error"]["message"].startswith("spend limit reached")
    assert body["error"]["details"]["limit_usd"] == "0.000000100000"
    wait_until(gateway.calls, 10, "no row of the refused call")
    assert [row["status"] for row in gateway.calls()] == ["blocked"]
    assert not stub.requests


@pytest.mark.parametrize("status, error, requests", [
    (401, anthropic.AuthenticationError, (1, 2)),
    (429, anthropic.RateLimitError, (3,)),
    (500, anthropic.InternalServerError, (3,)),
])
def test_upstream_errors_reach_the_sdk_and_cost_nothing(
        client, gateway, stub, status, error, requests):
    with pytest.raises(error):
        client.messages.create(model=MODEL, max_tokens=5, messages=ask(f"STATUS={status}"))
    assert len(stub.requests) in requests
    assert last(gateway)["cost_usd"] == "0.000000000000"


def test_a_client_that_hangs_up_on_an_upstream_that_stops_billing_pays_what_it_saw(
        tmp_path, stub):
    from gateway import Gateway
    gateway = Gateway(tmp_path, stub, upstream_options=", on_client_disconnect: abort").start()
    client = anthropic.Anthropic(base_url=f"{gateway.url}/anthropic", api_key="k")
    with client.messages.stream(
            model=MODEL, max_tokens=900, messages=ask("OUTPUT=900 GAP=0.2")) as stream:
        for index, _ in enumerate(stream.text_stream):
            if index == 2:
                break
    row = last(gateway)
    assert row["usage_status"] == "estimated"
    # The input is stated at the start of the stream; each word seen is five bytes, which bound
    # its tokens from above.
    assert row["input_tokens"] == 11 and 15 <= row["output_tokens"] < 100
    assert float(row["cost_usd"]) < float(row["held_usd"])
    assert gateway.stop() == 0


def test_the_sdks_key_goes_on_and_exactly_one_credential(client, stub):
    client.messages.create(model=MODEL, max_tokens=5, messages=ask("hi"))
    sent = stub.requests[-1][2]
    credentials = [sent.get("authorization"), sent.get("x-api-key")]
    assert [value is not None and "sk-ant-client-canary" in value for value in credentials].count(
        True) == 1 and None in credentials
    assert sent["anthropic-version"]
