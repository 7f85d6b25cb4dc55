"""A provider that tells the truth: it counts what it charges from the moment a request arrives.

It speaks enough of the OpenAI and Anthropic APIs for the real SDKs, serves recorded replies cut at
random places, and misbehaves on request. What it does is stated in the prompt by words such as
`STATUS=429`, `OUTPUT=37`, `CASE=<id>`, `CUT=<seed>`, `HANG`, `BREAK=<bytes>`, `PAUSE=<seconds>`.
"""

import asyncio
import base64
import json
import random
import re
import threading

from http_stub import HTTPStub

OUTPUT_PICODOLLARS = 100_000_000  # Tests/EndToEnd/prices.py: 100 USD per million output tokens.


class Charge:
    """One call as the provider's invoice would list it."""

    def __init__(self, marker, path, body, output):
        self.marker, self.path, self.body, self.output = marker, path, body, output
        self.delivered = False

    @property
    def picodollars(self):
        return self.output * OUTPUT_PICODOLLARS


class Stub(HTTPStub):
    def __init__(self, cases=None):
        self.cases = cases or {}
        self.charges = []
        self.requests = []
        self.lock = threading.Lock()
        super().__init__()

    @property
    def charged(self):
        with self.lock:
            return sum(charge.picodollars for charge in self.charges)

    async def answer(self, writer, method, path, headers, body):
        try:
            request = json.loads(body) if body else {}
        except ValueError:
            request = {}
        words = dict(re.findall(r"\b([A-Z]{3,})=([\w.\-]+)", body.decode("utf-8", "replace")))
        text = body.decode("utf-8", "replace")
        with self.lock:
            self.requests.append((method, path, headers, body))
        status = int(words.get("STATUS", 200))
        output = int(words.get("OUTPUT", 0)) or self._cap(request)
        charge = None
        if status == 200 and method == "POST" and not path.endswith("count_tokens"):
            charge = Charge(words.get("MARK"), path, request, output)
            with self.lock:
                self.charges.append(charge)
        if "PAUSE" in words:
            await asyncio.sleep(float(words["PAUSE"]))
        if re.search(r"\bHANG\b", text):
            await asyncio.sleep(3600)
        if "CASE" in words:
            await self._recorded(writer, self.cases[words["CASE"]], words)
        elif status != 200:
            error = {"error": {"message": f"stub says {status}", "type": "stub_error",
                               "code": "stub_error"}}
            if "messages" in path:
                error = {"type": "error", "error": {"type": "api_error", "message": "stub"}}
            fields = {"retry-after": "0"} if status == 429 else {}
            await self._plain(writer, status, json.dumps(error).encode(), fields)
        elif request.get("stream"):
            await self._stream(writer, path, request, output, words)
        else:
            reply = json.dumps(self._reply(path, request, output)).encode()
            await self._plain(writer, 200, reply, cut=words.get("BREAK"))
        if charge:
            charge.delivered = True

    @staticmethod
    def _cap(request):
        for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"):
            if request.get(name):
                return request[name]
        return 7

    async def _plain(self, writer, status, body, fields=None, cut=None):
        head = [f"HTTP/1.1 {status} Stub", "content-type: application/json",
                f"content-length: {len(body)}", "x-request-id: req_stub"]
        head += [f"{name}: {value}" for name, value in (fields or {}).items()]
        data = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        if cut is not None:
            data = data[: len(data) - len(body) + int(cut)]
        writer.write(data)
        await writer.drain()
        if cut is not None:
            raise ConnectionResetError

    async def _recorded(self, writer, case, words):
        """A recorded reply, in pieces cut at random places where a seed is given."""
        body = case["response_body"] or ""
        data = base64.b64decode(body) if case["response_body_encoding"] == "base64" \
            else body.encode()
        kind = next((value for name, value in case["response_headers"].items()
                     if name.lower() == "content-type"), "application/json")
        writer.write(f"HTTP/1.1 {case['response_status']} Stub\r\ncontent-type: {kind}\r\n"
                     "transfer-encoding: chunked\r\n\r\n".encode())
        rng = random.Random(words.get("CUT", "0"))
        start = 0
        while start < len(data):
            size = rng.choice([1, 2, 3, 7, 50, 333, 1500, 5000]) if "CUT" in words else len(data)
            piece = data[start:start + size]
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            if rng.random() < 0.1:
                await writer.drain()
                await asyncio.sleep(0)
            start += size
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    def _reply(self, path, request, output):
        model = request.get("model", "unknown")
        if path.endswith("/embeddings"):
            return {"object": "list", "model": model,
                    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
                    "usage": {"prompt_tokens": 8, "total_tokens": 8}}
        if path.endswith("/count_tokens"):
            return {"input_tokens": 11}
        if path.endswith("/responses"):
            return self._response(model, output)
        if path.endswith("/messages"):
            content = [{"type": "text", "text": "word " * min(output, 50)}]
            reason = "end_turn"
            if request.get("tools"):
                content = [{"type": "tool_use", "id": "toolu_1", "name": "weather",
                            "input": {"city": "Paris"}}]
                reason = "tool_use"
            return {"id": "msg_1", "type": "message", "role": "assistant", "model": model,
                    "content": content, "stop_reason": reason, "stop_sequence": None,
                    "usage": {"input_tokens": 11, "output_tokens": output}}
        message = {"role": "assistant", "content": "word " * min(output, 50)}
        reason = "stop"
        if request.get("tools"):
            message = {"role": "assistant", "content": None, "tool_calls": [
                {"id": "call_1", "type": "function",
                 "function": {"name": "weather", "arguments": "{\"city\": \"Paris\"}"}}]}
            reason = "tool_calls"
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
                "choices": [{"index": 0, "message": message, "finish_reason": reason}],
                "usage": self._chat_usage(output)}

    @staticmethod
    def _chat_usage(output):
        return {"prompt_tokens": 11, "completion_tokens": output, "total_tokens": 11 + output}

    @staticmethod
    def _response(model, output):
        return {"id": "resp_1", "object": "response", "created_at": 1, "model": model,
                "status": "completed", "parallel_tool_calls": True, "tool_choice": "auto",
                "tools": [], "output": [
                    {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                     "content": [{"type": "output_text", "text": "word", "annotations": []}]}],
                "usage": {"input_tokens": 11, "output_tokens": output, "total_tokens": 11 + output,
                          "input_tokens_details": {"cached_tokens": 0},
                          "output_tokens_details": {"reasoning_tokens": 0}}}

    def _events(self, path, request, output):
        model = request.get("model", "unknown")
        words = min(output, 20)
        if path.endswith("/messages"):
            start = {"id": "msg_1", "type": "message", "role": "assistant", "model": model,
                     "content": [], "stop_reason": None, "stop_sequence": None,
                     "usage": {"input_tokens": 11, "output_tokens": 1}}
            yield "message_start", {"type": "message_start", "message": start}
            yield "content_block_start", {"type": "content_block_start", "index": 0,
                                          "content_block": {"type": "text", "text": ""}}
            for _ in range(words):
                yield "content_block_delta", {"type": "content_block_delta", "index": 0,
                                              "delta": {"type": "text_delta", "text": "word "}}
            yield "content_block_stop", {"type": "content_block_stop", "index": 0}
            yield "message_delta", {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
                                    "usage": {"output_tokens": output}}
            yield "message_stop", {"type": "message_stop"}
        elif path.endswith("/responses"):
            running = dict(self._response(model, output), status="in_progress", usage=None,
                           output=[])
            yield "response.created", {"type": "response.created", "sequence_number": 0,
                                       "response": running}
            item = {"id": "msg_1", "type": "message", "role": "assistant",
                    "status": "in_progress", "content": []}
            yield "response.output_item.added", {
                "type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
                "item": item}
            yield "response.content_part.added", {
                "type": "response.content_part.added", "sequence_number": 2, "output_index": 0,
                "item_id": "msg_1", "content_index": 0,
                "part": {"type": "output_text", "text": "", "annotations": []}}
            for index in range(words):
                yield "response.output_text.delta", {
                    "type": "response.output_text.delta", "sequence_number": index + 3,
                    "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "word ",
                    "logprobs": []}
            yield "response.completed", {"type": "response.completed", "sequence_number": 99,
                                         "response": self._response(model, output)}
        else:
            base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
                    "model": model}
            for _ in range(words):
                yield None, dict(base, choices=[{"index": 0, "delta": {"content": "word "}}])
            yield None, dict(base, choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
            if (request.get("stream_options") or {}).get("include_usage"):
                yield None, dict(base, choices=[], usage=self._chat_usage(output))

    async def _stream(self, writer, path, request, output, words):
        writer.write(b"HTTP/1.1 200 Stub\r\ncontent-type: text/event-stream\r\n"
                     b"transfer-encoding: chunked\r\n\r\n")
        pause = float(words.get("GAP", 0))
        sent = 0
        for name, event in self._events(path, request, output):
            text = (f"event: {name}\n" if name else "") + f"data: {json.dumps(event)}\n\n"
            await self._chunk(writer, text.encode())
            sent += len(text)
            if "BREAK" in words and sent > int(words["BREAK"]):
                raise ConnectionResetError
            if pause:
                await asyncio.sleep(pause)
        if not path.endswith(("/messages", "/responses")):
            await self._chunk(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    @staticmethod
    async def _chunk(writer, data):
        writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await writer.drain()
