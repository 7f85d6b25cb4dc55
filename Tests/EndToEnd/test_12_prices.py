"""Prices from the command line: set, import, diff, sync, quote, explain, reprice."""

import asyncio
import decimal
import fractions
import json
import os
import random
import subprocess
import time

import pytest

from gateway import BINARY, ROOT, clean_environment, picodollars
from raw_http import chat, exchange, post

LONG = os.environ.get("SPENDFUSE_LONG_TESTS") == "1"


def send(gateway, count=1, **fields):
    async def run():
        for _ in range(count):
            await exchange(gateway.port, post("/stub/v1/chat/completions", chat(**fields)))
    asyncio.run(run())
    while gateway.status()["open_holds"] != "0":
        time.sleep(0.05)


def test_a_price_of_ones_own_is_in_force_and_keeps_what_was_booked(gateway):
    send(gateway, words="OUTPUT=10")
    said = gateway.prices_taken_up(lambda: gateway.run(
        "prices", "set", "stub", "penny", "--price", "input=0", "--price", "output=200").stdout)
    assert "set from" in said
    send(gateway, words="OUTPUT=10")
    new, old = gateway.calls()
    assert old["cost_usd"] == "0.001000000000" and new["cost_usd"] == "0.002000000000"
    assert old["price_version"] != new["price_version"]
    shown = gateway.run("prices", "show", "penny").stdout
    assert "output: 200.00" in shown and "output: 100.00" in shown
    explained = json.loads(gateway.run("explain", new["call_id"], "--format", "json").stdout)
    assert explained["rows"][1]["cost_usd"] == "0.002000000000"


def test_a_bad_sheet_changes_nothing_and_names_its_line(gateway):
    sheet = gateway.pricing / "stub.yaml"
    good = sheet.read_text()
    sheet.write_text(good.replace("output: 100 }", "output: a lot }"))
    done = gateway.run("prices", "sync", check=False)
    assert done.returncode == 1 and "stub.yaml:9" in done.stderr
    send(gateway, words="OUTPUT=10")
    assert gateway.calls()[0]["cost_usd"] == "0.001000000000"
    sheet.write_text(good.replace("output: 100 }", "output: 300 }"))
    gateway.prices_taken_up(lambda: gateway.run("prices", "sync"))
    send(gateway, words="OUTPUT=10")
    assert gateway.calls()[0]["cost_usd"] == "0.003000000000"


def test_reprice_shows_the_difference_then_books_it_beside_the_calls_once(gateway):
    gateway.run("limit", "set", "system", "--monthly", "100")
    send(gateway, 3, words="OUTPUT=10")
    gateway.run("prices", "set", "stub", "penny", "--price", "input=0", "--price", "output=50",
                "--from", "2026-01-01")
    shown = json.loads(gateway.run(
        "reprice", "--since", "2026-01-01", "--format", "json").stdout)
    assert [row["difference_usd"] for row in shown["rows"]] == ["-0.000500000000"] * 3
    assert len(gateway.calls()) == 3
    for expected in (3, 0):
        done = gateway.run("reprice", "--since", "2026-01-01", "--apply", "--format", "json")
        assert len(json.loads(done.stdout)["rows"]) == expected
    rows = gateway.calls()
    booked = [row for row in rows if row["endpoint"] == "chat_completions"]
    assert [row["cost_usd"] for row in booked] == ["0.001000000000"] * 3
    assert sum(picodollars(row["cost_usd"]) for row in rows) == 3 * 500_000_000

    def spent():
        rows = gateway.status()["rows"]
        return picodollars([row for row in rows if row["scope"] == "system"][0]["spent_usd"])
    deadline = time.time() + 30
    while spent() != 1_500_000_000 and time.time() < deadline:
        time.sleep(0.1)
    assert spent() == 1_500_000_000


def test_calls_without_a_price_are_listed(gateway):
    send(gateway, model="mystery-1")
    checked = gateway.run("prices", "check").stdout
    assert "no price: mystery-1 of stub, in 1 calls" in checked


def test_advice_on_a_missing_price_goes_away_once_it_is_followed(gateway):
    send(gateway, model="mystery-1", words="OUTPUT=10")
    row = gateway.calls()[0]
    assert "unpriced" in gateway.run("calls").stdout

    def unpriced():
        advice = json.loads(gateway.run("advise", "--format", "json").stdout)["rows"]
        return [finding for finding in advice if "mystery-1" in json.dumps(finding)]
    day = row["timestamp"][:10]
    assert f"--from {day}" in json.dumps(unpriced()) and "--apply" in json.dumps(unpriced())
    gateway.run("prices", "set", "stub", "mystery-1", "--price", "input=0", "--price",
                "output=100", "--from", day)
    gateway.run("reprice", "--since", day, "--apply")
    assert not unpriced() and "mystery-1" not in gateway.run("prices", "check").stdout
    explained = json.loads(gateway.run("explain", row["call_id"], "--format", "json").stdout)
    assert explained["adjusted_usd"] == "0.001000000000" and "booked later" in explained["note"]


