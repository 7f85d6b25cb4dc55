"""Work that goes on at the provider, and is billed by a later reply, once."""

import json
import urllib.request

import pytest

from dialect_gateway import call, gateway, rows, scripted  # noqa: F401 - fixtures
from gateway import picodollars
from scripted_stub import Answer


def test_a_response_in_the_background_is_billed_once_even_after_a_crash(
        tmp_path, gateway, scripted):
    queued = {"id": "resp_1", "object": "response", "status": "queued", "model": "gpt-5",
              "output": [], "usage": None}
    done = dict(queued, status="completed", usage={
        "input_tokens": 100, "output_tokens": 50, "total_tokens": 150})
    scripted.on("POST /v1/responses", Answer(queued))
    scripted.on("GET /v1/responses/resp_1", [Answer(dict(queued, status="in_progress")),
                                             Answer(done)])
    call(gateway, "/openai/v1/responses", {
        "model": "gpt-5", "input": "x", "background": True, "max_output_tokens": 1000})
    row = rows(gateway)[0]
    assert row["usage_status"] != "exact" and row["cost_usd"] == row["held_usd"]
    held = picodollars(row["held_usd"])
    assert held > 1000 * 10_000_000
    call(gateway, "/openai/v1/responses/resp_1")
    assert gateway.calls()[0]["cost_usd"] == row["cost_usd"]
    gateway.kill()
    gateway.start()
    gateway.limit("system", "--monthly", "100")
    for _ in range(3):
        reply = json.loads(call(gateway, "/openai/v1/responses/resp_1"))
        assert reply["usage"]["output_tokens"] == 50
    found = gateway.calls()
    assert len(found) == 1 and found[0]["usage"] == {"input": 100, "output": 50}
    # 100 x 1.25 + 50 x 10 USD per million.
    assert picodollars(found[0]["cost_usd"]) == 625_000_000
    assert found[0]["usage_status"] == "exact"
    standing = [row for row in gateway.status()["rows"] if row["scope"] == "system"][0]
    assert picodollars(standing["spent_usd"]) == 625_000_000
    # The ledger in memory, which decides about the next call, counts it once too.
    metrics = urllib.request.urlopen(f"{gateway.admin}/metrics").read().decode()
    spent = [line for line in metrics.splitlines()
             if line.startswith("spendfuse_budget_spent_usd") and "system" in line]
    assert spent and all(float(line.split()[-1]) == 0.000625 for line in spent), spent


def batch_file():
    lines = [json.dumps({"custom_id": str(index), "method": "POST",
                         "url": "/v1/chat/completions",
                         "body": {"model": "gpt-4o-mini", "max_tokens": 100, "messages": [
                             {"role": "user", "content": "hello"}]}})
             for index in range(3)]
    return "\n".join(lines).encode()


def test_a_batch_is_held_at_creation_and_priced_from_its_results(gateway, scripted):
    import openai
    scripted.on("POST /v1/files", Answer({
        "id": "file-in", "object": "file", "bytes": 1, "created_at": 1, "filename": "x",
        "purpose": "batch", "status": "processed"}))
    batch = {"id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions",
             "input_file_id": "file-in", "completion_window": "24h", "status": "validating",
             "created_at": 1, "output_file_id": None}
    scripted.on("POST /v1/batches", Answer(batch))
    scripted.on("GET /v1/batches/batch_1", Answer(
        dict(batch, status="completed", output_file_id="file-out")))
    line = {"custom_id": "0", "response": {"status_code": 200, "body": {
        "model": "gpt-4o-mini-2024-07-18",
        "usage": {"prompt_tokens": 9, "completion_tokens": 40, "total_tokens": 49}}}}
    scripted.on("GET /v1/files/file-out/content", Answer(
        (json.dumps(line) + "\n").encode() * 3, "application/octet-stream"))
    gateway.limit("default", "--monthly", "1", "--hard-stop")
    client = openai.OpenAI(base_url=f"{gateway.url}/openai/v1", api_key="k")
    file = client.files.create(file=("x.jsonl", batch_file()), purpose="batch")
    client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    row = rows(gateway)[0]
    held = picodollars(row["cost_usd"])
    # Three answers of at most 100 tokens at half of 0.60 USD per million, and the input.
    assert row["endpoint"] == "batches" and held > 3 * 100 * 300_000
    assert row["model"] == "gpt-4o-mini"
    client.batches.retrieve("batch_1")
    for _ in range(2):
        client.files.content("file-out").read()
    row = gateway.calls()[0]
    assert row["usage"] == {"input": 27, "output": 120} and row["service_tier"] == "batch"
    assert picodollars(row["cost_usd"]) == 27 * 75_000 + 120 * 300_000 < held
    with pytest.raises(openai.BadRequestError, match="did not come through this gateway"):
        client.batches.create(input_file_id="file-elsewhere", completion_window="24h",
                              endpoint="/v1/chat/completions")


