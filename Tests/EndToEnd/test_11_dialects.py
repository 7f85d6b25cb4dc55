"""Every dialect with its own SDK or plain requests, against the real binary."""

import base64
import decimal
import json
import time
import urllib.error
import urllib.request

import pytest

from gateway import Gateway, picodollars
from scripted_stub import Answer, ScriptedStub, events, frames

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


GEMINI = {"candidates": [{"content": {"parts": [{"text": "hi"}], "role": "model"},
                          "finishReason": "STOP"}],
          "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 2,
                            "thoughtsTokenCount": 5, "totalTokenCount": 15},
          "modelVersion": "gemini-2.5-flash"}


def test_the_google_sdk_plain_streamed_and_embedding(gateway, scripted):
    from google import genai
    scripted.on(":generateContent", Answer(GEMINI))
    scripted.on(":streamGenerateContent", Answer(
        events([dict(GEMINI, usageMetadata={"promptTokenCount": 8}), GEMINI]),
        "text/event-stream"))
    scripted.on(":batchEmbedContents", Answer({"embeddings": [{"values": [0.1]}]}))
    client = genai.Client(api_key="client-canary-key-123", http_options={
        "base_url": f"{gateway.url}/google"})
    assert client.models.generate_content(model="gemini-2.5-flash", contents="hello").text == "hi"
    chunks = list(client.models.generate_content_stream(
        model="gemini-2.5-flash", contents="hello"))
    assert chunks[-1].usage_metadata.thoughts_token_count == 5
    client.models.embed_content(model="gemini-embedding-001", contents="hello")
    embedding, stream, plain = rows(gateway, 3)
    # 8 x 0.30 + 7 x 2.50 USD per million.
    assert picodollars(plain["cost_usd"]) == picodollars(stream["cost_usd"]) == 19_900_000
    assert stream["streamed"] and stream["usage"] == {"input": 8, "output": 2, "reasoning": 5}
    assert embedding["usage_status"] == "absent" and embedding["cost_usd"] == embedding["held_usd"]
    for _, target, headers, _ in scripted.requests:
        assert target.startswith("/v1") and "/models/gemini" in target and "key=" not in target
        # Pass-through: exactly the client's key, in its own header.
        assert headers["x-goog-api-key"] == "client-canary-key-123"


def test_a_limit_refuses_each_sdk_once_with_its_own_error(gateway, scripted):
    import cohere
    import groq
    import mistralai.client
    from cohere.core.api_error import ApiError
    from google import genai
    gateway.limit("default", "--daily", "0.000001", "--hard-stop")
    client = genai.Client(api_key="k", http_options={"base_url": f"{gateway.url}/google"})
    with pytest.raises(genai.errors.ClientError) as google:
        client.models.generate_content(model="gemini-2.5-flash", contents="x")
    assert google.value.code == 402 and "spend limit" in google.value.message
    with pytest.raises(groq.APIStatusError) as groq_error:
        groq.Groq(api_key="k", base_url=f"{gateway.url}/groq").chat.completions.create(
            model="openai/gpt-oss-120b", messages=[{"role": "user", "content": "x"}])
    assert groq_error.value.status_code == 402
    with pytest.raises(ApiError) as cohere_error:
        cohere.ClientV2(api_key="k", base_url=f"{gateway.url}/cohere").chat(
            model="command-a-03-2025", messages=[{"role": "user", "content": "x"}])
    assert cohere_error.value.status_code == 402
    assert "spend limit" in cohere_error.value.body["message"]
    with pytest.raises(Exception) as mistral_error:
        mistralai.client.Mistral(
            api_key="k", server_url=f"{gateway.url}/mistral").chat.complete(
            model="mistral-small-latest", messages=[{"role": "user", "content": "x"}])
    assert "402" in str(mistral_error.value) and "spend limit" in str(mistral_error.value)
    assert scripted.requests == []
    blocked = [row for row in gateway.calls() if row["status"] == "blocked"]
    assert len(blocked) == 4


