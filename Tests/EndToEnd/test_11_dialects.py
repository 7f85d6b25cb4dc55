"""Every dialect with its own SDK or plain requests, against the real binary."""

import base64
import json
import time
import urllib.error

import pytest

from dialect_gateway import call, gateway, rows, scripted, usd  # noqa: F401 - fixtures
from gateway import picodollars
from scripted_stub import Answer, events, frames


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
    assert refused.value.code == 400 and b"length of the sound" in refused.value.read()
