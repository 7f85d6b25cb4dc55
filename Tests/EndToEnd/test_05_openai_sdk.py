"""The official openai SDK, unchanged, against the real binary."""

import asyncio
import time

import httpx
import openai
import pytest

from gateway import picodollars
from private_postgres import wait_until

MODEL = "gpt-4o-mini"


@pytest.fixture
def client(gateway):
    return openai.OpenAI(base_url=f"{gateway.url}/openai/v1", api_key="sk-client-canary-0123456789")


def ask(words):
    return [{"role": "user", "content": words}]


def last(gateway, seconds=10):
    """The newest row, once it is there."""
    deadline = time.time() + seconds
    while time.time() < deadline:
        rows = gateway.calls()
        if rows and gateway.status()["open_holds"] == "0":
            return rows[0]
        time.sleep(0.05)
    raise AssertionError("no row appeared")


def pick(corpus, kind, stream, flag=None):
    """A recorded reply of this kind, if the recordings are there: the words that ask for it."""
    for case in corpus.values():
        body = case["response_body"] or ""
        if (case["provider"] == "openai" and case["endpoint_kind"] == kind
                and case["is_stream"] == stream and case["response_status"] == 200
                and '"usage"' in body and (flag is None or flag in body)):
            return f"CASE={case['id']} CUT=3"
    return "OUTPUT=5"


def test_plain(client, gateway, corpus):
    reply = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=ask(pick(corpus, "chat", False)))
    parsed = reply.parse()
    row = last(gateway)
    assert row["call_id"] == reply.headers["x-spendfuse-call-id"]
    assert row["input_tokens"] == parsed.usage.prompt_tokens
    assert row["output_tokens"] == parsed.usage.completion_tokens
    assert row["usage_status"] == "exact" and picodollars(row["cost_usd"]) > 0
    assert reply.headers["x-spendfuse-cost-usd"] == row["cost_usd"]


def test_streamed_without_asking_for_usage_is_metered_and_shows_no_usage_chunk(
        client, gateway, stub):
    chunks = list(client.chat.completions.create(
        model=MODEL, messages=ask("OUTPUT=9"), stream=True, max_tokens=50))
    assert all(chunk.choices for chunk in chunks)
    assert stub.requests[-1][3].startswith(b'{"stream_options":{"include_usage":true},')
    row = last(gateway)
    assert (row["input_tokens"], row["output_tokens"], row["usage_status"]) == (11, 9, "exact")
    assert row["streamed"] and row["time_to_first_token_ms"] is not None


def test_streamed_with_usage_asked_for_shows_the_usage_chunk(client, gateway):
    chunks = list(client.chat.completions.create(
        model=MODEL, messages=ask("OUTPUT=9"), stream=True,
        stream_options={"include_usage": True}))
    assert chunks[-1].usage.completion_tokens == 9
    assert last(gateway)["output_tokens"] == 9


def test_async(gateway):
    async def run():
        async with openai.AsyncOpenAI(base_url=f"{gateway.url}/openai/v1", api_key="k") as client:
            return await asyncio.gather(*(
                client.chat.completions.create(model=MODEL, messages=ask(f"OUTPUT={1 + index}"))
                for index in range(20)))

    replies = asyncio.run(run())
    assert sum(reply.usage.completion_tokens for reply in replies) == 210
    assert sum(row["output_tokens"] for row in gateway.calls()) == 210


def test_responses_plain_and_streamed(client, gateway, corpus):
    reply = client.responses.create(model=MODEL, input=pick(corpus, "responses", False))
    row = last(gateway)
    assert row["input_tokens"] == reply.usage.input_tokens
    assert row["output_tokens"] == reply.usage.output_tokens
    with client.responses.stream(model=MODEL, input="OUTPUT=6") as stream:
        events = [event.type for event in stream]
    assert events[-1] == "response.completed"
    assert last(gateway)["output_tokens"] == 6


def test_embeddings(client, gateway):
    reply = client.embeddings.create(model="text-embedding-3-small", input="hello",
                                     encoding_format="float")
    assert reply.usage.prompt_tokens == 8
    row = last(gateway)
    # Eight tokens at 0.02 USD per million: nothing is rounded to zero.
    assert row["cost_usd"] == "0.000000160000" and row["endpoint"] == "embeddings"


def test_tools(client, gateway):
    reply = client.chat.completions.create(
        model=MODEL, messages=ask("OUTPUT=4"), tools=[{
            "type": "function", "function": {"name": "weather", "parameters": {
                "type": "object", "properties": {"city": {"type": "string"}}}}}])
    assert reply.choices[0].message.tool_calls[0].function.name == "weather"
    assert last(gateway)["task_type"] == "function_calling"