def test_cohere_mistral_and_groq_sdks(gateway, scripted):
    import cohere
    import groq
    import mistralai.client
    scripted.on("/v2/chat", Answer({
        "id": "1", "finish_reason": "COMPLETE",
        "message": {"role": "assistant", "content": [{"type": "text", "text": "hi"}]},
        "usage": {"billed_units": {"input_tokens": 4, "output_tokens": 6},
                  "tokens": {"input_tokens": 70, "output_tokens": 6}}}))
    scripted.on("/v2/rerank", Answer({
        "id": "1", "results": [], "meta": {"billed_units": {"search_units": 1}}}))
    chat = {"id": "1", "object": "chat.completion", "created": 1, "model": "openai/gpt-oss-120b",
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": "hi"}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}}
    scripted.on("/openai/v1/chat/completions|/v1/chat/completions", Answer(chat))
    client = cohere.ClientV2(api_key="k", base_url=f"{gateway.url}/cohere")
    client.chat(model="command-a-03-2025", messages=[{"role": "user", "content": "x"}])
    client.rerank(model="rerank-v3.5", query="a", documents=["b", "c"])
    groq.Groq(api_key="k", base_url=f"{gateway.url}/groq").chat.completions.create(
        model="openai/gpt-oss-120b", messages=[{"role": "user", "content": "x"}])
    scripted.on("/v1/chat/completions", Answer(dict(chat, model="mistral-small-latest")))
    stream = mistralai.client.Mistral(api_key="k", server_url=f"{gateway.url}/mistral")
    stream.chat.complete(
        model="mistral-small-latest", messages=[{"role": "user", "content": "x"}])
    mistral, groq_row, rerank, chat_row = rows(gateway, 4)
    assert chat_row["usage"] == {"input": 4, "output": 6}
    assert picodollars(chat_row["cost_usd"]) == 4 * usd("0.0000025") + 6 * usd("0.00001")
    assert rerank["usage"] == {"search_unit": 1} and rerank["cost_usd"] == "0.002000000000"
    assert groq_row["provider"] == "groq" and groq_row["usage_status"] == "exact"
    assert mistral["provider"] == "mistral" and picodollars(mistral["cost_usd"]) > 0


def test_mistral_streams_are_not_given_a_field_that_mistral_refuses(gateway, scripted):
    chunk = {"choices": [{"delta": {"content": "x"}}],
             "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}
    scripted.on("/v1/chat/completions", Answer(events([chunk], True), "text/event-stream"))
    for name in ("mistral", "xai"):
        call(gateway, f"/{name}/v1/chat/completions", {
            "model": "m", "stream": True, "messages": []})
    bodies = [json.loads(body) for *_, body in scripted.requests]
    assert "stream_options" not in bodies[0] and bodies[1]["stream_options"]["include_usage"]


def test_bedrock_with_boto3_is_signed_anew_and_metered(gateway, scripted):
    import boto3
    from botocore.config import Config
    usage = {"inputTokens": 13, "outputTokens": 5, "totalTokens": 18}
    scripted.on("/converse$", Answer({
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}}))
    scripted.on("/converse-stream$", Answer(frames([
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "hi"}}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
    ]), "application/vnd.amazon.eventstream", pieces=7))
    scripted.on("/invoke-with-response-stream$", Answer(frames([
        ("chunk", {"type": "message_start", "message": {"usage": {
            "input_tokens": 8, "output_tokens": 1}}}),
        ("chunk", {"type": "message_delta", "usage": {"output_tokens": 21}}),
        ("chunk", {"type": "message_stop"}),
    ], wrap=lambda payload: json.dumps(
        {"bytes": base64.b64encode(payload).decode()}).encode()),
        "application/vnd.amazon.eventstream", pieces=5))
    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=f"{gateway.url}/bedrock",
        aws_access_key_id="AKIDCLIENT", aws_secret_access_key="client-secret-canary",
        config=Config(retries={"max_attempts": 1}))
    model = "us.amazon.nova-micro-v1:0"
    message = [{"role": "user", "content": [{"text": "hi"}]}]
    assert client.converse(modelId=model, messages=message)["usage"] == usage
    stream = client.converse_stream(modelId=model, messages=message)["stream"]
    assert [event for event in stream if "metadata" in event]
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50,
                       "messages": [{"role": "user", "content": "hi"}]})
    chunks = client.invoke_model_with_response_stream(
        modelId="us.anthropic.claude-haiku-4-5-20251001-v1:0", body=body)["body"]
    assert len(list(chunks)) == 3
    invoked, streamed, plain = rows(gateway, 3)
    # 13 x 0.035 + 5 x 0.14 USD per million; claude at 1.1 x (1, 5).
    assert picodollars(plain["cost_usd"]) == picodollars(streamed["cost_usd"]) == 1_155_000
    assert picodollars(invoked["cost_usd"]) == 8 * 1_100_000 + 21 * 5_500_000
    for request in scripted.requests:
        check_signature(*request)


