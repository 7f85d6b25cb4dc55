"""Clients that hang up in the middle of a stream, in every dialect that streams."""

import asyncio
import base64
import json
import random
import time

import pytest

from gateway import Gateway, picodollars
from raw_http import exchange, post
from scripted_stub import Answer, ScriptedStub, events, frames


def wrapped(payload):
    return json.dumps({"bytes": base64.b64encode(payload).decode()}).encode()


def padded(document, count=40):
    return [document] * count


ANTHROPIC = ([{"type": "message_start", "message": {"usage": {
    "input_tokens": 10, "output_tokens": 1}}}]
    + padded({"type": "content_block_delta", "delta": {"text": "word word "}})
    + [{"type": "message_delta", "usage": {"output_tokens": 100}}, {"type": "message_stop"}])
EVENTS = "text/event-stream"
FRAMES = "application/vnd.amazon.eventstream"

# Dialect: path, request, stream, content type, the whole usage.
STREAMS = {
    "chat": ("/openai/v1/chat/completions", {"model": "gpt-4o", "stream": True, "messages": [],
             "stream_options": {"include_usage": True}}, events(
        padded({"choices": [{"delta": {"content": "word word "}}]})
        + [{"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 100}}], True),
        EVENTS),
    "completions": ("/openai/v1/completions", {
        "model": "gpt-3.5-turbo-instruct", "stream": True, "prompt": "x",
        "stream_options": {"include_usage": True}}, events(
        padded({"choices": [{"text": "word word "}]})
        + [{"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 100}}], True),
        EVENTS),
    "responses": ("/openai/v1/responses", {"model": "gpt-4o", "stream": True, "input": "x"}, events(
        padded({"type": "response.output_text.delta", "delta": "word word "})
        + [{"type": "response.completed", "response": {"status": "completed", "usage": {
            "input_tokens": 10, "output_tokens": 100}}}]), EVENTS),
    "messages": ("/anthropic/v1/messages", {
        "model": "claude-sonnet-4-5", "stream": True, "max_tokens": 200, "messages": []},
        events(ANTHROPIC), EVENTS),
    "gemini": ("/google/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
               {"contents": []}, events(
        padded({"candidates": [{"content": {"parts": [{"text": "word word "}]}}]})
        + [{"candidates": [{"finishReason": "STOP"}], "usageMetadata": {
            "promptTokenCount": 10, "candidatesTokenCount": 100}}]), EVENTS),
    "gemini array": ("/google/v1beta/models/gemini-2.5-flash:streamGenerateContent",
                     {"contents": []}, json.dumps(
        padded({"candidates": [{"content": {"parts": [{"text": "word word "}]}}]})
        + [{"candidates": [{"finishReason": "STOP"}], "usageMetadata": {
            "promptTokenCount": 10, "candidatesTokenCount": 100}}]).encode(),
        "application/json"),
    "converse": ("/bedrock/model/anthropic.claude-3-haiku-20240307-v1:0/converse-stream",
                 {"messages": []}, frames(
        padded(("contentBlockDelta", {"delta": {"text": "word word "}}))
        + [("metadata", {"usage": {"inputTokens": 10, "outputTokens": 100}})]), FRAMES),
    "invoke": ("/bedrock/model/anthropic.claude-3-haiku-20240307-v1:0/invoke-with-response-stream",
               {"max_tokens": 200, "messages": []},
               frames([("chunk", document) for document in ANTHROPIC], wrapped), FRAMES),
    "cohere": ("/cohere/v2/chat", {
        "model": "command-a-03-2025", "stream": True, "messages": []}, events(
        padded({"type": "content-delta", "delta": {"message": {"content": {"text": "word "}}}})
        + [{"type": "message-end", "delta": {"usage": {"billed_units": {
            "input_tokens": 10, "output_tokens": 100}}}}]), EVENTS),
}


@pytest.fixture(params=["abort", "drain"])
def gateway(tmp_path, request):
    stub = ScriptedStub()
    names = ["openai", "anthropic", "google", "cohere", "bedrock"]
    entries = "".join(
        f"  {name}: {{ url: {stub.url}, on_client_disconnect: {request.param} }}\n"
        for name in names)
    gateway = Gateway(tmp_path, stub, upstreams=entries).start()
    gateway.policy, gateway.stub = request.param, stub
    yield gateway
    assert gateway.stop() == 0
    stub.stop()


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_hang_up_at_any_byte_is_booked_as_configured_flagged_and_never_free(gateway, dialect):
    path, body, stream, kind = STREAMS[dialect]
    rng = random.Random(dialect)
    gateway.stub.on(".", Answer(stream, kind, pieces=20, pause=0.004))
    places = sorted(rng.randrange(1, len(stream) * 3 // 4) for _ in range(6))

    async def run():
        await exchange(gateway.port, post(path, body))
        for place in places:
            await exchange(gateway.port, post(path, body), hang_up_after=place)

    asyncio.run(run())
    deadline = time.time() + 20
    while gateway.status()["open_holds"] != "0" or len(gateway.calls()) < 1 + len(places):
        assert time.time() < deadline
        time.sleep(0.05)
    *cut, whole = gateway.calls()
    full = picodollars(whole["cost_usd"])
    assert whole["usage_status"] == "exact" and whole["usage"] == {"input": 10, "output": 100}
    assert full > 0
    for row in cut:
        if gateway.policy == "drain":
            assert row["usage_status"] == "exact" and row["cost_usd"] == whole["cost_usd"]
        else:
            assert row["usage_status"] in ("estimated", "exact")
            assert picodollars(row["cost_usd"]) > 0
