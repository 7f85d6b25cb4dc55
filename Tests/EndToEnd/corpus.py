"""Recorded provider calls through the real binary: usage, bill, price and bytes, case by case.

`python corpus.py [FOLDER]` serves every recorded reply from a stub, cut at random places, sends
the recorded request through the gateway, compares the row with what is expected, and prints what
agreed for each provider and endpoint. FOLDER holds cases.jsonl and expected.jsonl; the default is
../shared/corpus beside the repository.
"""

import asyncio
import base64
import collections
import decimal
import json
import pathlib
import re
import sys
import tempfile

from corpus_prices import judge_prices, picodollars
from corpus_routes import ANY, PROVIDERS, path_of, upstream
from corpus_stub import CorpusStub, reply_bytes
from gateway import Gateway, SHARED
from raw_http import exchange, request

CONCURRENCY = 16
class Result:
    def __init__(self, case):
        self.case = case
        self.problems = []
        self.notes = []
        self.priced = False


def seen(row):
    """The row's usage in the words of expected.jsonl."""
    usage = row["usage"]

    def total(*names):
        return sum(usage.get(name, 0) for name in names)

    return {
        "input": total("input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio",
                       "cache_read_audio", "input_image", "cache_read_image", "input_video",
                       "cache_read_video", "embedding", "tool_input"),
        "output": total("output", "reasoning", "output_audio", "output_image"),
        "cache_read": total("cache_read", "cache_read_audio", "cache_read_image",
                            "cache_read_video"),
        "cache_write": total("cache_write_5m", "cache_write_1h"),
        "cache_write_5m": total("cache_write_5m"),
        "cache_write_1h": total("cache_write_1h"),
        "reasoning": total("reasoning"),
        "tool_input": total("tool_input"),
        "input_audio": total("input_audio", "cache_read_audio"),
        "output_audio": total("output_audio"),
        "input_image": total("input_image", "cache_read_image"),
        "cache_read_image": total("cache_read_image"),
        "cache_read_audio": total("cache_read_audio"),
        "output_image": total("output_image"),
        "input_video": total("input_video", "cache_read_video"),
        "cache_read_video": total("cache_read_video"),
        "citation": total("citation"),
        "web_searches": total("web_search", "web_search_preview"),
        "audio_seconds": decimal.Decimal(total("audio_ms")) / 1000,
        "pages": total("page"),
        "search_units": total("search_unit"),
        "images": total("image"),
    }


def contradicts_itself(usage):
    """A part that is larger than its whole, which no reader can believe."""
    return usage.get("reasoning", 0) > usage.get("output", 0) \
        or usage.get("cache_read", 0) + usage.get("cache_write", 0) > usage.get("input", 0)


def states_other_usage(case):
    """Usage that expected.jsonl does not look for: Ollama's own API counts what it embeds."""
    return '"prompt_eval_count"' in (case["response_body"] or "")


def compare_usage(result, expected, row):
    want = expected["usage"]
    if want is None:
        if row["usage_status"] == "exact" and row["usage"] \
                and not states_other_usage(result.case):
            result.problems.append(f"states no usage, booked as exact {row['usage']}")
        return
    if row["usage_status"] == "invalid" and contradicts_itself(want):
        result.notes.append("counts contradict each other: booked as invalid")
        return
    if row["usage_status"] != "exact":
        result.problems.append(f"usage is {row['usage_status']}, want {want}")
        return
    got = seen(row)
    wrong = {name: (count, str(got[name])) for name, count in want.items()
             if name in got and got[name] != count}
    if wrong:
        result.problems.append(f"usage (want, got) {wrong}")
    result.notes += [f"not compared: {name}" for name in want if name not in got]
    extras = [(extra.get("model"), seen({"usage": extra["usage"]})["input"],
               seen({"usage": extra["usage"]})["output"])
              for extra in row["usage"].get("extra", [])]
    stated = [(extra.get("model"), extra.get("input", extra.get("usage", {}).get("input")),
               extra.get("output", extra.get("usage", {}).get("output")))
              for extra in expected["extra"]]
    if [pair[1:] for pair in sorted(extras, key=str)] != \
            [pair[1:] for pair in sorted(stated, key=str)]:
        result.problems.append(f"extra usage {extras}, want {stated}")


def compare_bill(result, expected, row):
    stated = expected["cost_reported"]
    if stated is None or row["cost_reported_usd"] is None:
        return
    nearest = (decimal.Decimal(stated) * 10 ** 12).to_integral_value(decimal.ROUND_HALF_UP)
    if picodollars(row["cost_reported_usd"]) != int(nearest):
        result.problems.append(f"bill {row['cost_reported_usd']}, stated {stated}")


def shown_bytes(case):
    """What the client is to see of the recorded reply."""
    sent = reply_bytes(case)
    if case["endpoint_kind"] not in ("chat", "completions") or not case["is_stream"]:
        return sent
    if upstream(case) in ("azure", "mistral", "openrouter", "perplexity"):
        return sent
    asked = b'"include_usage":true' in re.sub(rb"\s", b"", request_body(case))
    return sent if asked else without_usage_chunk(sent)


def without_usage_chunk(stream):
    """A stream without the chunk that has usage and no choices, which nobody asked for."""
    kept = b""
    for event in re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", stream):
        data = b"".join(line[5:] for line in event.splitlines() if line.startswith(b"data:"))
        try:
            chunk = json.loads(data)
        except ValueError:
            chunk = {}
        if not (isinstance(chunk, dict) and isinstance(chunk.get("usage"), dict)
                and chunk.get("choices") == []):
            kept += event
    return kept