def check_signature(method, target, headers, body):
    """The signature that botocore makes of the same request is the one that was sent."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    import datetime
    sent = headers["authorization"]
    assert "client-secret" not in str(headers) and "AKIDCLIENT" not in str(headers)
    assert "Credential=AKIDEXAMPLE/" in sent and "/eu-west-1/bedrock/aws4_request" in sent
    assert headers["x-amz-security-token"] == "session-token"
    signed = sent.split("SignedHeaders=")[1].split(",")[0].split(";")
    request = AWSRequest(method, f"http://{headers['host']}{target}", data=body,
                         headers={name: headers[name] for name in signed})
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI"), "bedrock", "eu-west-1")
    moment = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    assert abs((datetime.datetime.utcnow() - moment).total_seconds()) < 60
    canonical = auth.canonical_request(request)
    expected = auth.signature(auth.string_to_sign(request, canonical), request)
    assert f"Signature={expected}" in sent, canonical


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


def test_speech_pictures_and_sound_of_openai(gateway, scripted):
    import openai
    scripted.on("POST /v1/audio/speech", Answer(b"ID3" * 1000, "audio/mpeg", pieces=4))
    scripted.on("POST /v1/images/generations", Answer({"created": 1, "data": [
        {"url": "https://x.test/1"}, {"url": "https://x.test/2"}]}))
    scripted.on("POST /v1/audio/transcriptions", Answer({
        "text": "x", "usage": {"type": "duration", "seconds": 30}}))
    scripted.on("POST /v1/moderations", Answer({
        "id": "m", "model": "omni-moderation-latest", "results": []}))
    client = openai.OpenAI(base_url=f"{gateway.url}/openai/v1", api_key="k")
    audio = client.audio.speech.create(model="tts-1", voice="alloy", input="Grüße 🎉 \"x\"")
    assert audio.read() == b"ID3" * 1000
    client.images.generate(model="dall-e-3", prompt="x", n=2, size="1024x1024", quality="hd")
    client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF"))
    client.moderations.create(input="x")
    moderation, sound, picture, speech = rows(gateway, 4)
    assert speech["usage"] == {"characters": 11} and picodollars(speech["cost_usd"]) == 11 * 15_000_000
    assert picture["usage"] == {"image": 2} and picture["cost_usd"] == "0.160000000000"
    assert sound["usage"] == {"audio_ms": 30_000} and sound["cost_usd"] == "0.003000000000"
    assert moderation["cost_usd"] == "0.000000000000" and not moderation["metadata"].get("unpriced")


def test_a_service_of_any_kind_is_priced_by_the_request(gateway, scripted):
    scripted.on("GET /v3/forecast", Answer({"sunny": True}))
    scripted.on("POST /v3/other", Answer({"x": 1}))
    call(gateway, "/weather/forecast?city=Paris")
    call(gateway, "/weather/other", {"x": 1})
    other, forecast = rows(gateway, 2)
    assert forecast["cost_usd"] == "0.002500000000" and forecast["usage_status"] == "exact"
    assert other["metadata"]["unpriced"]
    assert scripted.requests[0][1] == "/v3/forecast?city=Paris"


def test_the_bill_of_openrouter_is_believed_and_ours_is_kept_beside_it(gateway, scripted):
    scripted.on("/v1/chat/completions", Answer({
        "model": "openai/gpt-4o-mini", "choices": [], "usage": {
            "prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100,
            "cost": 0.000123, "is_byok": False}}))
    call(gateway, "/openrouter/api/v1/chat/completions", {
        "model": "openai/gpt-4o-mini", "messages": []})
    row = rows(gateway)[0]
    assert row["cost_usd"] == row["cost_reported_usd"] == "0.000123000000"
    assert row["metadata"]["cost_by_sheet_usd"] == "0.000210000000"


def test_a_stream_that_is_one_array_passes_piece_by_piece(gateway, scripted):
    import http.client
    body = json.dumps([GEMINI, GEMINI], indent=1).encode()
    scripted.on(":streamGenerateContent", Answer(body, pieces=8, pause=0.2))
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    began = time.time()
    connection.request("POST", "/google/v1beta/models/gemini-2.5-flash:streamGenerateContent",
                       json.dumps({"contents": []}), {"content-type": "application/json"})
    reply = connection.getresponse()
    first = reply.read1(10)
    assert time.time() - began < 1.0 and first
    assert first + reply.read() == body
    assert rows(gateway)[0]["usage"] == {"input": 8, "output": 2, "reasoning": 5}


def test_azure_deployments_vertex_places_and_ollama(gateway, scripted):
    chat = {"model": "gpt-4o-2024-08-06", "choices": [],
            "usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}}
    scripted.on("/openai/deployments/mine/chat/completions", Answer(chat))
    scripted.on(":rawPredict", Answer({
        "type": "message", "model": "claude-sonnet-4-5-20250929",
        "usage": {"input_tokens": 1000, "output_tokens": 10}}))
    scripted.on("/api/chat", Answer(
        b'{"model":"x","message":{"content":"a"},"done":false}\n'
        b'{"model":"x","done":true,"prompt_eval_count":11,"eval_count":5}\n',
        "application/x-ndjson"))
    call(gateway, "/azure/openai/deployments/mine/chat/completions?api-version=2024-10-21",
         {"messages": []}, headers={"api-key": "azure-client-canary"})
    place = "/vertex/v1/projects/p/locations/{}/publishers/anthropic/models"
    for location in ("global", "us-east5"):
        call(gateway, place.format(location) + "/claude-sonnet-4-5@20250929:rawPredict",
             {"anthropic_version": "vertex-2023-10-16", "max_tokens": 20, "messages": []})
    call(gateway, "/ollama/api/chat", {"model": "x", "messages": []})
    ollama, regional, worldwide, azure = rows(gateway, 4)
    assert azure["model"] == "gpt-4o-2024-08-06" and picodollars(azure["cost_usd"]) == 65_000_000
    assert scripted.requests[0][2]["api-key"] == "azure-client-canary"
    assert scripted.requests[0][1].endswith("/chat/completions?api-version=2024-10-21")
    assert picodollars(worldwide["cost_usd"]) == 3_150_000_000
    assert picodollars(regional["cost_usd"]) == 3_465_000_000
    assert regional["metadata"]["region"] == "us-east5"
    assert ollama["cost_usd"] == "0.000000000000" and ollama["usage"] == {"input": 11, "output": 5}
    assert not ollama["metadata"].get("unpriced")


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


def test_google_is_never_asked_to_leave_the_usage_out(gateway, scripted):
    scripted.on(":generateContent", Answer(GEMINI))
    call(gateway, "/google/v1beta/models/gemini-2.5-flash:generateContent"
         "?fields=candidates&access_token=canary&%24fields=x&alt=json", {"contents": []})
    assert scripted.requests[0][1].endswith(":generateContent?alt=json")
    assert rows(gateway)[0]["usage"] == {"input": 8, "output": 2, "reasoning": 5}


def test_a_configured_key_signs_for_nobody_who_brings_no_credential(gateway, scripted):
    scripted.on("/converse", Answer({"usage": {"inputTokens": 1, "outputTokens": 1}}))
    path = "/bedrock/model/amazon.nova-micro-v1:0/converse"
    call(gateway, path, {"messages": []})
    call(gateway, path, {"messages": []}, headers={"authorization": "Bearer own-bedrock-key"})
    sent = [headers.get("authorization") for _, _, headers, _ in scripted.requests]
    assert sent == [None, "Bearer own-bedrock-key"]


def test_what_is_priced_by_its_length_has_no_bound_and_is_never_free(gateway, scripted):
    scripted.on("POST /v1/audio/transcriptions", Answer(b"plain text", "text/plain"))
    form = (b'--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b\r\n'
            b'content-disposition: form-data; name="file"; filename="x"\r\n\r\n'
            + b"x" * 50_000 + b"\r\n--b--\r\n")
    headers = {"content-type": "multipart/form-data; boundary=b"}
    call(gateway, "/openai/v1/audio/transcriptions", form, headers=headers)
    row = rows(gateway)[0]
    assert row["usage_status"] == "absent" and picodollars(row["cost_usd"]) > 0
    gateway.limit("default", "--daily", "5", "--hard-stop")
    with pytest.raises(urllib.error.HTTPError) as refused:
        call(gateway, "/openai/v1/audio/transcriptions", form, headers=headers)
    assert refused.value.code == 400 and b"audio_ms" in refused.value.read()