@pytest.mark.parametrize("document, price", [
    ({"sample_spec": {}, "acme/new-model": {
        "litellm_provider": "acme", "input_cost_per_token": 1.5e-07,
        "output_cost_per_token": 6.1e-07, "cache_read_input_token_cost": 3.75e-08,
        "input_cost_per_token_above_200k_tokens": 3e-07, "max_input_tokens": 1000,
        "max_output_tokens": 100}},
     "per_million: { input: 0.15, cache_read: 0.0375, output: 0.61 }"),
    ([{"id": "acme", "models": [{"id": "new-model", "match": {"equals": "new-model"}, "prices": [
        {"constraint": None, "prices": {"input_mtok": 0.15, "cache_read_mtok": 0.0375,
                                        "output_mtok": 0.61}},
        {"constraint": {"start_date": "2026-05-01"},
         "prices": {"input_mtok": {"base": 0.2, "tiers": [{"start": 200000, "price": 0.3}]},
                    "output_mtok": 0.7}}]}]}],
     "per_million: { input: 0.15, cache_read: 0.0375, output: 0.61 }"),
])
def test_lists_of_others_are_imported_to_the_digit(gateway, tmp_path, document, price):
    path = tmp_path / "list.json"
    path.write_text(json.dumps(document))
    missing = json.loads(gateway.run("prices", "diff", str(path), "--new", "--format", "json").stdout)
    assert {row["class"] for row in missing["rows"]} >= {"input", "output"}
    gateway.run("prices", "import", str(path))
    shown = gateway.run("prices", "show", "new-model", "--provider", "acme").stdout
    assert price in shown and "above: 200000" in shown
    assert json.loads(gateway.run(
        "prices", "diff", str(path), "--new", "--format", "json").stdout)["rows"] == []


def test_bad_price_input_is_refused_and_changes_nothing(gateway, tmp_path):
    for arguments, complaint in [
        (["set", "stub", "penny"], "name at least one --price"),
        (["set", "stub", "penny", "--price", "input=-1"], "is not an amount of USD"),
        (["set", "stub", "penny", "--price", "inputs=1"], "it knows input"),
        (["set", "stub", "penny", "--price", "input=1", "--from", "soon"], "write 2026-11-20"),
        (["import", str(tmp_path / "none.json")], "cannot be read"),
        (["import", str(ROOT / "README.md")], "is not JSON"),
        (["show", "no-such-model"], "no price sheet knows"),
    ]:
        done = gateway.run("prices", *arguments, check=False)
        assert done.returncode != 0 and complaint in done.stderr, (arguments, done)
    assert not (gateway.state / "prices").exists()


SHEET_CLASSES = ["input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning",
                 "input_audio", "output_audio", "input_image", "output_image", "input_video",
                 "embedding", "citation", "tool_input"]
INPUTS = set(SHEET_CLASSES) - {"output", "reasoning", "output_audio", "output_image"}


def random_prices(rng):
    prices = {name: decimal.Decimal(rng.randrange(0, 10 ** rng.randrange(1, 5))).scaleb(
        -rng.randrange(0, 7)) for name in SHEET_CLASSES}
    return {name: price.quantize(decimal.Decimal(1).scaleb(-6)) for name, price in prices.items()}


def exact_cost(usage, model):
    """In whole picodollars, by rational numbers."""
    whole = sum(count for name, count in usage.items() if name in INPUTS)
    prices = model["tier"] if whole > model["bound"] else model["base"]
    tokens = sum(fractions.Fraction(prices[name]) * count for name, count in usage.items()
                 if name in prices) * fractions.Fraction(model["factor"]) * 10 ** 6
    cost = -(-tokens.numerator // tokens.denominator)
    for name, per in (("request", 1000), ("web_search", 1000), ("audio_ms", 3_600_000)):
        count = 1 if name == "request" else usage.get(name, 0)
        fee = fractions.Fraction(model["fees"][name]) * count * 10 ** 12 / per
        cost += -(-fee.numerator // fee.denominator)
    return cost


def test_costs_equal_those_of_rational_arithmetic(tmp_path):
    rng = random.Random(20261121)
    models = []
    text = "schema: 1\nprovider: random\nversion: 2026-11-20\nmodels:\n"
    for index in range(200):
        model = {"base": random_prices(rng), "tier": random_prices(rng),
                 "bound": rng.randrange(1, 10 ** rng.randrange(1, 8)),
                 "factor": decimal.Decimal(rng.randrange(1, 3000)) / 1000,
                 "fees": {name: decimal.Decimal(rng.randrange(0, 10 ** 6)) / 10 ** 4
                          for name in ("request", "web_search", "audio_ms")}}
        models.append(model)
        text += f"""  - id: m{index}
    prices:
      - per_million: {{ {", ".join(f"{k}: {v}" for k, v in model["base"].items())} }}
        context_tiers:
          - above: {model["bound"]}
            per_million: {{ {", ".join(f"{k}: {v}" for k, v in model["tier"].items())} }}
        multipliers: {{ region: {{ "*": {model["factor"]} }} }}
        per_thousand: {{ request: {model["fees"]["request"]},
                        web_search: {model["fees"]["web_search"]} }}
        per_hour: {{ audio: {model["fees"]["audio_ms"]} }}
"""
    (tmp_path / "random.yaml").write_text(text)
    count = 1_000_000 if LONG else 50_000
    process = subprocess.Popen(
        [BINARY, "quote", "--file", "-", "--pricing", tmp_path, "--state", tmp_path / "state"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment(), cwd=ROOT)
    expected = []
    lines = []
    for _ in range(count):
        index = rng.randrange(len(models))
        names = rng.sample(SHEET_CLASSES + ["web_search", "audio_ms"], rng.randrange(0, 6))
        usage = {name: rng.randrange(0, 10 ** rng.randrange(1, 8)) for name in names}
        expected.append(exact_cost(usage, models[index]))
        lines.append(json.dumps({"model": f"m{index}", "region": "x", "usage": usage}))
    answers, _ = process.communicate("\n".join(lines) + "\n")
    differences = [
        (line, want, answer) for line, want, answer in zip(lines, expected, answers.splitlines())
        if picodollars(json.loads(answer)["cost_usd"]) != want]
    assert len(answers.splitlines()) == count
    assert differences == []