def test_a_message_batch_is_held_and_priced_by_its_results(gateway, scripted):
    import anthropic
    batch = {"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress",
             "request_counts": {"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0,
                                "expired": 0},
             "created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z",
             "ended_at": None, "archived_at": None, "cancel_initiated_at": None,
             "results_url": None}
    scripted.on("POST /v1/messages/batches", Answer(batch))
    result = {"custom_id": "a", "result": {"type": "succeeded", "message": {
        "id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [], "stop_reason": "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 20}}}}
    scripted.on("GET /v1/messages/batches/msgbatch_1/results", Answer(
        (json.dumps(result) + "\n").encode() * 2, "application/x-jsonl"))
    gateway.limit("default", "--monthly", "1", "--hard-stop")
    client = anthropic.Anthropic(base_url=f"{gateway.url}/anthropic", api_key="k")
    params = {"model": "claude-sonnet-4-5", "max_tokens": 1000,
              "messages": [{"role": "user", "content": "hi"}]}
    client.messages.batches.create(requests=[
        {"custom_id": "a", "params": params}, {"custom_id": "b", "params": params}])
    row = rows(gateway)[0]
    # Two answers of at most 1,000 tokens at half of 15 USD per million.
    assert picodollars(row["cost_usd"]) > 2 * 1000 * 7_500_000
    call(gateway, "/anthropic/v1/messages/batches/msgbatch_1/results")
    row = gateway.calls()[0]
    assert picodollars(row["cost_usd"]) == 20 * 1_500_000 + 40 * 7_500_000


def test_transcripts_are_billed_by_the_second_when_they_are_done(gateway, scripted):
    scripted.on("POST /v2/transcript", Answer({"id": "t1", "status": "queued"}))
    scripted.on("GET /v2/transcript/t1", [
        Answer({"id": "t1", "status": "processing", "audio_duration": None}),
        Answer({"id": "t1", "status": "completed", "audio_duration": 360,
                "speech_model": "universal"})])
    call(gateway, "/assemblyai/v2/transcript", {
        "audio_url": "https://x.test/a.mp3", "speech_model": "universal"})
    for _ in range(3):
        call(gateway, "/assemblyai/v2/transcript/t1")
    scripted.on("POST /v1/listen", Answer({
        "metadata": {"duration": 90.5, "channels": 1}, "results": {}}))
    call(gateway, "/deepgram/v1/listen?model=nova-3", b"RIFF", headers={"content-type": "audio/wav"})
    deepgram, assembly = rows(gateway, 2)
    assert assembly["usage"] == {"audio_ms": 360_000} and assembly["usage_status"] == "exact"
    assert picodollars(assembly["cost_usd"]) > 0
    assert deepgram["model"] == "nova-3" and deepgram["usage"] == {"audio_ms": 90_500}
    assert picodollars(deepgram["cost_usd"]) > 0


def test_a_batch_that_failed_costs_nothing_in_the_end(gateway, scripted):
    scripted.on("POST /v1/files", Answer({"id": "file-in"}))
    scripted.on("POST /v1/batches", Answer({"id": "batch_2", "status": "validating"}))
    scripted.on("GET /v1/batches/batch_2", Answer({"id": "batch_2", "status": "failed",
                                                   "output_file_id": None}))
    form = (b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\n'
            b'content-disposition: form-data; name="file"; filename="x"\r\n\r\n'
            + batch_file() + b"\r\n--b--\r\n")
    call(gateway, "/openai/v1/files", form,
         headers={"content-type": "multipart/form-data; boundary=b"})
    call(gateway, "/openai/v1/batches", {
        "input_file_id": "file-in", "endpoint": "/v1/chat/completions"})
    assert picodollars(rows(gateway)[0]["cost_usd"]) > 0
    call(gateway, "/openai/v1/batches/batch_2")
    row = gateway.calls()[0]
    assert row["cost_usd"] == "0.000000000000" and row["usage_status"] == "exact"


def test_a_batch_of_small_calls_is_not_priced_as_one_large_one(gateway, scripted):
    scripted.on("POST /v1/messages/batches", Answer({"id": "msgbatch_2"}))
    result = {"custom_id": "a", "result": {"type": "succeeded", "message": {
        "model": "claude-sonnet-4-5-20250929",
        "usage": {"input_tokens": 150_000, "output_tokens": 10}}}}
    large = json.loads(json.dumps(result))
    large["result"]["message"]["usage"]["input_tokens"] = 10
    scripted.on("GET /v1/messages/batches/msgbatch_2/results", Answer(
        b"".join(json.dumps(line).encode() + b"\n" for line in [result, result, large])))
    call(gateway, "/anthropic/v1/messages/batches", {"requests": [{"custom_id": "a", "params": {
        "model": "claude-sonnet-4-5", "max_tokens": 5, "messages": []}}]})
    rows(gateway)
    call(gateway, "/anthropic/v1/messages/batches/msgbatch_2/results")
    row = gateway.calls()[0]
    assert picodollars(row["cost_usd"]) == 300_010 * 1_500_000 + 30 * 7_500_000
    explained = json.loads(gateway.run("explain", row["call_id"], "--format", "json").stdout)
    assert "note" not in explained, explained
