"""Recorded provider calls through the real binary: usage exact, bytes unchanged.

The recordings lie beside the repository; without them these tests are skipped.
"""

import asyncio
import base64
import json
import re

import pytest

from gateway import Gateway, SHARED
from raw_http import exchange, post

KINDS = {"chat", "responses", "embeddings", "messages"}


def expectations():
    path = SHARED / "corpus" / "expected.jsonl"
    with open(path) as lines:
        return {row["id"]: row for row in map(json.loads, lines)}


def selected(corpus):
    return {key: case for key, case in corpus.items()
            if case["provider"] in ("openai", "anthropic") and case["endpoint_kind"] in KINDS
            and case["method"] == "POST"}


def without_usage_chunk(stream):
    """What a client sees that did not ask for usage: no chunk that has it and no choices."""
    kept = b""
    for event in re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", stream):
        data = b"".join(line[5:] for line in event.splitlines() if line.startswith(b"data:"))
        try:
            chunk = json.loads(data)
        except ValueError:
            chunk = {}
        if not (isinstance(chunk, dict) and chunk.get("usage") and chunk.get("choices") == []):
            kept += event
    return kept


@pytest.mark.parametrize("seed", [1, 2])
def test_every_recorded_call_is_metered_exactly_however_its_stream_is_cut(
        tmp_path, stub, corpus, seed):
    cases = selected(corpus)
    if not cases:
        pytest.skip("../shared/corpus is not there")
    gateway = Gateway(tmp_path, stub).start()

    async def run():
        for key, case in cases.items():
            body = json.loads(case["request_body"])
            # The words for the stub go where no reader of the request looks.
            body["stub_words"] = f"CASE={key} CUT={seed}"
            data = post(f"/{case['provider']}{case['url_path']}", body,
                        {"x-spendfuse-session": key})
            reply = await exchange(gateway.port, data)
            assert reply.complete
            raw = case["response_body"] or ""
            sent = base64.b64decode(raw) if case["response_body_encoding"] == "base64" \
                else raw.encode()
            asked = (body.get("stream_options") or {}).get("include_usage")
            if case["is_stream"] and case["endpoint_kind"] == "chat" and not asked:
                # A usage chunk that the client did not ask for is taken out; all else stays.
                assert reply.body == without_usage_chunk(sent), key
            else:
                assert reply.body == sent, key

    asyncio.run(run())
    rows = {row["session_id"]: row for row in gateway.calls()}
    expected = expectations()
    wrong = []
    for key in cases:
        usage, row = expected[key]["usage"], rows[key]
        if usage is None:
            if row["usage_status"] == "exact":
                wrong.append((key, "states no usage", row["usage_status"]))
            continue
        got = {"input": row["input_tokens"], "output": row["output_tokens"]}
        for name, column in (("cache_read", "cache_read_tokens"),
                             ("cache_write", "cache_write_tokens"),
                             ("reasoning", "reasoning_tokens")):
            if name in usage:
                got[name] = row[column]
        if "web_searches" in usage:
            got["web_searches"] = row["usage"].get("web_search", 0)
        want = {name: usage.get(name, 0) for name in got}
        if got != want or row["usage_status"] != "exact":
            wrong.append((key, want, got, row["usage_status"]))
    assert not wrong
    assert len(cases) > 50
    assert gateway.stop() == 0
