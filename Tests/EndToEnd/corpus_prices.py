"""Compares what we ask for recorded calls with genai-prices."""

import datetime
import decimal
import json
import subprocess

from corpus_exceptions import price_table, variations
from corpus_routes import upstream
from gateway import BINARY, clean_environment


def picodollars(text):
    """Rounded up to a whole picodollar, as we do."""
    amount = decimal.Decimal(text) * 10 ** 12
    return int(amount.to_integral_value(decimal.ROUND_CEILING))


# The day on which the figures of expected.jsonl were computed, for recordings without a date.
UNDATED = "2026-11-20T20:00:00"


def moment(case):
    """When the call was recorded, in UTC."""
    try:
        recorded = datetime.datetime.fromisoformat(
            (case["recorded_at"] or UNDATED).replace("Z", "+00:00"))
    except ValueError:
        return UNDATED
    if recorded.tzinfo:
        recorded = recorded.astimezone(datetime.timezone.utc)
    return recorded.strftime("%Y-%m-%dT%H:%M:%S")


def inquiry(case, row, at=None):
    """The row's usage, to be priced at the moment of the recording."""
    usage = {name: count for name, count in row["usage"].items() if name != "extra"}
    line = {"provider": row["provider"], "model": row["model"], "usage": usage,
            "at": at or moment(case),
            "service_tier": row["service_tier"], "inference_geo": row["inference_geo"]}
    for name in ("region", "image_size", "image_quality"):
        if name in row["metadata"]:
            line[name] = row["metadata"][name]
    return line


def genai_price(case, expected):
    """What genai-prices says at the moment of the recording; None where it is not installed."""
    try:
        from genai_prices import Usage, calc_price
    except ImportError:
        return None
    usage = expected["usage"]
    names = {"openai": "openai", "anthropic": "anthropic", "google": "google", "vertex": "google",
             "azure": "azure", "bedrock": "aws", "xai": "x-ai", "moonshot": "moonshotai",
             "voyage": "voyageai"}
    try:
        price = calc_price(
            Usage(input_tokens=usage.get("input"), output_tokens=usage.get("output"),
                  cache_read_tokens=usage.get("cache_read"),
                  cache_write_tokens=usage.get("cache_write"),
                  cache_write_1h_tokens=usage.get("cache_write_1h") or None,
                  input_audio_tokens=usage.get("input_audio"),
                  output_audio_tokens=usage.get("output_audio"),
                  web_searches=usage.get("web_searches")),
            expected["model"], provider_id=names.get(upstream(case), upstream(case)),
            genai_request_timestamp=datetime.datetime.fromisoformat(
                moment(case) + "+00:00"))
        return str(price.total_price)
    except Exception:
        # It has no price for the model, or cannot read this usage.
        return None


def judge_prices(run, rows):
    """Compares prices with genai-prices: at the recording's date, else as expected.jsonl has it."""
    open_cases = {}
    for key, row in rows.items():
        expected, case = run.expected[key], run.cases[key]
        if expected["usage"] is None or row["usage_status"] != "exact" \
                or case["method"] != "POST":
            continue
        names = [row["model"]]
        if row["model_requested"] not in (None, row["model"]):
            names.append(row["model_requested"])
        lines = [dict(inquiry(case, row, at), model=name)
                 for name in names for at in (None, UNDATED)]
        open_cases[key] = lines
    flat = [line for lines in open_cases.values() for line in lines]
    answers = iter(quote(run.gateway, flat))
    unsettled = {}
    for key, lines in open_cases.items():
        got = [next(answers) for _ in lines]
        prices = [answer["cost_usd"] for answer in got if "error" not in answer]
        result, expected, row = run.results[key], run.expected[key], rows[key]
        result.priced = bool(prices) or row["cost_reported_usd"] is not None
        stated = expected["cost_genai_prices"]
        if stated is None:
            if not result.priced:
                result.notes.append(f"neither has a price: {row['provider']} {row['model']}")
            continue
        if not prices:
            result.problems.append(f"unpriced: {got[0]['error']}")
            continue
        wanted = {picodollars(stated)}
        dated = genai_price(run.cases[key], expected)
        if dated is not None:
            wanted.add(picodollars(dated))
        if not any(picodollars(price) in wanted for price in prices):
            unsettled[key] = (wanted, lines, prices)
    settle_exceptions(run, rows, unsettled)


def settle_exceptions(run, rows, unsettled):
    varied = [(key, reason, line) for key, (_, lines, _) in unsettled.items()
              for base in lines for reason, line in variations(base)]
    reasons = {}
    for (key, reason, _), answer in zip(varied, quote(run.gateway, [v[2] for v in varied])):
        if "error" not in answer and picodollars(answer["cost_usd"]) in unsettled[key][0]:
            reasons.setdefault(key, reason)
    for key, (wanted, lines, prices) in unsettled.items():
        result, row = run.results[key], rows[key]
        if key in reasons:
            result.notes.append(f"price differs: {reasons[key]}")
        elif row["cost_reported_usd"] is not None and row["cost_usd"] == row["cost_reported_usd"]:
            result.notes.append("price differs: the provider's own bill is believed")
        elif any(map(price_table, lines)):
            reason = next(filter(None, map(price_table, lines)))
            result.notes.append(f"price differs: {reason}")
        else:
            result.problems.append(
                f"price {prices}, genai-prices {sorted(wanted)} for {row['model']}"
                f" {row['usage']} {row['service_tier'] or ''}")


def quote(gateway, lines):
    done = subprocess.run(
        [BINARY, "quote", "--file", "-", "--config", gateway.config], text=True,
        input="".join(json.dumps(line) + "\n" for line in lines), capture_output=True,
        env=clean_environment(), check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