def request_bytes(case, name, seed):
    """The recorded request, with words for the stub in its query."""
    words = f"CASE={case['id']}&CUT={seed}"
    recorded = re.sub(r"[^\x21-\x7e]", "_", case["query"] or "")
    query = f"{recorded}&{words}" if recorded else words
    fields = {key: re.sub(r"[^\x20-\x7e]", "_", str(value))
              for key, value in (case["request_headers"] or {}).items()
              if key.lower() in ("content-type", "accept", "anthropic-version", "anthropic-beta")}
    fields["x-spendfuse-session"] = case["id"]
    body = request_body(case)
    return request(case["method"], f"{path_of(case, name)}?{query}", body, fields)


def request_body(case):
    raw = case["request_body"] or ""
    body = base64.b64decode(raw) if case["request_body_encoding"] == "base64" else raw.encode()
    kind = next((str(value) for name, value in (case["request_headers"] or {}).items()
                 if name.lower() == "content-type"), "")
    boundary = re.search(r'boundary="?([^";]+)', kind)
    if boundary and boundary[1].encode() not in body:
        # Recorders leave uploads out; a form of the same shape stands in.
        model = case["model_requested"] or "whisper-1"
        body = (f'--{boundary[1]}\r\ncontent-disposition: form-data; name="model"\r\n\r\n{model}'
                f"\r\n--{boundary[1]}--\r\n").encode()
    elif not boundary and case["method"] == "POST" and case["endpoint_kind"] != "listen":
        try:
            json.loads(body)
        except ValueError:
            # A body that was left out, cut off or made unreadable.
            body = json.dumps({"model": case["model_requested"] or "unknown",
                               "stream": bool(case["is_stream"])}).encode()
    return body


class Run:
    def __init__(self, folder, directory, seed=1):
        folder = pathlib.Path(folder)
        with open(folder / "cases.jsonl") as lines:
            self.cases = {case["id"]: case for case in map(json.loads, lines)}
        with open(folder / "expected.jsonl") as lines:
            self.expected = {row["id"]: row for row in map(json.loads, lines)}
        self.seed = seed
        self.stub = CorpusStub(self.cases)
        names = sorted({upstream(case) for case in self.cases.values()} | {"openai"})
        entries = "".join(
            f"  {name}: {{ url: {self.stub.url}"
            + ("" if name in PROVIDERS or name == "vllm" else f", dialect: {ANY}, provider: {name}")
            + " }\n" for name in names)
        self.gateway = Gateway(directory, self.stub, upstreams=entries)
        self.results = {}

    def run(self):
        self.gateway.start()
        try:
            asyncio.run(self._send())
            rows = {row["session_id"]: row for row in self.gateway.calls()}
        finally:
            self.gateway.stop()
            self.stub.stop()
        self._judge(rows)
        return self.results

    async def _send(self):
        gate = asyncio.Semaphore(CONCURRENCY)

        async def one(case):
            result = self.results[case["id"]] = Result(case)
            async with gate:
                data = request_bytes(case, upstream(case), self.seed)
                try:
                    reply = await exchange(self.gateway.port, data)
                except (OSError, asyncio.IncompleteReadError) as error:
                    result.problems.append(f"no reply: {error!r}")
                    return
            if not reply.complete:
                result.problems.append("the reply is not complete")
            elif reply.status != case["response_status"]:
                result.problems.append(f"status {reply.status}: {reply.body[:200]!r}")
            elif reply.body != shown_bytes(case):
                result.problems.append("the bytes were changed")

        await asyncio.gather(*map(one, self.cases.values()))

    def _judge(self, rows):
        for key, case in self.cases.items():
            result, row = self.results[key], rows.get(key)
            if case["method"] != "POST":
                # Looks at stored replies repeat usage that was billed before.
                if row is not None and row["usage_status"] == "exact" and row["usage"]:
                    result.problems.append("a look at a stored reply was billed again")
                continue
            if row is None:
                if not result.problems:
                    result.problems.append("no row was written")
                continue
            compare_usage(result, self.expected[key], row)
            compare_bill(result, self.expected[key], row)
        judge_prices(self, rows)


def report(results, out=sys.stdout):
    table = collections.defaultdict(collections.Counter)
    for result in results.values():
        counts = table[result.case["provider"], result.case["endpoint_kind"]]
        counts["cases"] += 1
        counts["wrong"] += bool(result.problems)
        counts["priced"] += bool(result.priced)
        counts["excepted"] += any("price differs" in note for note in result.notes)
    print(f"{'provider':14}{'endpoint':20}{'cases':>7}{'wrong':>7}{'priced':>8}{'excepted':>10}",
          file=out)
    for (provider, kind), counts in sorted(table.items(), key=str):
        print(f"{provider:14}{str(kind):20}{counts['cases']:7}{counts['wrong']:7}"
              f"{counts['priced']:8}{counts['excepted']:10}", file=out)
    for key, result in results.items():
        for problem in result.problems:
            case = result.case
            print(f"{key} {case['provider']} {case['endpoint_kind']} {case['model_requested']}:"
                  f" {problem}", file=out)
    notes = collections.Counter(note for result in results.values() for note in result.notes)
    for note, count in notes.most_common():
        print(f"{count:6} {note}", file=out)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else SHARED / "corpus"
    with tempfile.TemporaryDirectory() as directory:
        results = Run(folder, directory).run()
    report(results)
    return 1 if any(result.problems for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