def test_blocked_by_a_limit_is_a_typed_error_after_exactly_one_request(client, gateway, stub):
    client.chat.completions.create(model=MODEL, messages=ask("OUTPUT=9"), user="payer")
    gateway.limit("payer", "--monthly", "0.000001", "--hard-stop")
    before = len(gateway.calls())
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model=MODEL, messages=ask("OUTPUT=9"), user="payer")
    assert caught.value.status_code == 402
    assert caught.value.code == "insufficient_quota" and caught.value.type == "insufficient_quota"
    assert "spend limit reached: the monthly limit" in str(caught.value)
    assert "for user:payer" in str(caught.value)
    wait_until(lambda: len(gateway.calls()) > before, 10, "no row of the refused call")
    rows = gateway.calls()
    assert len(rows) == before + 1 and rows[0]["status"] == "blocked"
    assert rows[0]["metadata"]["budget"] == "user:payer monthly"
    assert len(stub.charges) == 1


def test_unknown_model_is_passed_and_marked_unpriced_without_a_limit(client, gateway):
    client.chat.completions.create(model="gpt-99", messages=ask("OUTPUT=3"))
    row = last(gateway)
    assert row["metadata"] == {"unpriced": True} and row["price_version"] is None
    assert row["output_tokens"] == 3


@pytest.mark.parametrize("status, error, requests", [
    (401, openai.AuthenticationError, 1),
    (429, openai.RateLimitError, 3),
    (500, openai.InternalServerError, 3),
])
def test_upstream_errors_reach_the_sdk_and_cost_nothing(
        client, gateway, stub, status, error, requests):
    with pytest.raises(error):
        client.chat.completions.create(model=MODEL, messages=ask(f"STATUS={status}"))
    assert len(stub.requests) == requests
    last(gateway)
    rows = gateway.calls()
    assert len(rows) == requests
    assert {(row["status"], row["status_code"], row["cost_usd"]) for row in rows} \
        == {("error", status, "0.000000000000")}


def test_a_client_that_hangs_up_mid_stream_is_metered_whole_where_the_upstream_bills_whole(
        client, gateway):
    stream = client.chat.completions.create(
        model=MODEL, messages=ask("OUTPUT=15 GAP=0.03"), stream=True)
    next(iter(stream))
    stream.close()
    row = last(gateway)
    assert row["output_tokens"] == 15 and row["usage_status"] == "exact"


def test_an_upstream_that_breaks_off_is_booked_at_the_hold(client, gateway):
    with pytest.raises((openai.APIError, httpx.HTTPError)):
        list(client.with_options(max_retries=0).chat.completions.create(
            model=MODEL, messages=ask("OUTPUT=20 BREAK=300 GAP=0.01"), stream=True,
            max_tokens=40))
        raise openai.APIConnectionError(request=None)
    row = last(gateway)
    assert row["usage_status"] == "estimated" and row["cost_usd"] == row["held_usd"]
    assert row["error_message"]


def test_gateway_keys_put_in_the_providers_key_and_leak_neither(gateway, stub):
    secret = gateway.run("key", "create", "web", "--user", "u9", "--project", "shop").stdout.strip()
    assert secret.startswith("sf_")
    keyed = openai.OpenAI(base_url=f"{gateway.url}/openai/v1", api_key=secret)
    keyed.chat.completions.create(model=MODEL, messages=ask("OUTPUT=2"), user="someone-else")
    sent = stub.requests[-1][2]
    assert sent["authorization"] == "Bearer sk-provider-canary-openai"
    assert secret not in str(sent)
    row = last(gateway)
    assert (row["user_id"], row["project_id"]) == ("u9", "shop")
    gateway.run("key", "revoke", "web")
    with pytest.raises(openai.AuthenticationError) as caught:
        keyed.with_options(max_retries=0).chat.completions.create(
            model=MODEL, messages=ask("OUTPUT=2"))
    assert secret not in str(caught.value)
    files = b"".join(path.read_bytes() for path in gateway.directory.rglob("*")
                     if path.is_file() and path.name != "config.yaml")
    for canary in (secret.encode(), b"sk-provider-canary", b"sk-client-canary"):
        assert canary not in files


def test_pass_through_sends_on_the_clients_own_key_and_nothing_of_ours(client, stub):
    client.chat.completions.create(
        model=MODEL, messages=ask("OUTPUT=1"),
        extra_headers={"x-spendfuse-tags": "team=web", "cookie": "a=b", "x-forwarded-for": "1"})
    sent = stub.requests[-1][2]
    assert sent["authorization"] == "Bearer sk-client-canary-0123456789"
    assert not [name for name in sent if name.startswith(("x-spendfuse", "x-forwarded", "cookie"))]
    assert "expect" not in sent and sent["accept-encoding"] == "identity"
