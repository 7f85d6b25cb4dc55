"""Spend that comes from other programs and goes to them, and what models are worth."""

import asyncio
import collections
import csv
import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import gateway as gateways
from gateway import ROOT, picodollars
from private_postgres import wait_until
from raw_http import call, chat, exchange, post
from spend_history import load

EXPORTS = ROOT / "Tests/EndToEnd/exports"
DOLLAR = 10**12


def brought(gateway, name, *options):
    done = gateway.run("import", str(EXPORTS / name), *options, "--format", "json")
    return json.loads(done.stdout)


def rows(gateway, *arguments):
    return json.loads(gateway.run(*arguments, "--format", "json").stdout)["rows"]


def by_day(gateway, provider):
    shown = rows(gateway, "report", "--by", "day", "--filter", f"provider={provider}",
                 "--since", "2026-11-01", "--until", "2026-11-06")
    return {row["day"]: row["cost_usd"] for row in shown}


@pytest.mark.parametrize("name", ["litellm-spend-logs.json", "litellm-spend-logs.csv"])
def test_litellms_logs_are_taken_over_once(gateway, name):
    first = brought(gateway, name)
    assert first["new"] == "8" and first["total"]["cost_usd"] == "0.077089750000"
    # Again, and as the other kind of file: the same calls.
    for again in ("litellm-spend-logs.json", "litellm-spend-logs.csv"):
        assert brought(gateway, again)["new"] == "0"
    shown = rows(gateway, "report", "--by", "day", "--since", "2026-11-01", "--until", "2026-11-06")
    assert {row["day"]: row["cost_usd"] for row in shown} == {
        "2026-11-01": "0.011750000000", "2026-11-02": "0.028050000000",
        "2026-11-03": "0.002780000000", "2026-11-04": "0.000009750000",
        "2026-11-05": "0.034500000000"}
    users = {row["user"] for row in rows(
        gateway, "report", "--by", "user", "--since", "2026-11-01")}
    assert "customer-17" in users
    found = [row for row in rows(gateway, "calls", "--since", "2026-11-01", "--limit", "50")
             if row["model"] == "gpt-4o-2024-08-06" and row["status"] == "success"]
    assert found[0]["input_tokens"] == 3520 and found[0]["cache_read_tokens"] == 2048
    assert found[0]["tags"] == {"feature": "search"}
    assert found[0]["metadata"]["imported_from"] == "litellm"


def test_usage_of_providers_is_priced_and_cached_input_counts_once(gateway):
    for name, cost, calls in (("openai-usage.csv", "0.282050000000", 117),
                              ("anthropic-usage.csv", "1.992315000000", 3)):
        shown = brought(gateway, name)
        assert shown["total"]["cost_usd"] == cost and shown["total"]["calls"] == calls
        # A sum is as many calls in a report as the file says, out of rows and out of rollups.
        provider = f"provider={name.split('-')[0]}"
        for by in ("provider", "provider,hour", "provider,endpoint", "user,provider"):
            told = rows(gateway, "report", "--by", by, "--filter", provider, "--since",
                        "2026-11-01", "--until", "2026-11-06")
            assert sum(row["calls"] for row in told) == calls, (by, told)
    assert brought(gateway, "openai-usage-completions.json")["new"] == "0"
    assert by_day(gateway, "openai") == {
        "2026-11-01": "0.030150000000", "2026-11-02": "0.206000000000",
        "2026-11-04": "0.045900000000"}
    done = brought(gateway, "ccusage-daily.json", "--user", "ada", "--dry-run")
    assert done["total"]["cost_usd"] == "1.636171000000" and "dry run" in done["new"]
    assert "ada" not in {row["user"] for row in rows(
        gateway, "report", "--by", "user", "--since", "2026-11-01")}
    brought(gateway, "ccusage-daily.json", "--user", "ada", "--until", "2026-11-02")
    shown = rows(gateway, "report", "--by", "user", "--since", "2026-11-01")
    assert {row["user"]: row["cost_usd"] for row in shown}["ada"] == "0.432510000000"


def test_what_is_imported_counts_for_limits_and_is_in_every_report(gateway, tmp_path):
    gateway.run("limit", "set", "user:ada", "--total", "0.5", "--hard-stop")
    brought(gateway, "ccusage-daily.json", "--user", "ada")
    # The gateway itself, not the command line, which adds the rows up on its own.
    spent = 'spendfuse_budget_spent_usd{budget="user:ada",window="total"} 1.636171000000'
    wait_until(lambda: spent in gateway.metrics(), 20, "what was imported does not count")
    assert call(gateway, 10, {"x-spendfuse-user": "ada"}).status == 402
    load(gateway, tmp_path, seed=5, count=60)
    total = sum(picodollars(row["cost_usd"]) for row in rows(
        gateway, "calls", "--last", "90d", "--limit", "1000"))
    for by in ("model", "user", "day", "key", "provider,model", "tag:team"):
        shown = json.loads(gateway.run(
            "report", "--by", by, "--last", "90d", "--format", "json").stdout)
        assert picodollars(shown["total"]["cost_usd"]) == total, by


def test_bad_files_are_refused_and_nothing_is_taken_over(gateway, tmp_path):
    cases = {
        "empty": ("", "is empty"), "words": ("hello", "neither JSON nor"),
        "other.json": ('{"a": 1}', "none of"), "cut.json": ('[{"request_id": "a"', "line 1"),
        "sums.json": ('[{"startTime": "2026-11-01", "spend": 1, "users": {}, "models": {}}]',
                      "summarize=false"),
        "huge.json": ('[{"request_id": "a", "startTime": "2026-11-01T00:00:00Z", "spend": "1",'
                      ' "model": "m", "prompt_tokens": 9223372036854775807,'
                      ' "completion_tokens": 1}]', "cannot be"),
        "odd.json": ('[{"request_id": "a", "startTime": "1793491200000000", "spend":'
                     ' "1e-9223372036854775808"}]', "left out"),
        "open.csv": ('request_id,spend\n"a,1\n', "quotation marks"),
        "ui.json": ('{"data": [{"request_id": "a"}], "total_pages": 3}', "one page"),
        "page.json": ('{"data": [{"start_time": 1793491200, "results": [{"input_tokens": 5}]}],'
                      ' "has_more": true}', "next_page")}
    for name, (text, words) in cases.items():
        path = tmp_path / name
        path.write_text(text)
        done = gateway.run("import", str(path), check=False)
        assert done.returncode == (0 if words == "left out" else 1), (name, done.stderr)
        assert words in done.stderr, (name, done.stderr)
    for name, words in (("openai-costs.csv", "reconcile"), ("ccusage-session.json", "daily --json"),
                        ("missing.json", "cannot be read")):
        done = gateway.run("import", str(EXPORTS / name), check=False)
        assert done.returncode == 1 and words in done.stderr, (name, done.stderr)
    assert gateway.calls() == []


def test_lines_that_differ_in_any_word_are_kept_apart_and_equal_ones_added_up(gateway, tmp_path):
    head = (EXPORTS / "anthropic-usage.csv").read_text().splitlines()[0]
    line = "2026-11-01,claude-sonnet-4-5-20250929,key,Default,standard,{},{},0,0,0,0,0,{},\n"
    path = tmp_path / "usage.csv"
    path.write_text(head + "\n" + line.format("≤ 200k", 1_000_000, "not_available") * 2
                    + line.format("> 200k", 1_000_000, "not_available"))
    done = json.loads(gateway.run("import", str(path), "--format", "json").stdout)
    # Twice three dollars a million, and once six.
    assert done["total"]["cost_usd"] == "12.000000000000" and done["new"] == "2"
    # What is still under way is left for later.
    today = __import__("datetime").datetime.now(__import__("datetime").timezone.utc)
    path.write_text(head + "\n" + line.format("≤ 200k", 5, "us").replace(
        "2026-11-01", today.strftime("%Y-%m-%d")))
    done = gateway.run("import", str(path), "--format", "json")
    assert json.loads(done.stdout)["new"] == "0" and "not over yet" in done.stderr


def test_what_was_imported_stays_known_when_its_rows_are_gone(gateway, tmp_path):
    rows_of = [{"request_id": f"old{number}", "startTime": "2026-01-02T10:00:00Z", "model": "m",
                "custom_llm_provider": "openai", "spend": "1", "prompt_tokens": 1,
                "completion_tokens": 1} for number in range(5)]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(rows_of))
    assert json.loads(gateway.run("import", str(path), "--format", "json").stdout)["new"] == "5"
    gateway.run("retention", "run", "--calls", "32")
    assert rows(gateway, "calls", "--since", "2026-01-01") == []
    assert json.loads(gateway.run("import", str(path), "--format", "json").stdout)["new"] == "0"


def reconcile(gateway, name, provider, *options):
    done = gateway.run("reconcile", str(EXPORTS / name), "--provider", provider, "--month",
                       "2026-11", "--format", "json", *options, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def test_a_bill_is_compared_day_by_day_and_differences_end_with_three(gateway):
    brought(gateway, "openai-usage.csv")
    brought(gateway, "anthropic-usage.csv")
    for name in ("openai-costs.json", "openai-costs.csv"):
        code, shown = reconcile(gateway, name, "openai")
        days = {row["day"]: (row["ours_usd"], row["provider_usd"]) for row in shown["rows"]}
        assert days["2026-11-01"] == ("0.030150000000", "0.030150000000")
        # A day that the bill has, and the usage export has not.
        assert days["2026-11-05"] == ("0.000000000000", "0.030000000000")
        assert code == 3
    assert reconcile(gateway, "openai-costs.json", "openai", "--tolerance", "100%")[0] == 0
    # Of the provider's own usage the prices agree exactly.
    code, shown = reconcile(gateway, "openai-usage.csv", "openai", "--tolerance", "0")
    assert code == 0 and shown["figures"] == "tokens, priced here"
    assert shown["total"]["difference_usd"] == "0.000000000000"
    # Tokens of short contexts at their price come to what the provider charges for them.
    code, shown = reconcile(gateway, "anthropic-cost-report.json", "anthropic", "--tolerance", "0")
    assert code == 0 and shown["total"]["ours_usd"] == "1.992315000000"
    days = {row["day"]: row["provider_usd"] for row in shown["rows"]}
    # The report is in cents.
    assert days == {"2026-11-01": "0.900000000000", "2026-11-02": "0.937500000000",
                    "2026-11-04": "0.154815000000"} | {
        day: value for day, value in days.items() if value == "0.000000000000"}
    # Lines of the console's table are rounded to cents, which is no difference.
    brought_in = reconcile(gateway, "anthropic-cost.csv", "anthropic")[1]
    assert {row["provider_usd"] for row in brought_in["rows"]} >= {
        "0.900000000000", "0.940000000000", "0.150000000000"}
    for name in ("google-billing.csv", "google-billing.json"):
        shown = reconcile(gateway, name, "google")[1]
        assert shown["zone"] == "America/Los_Angeles"
        assert {row["day"]: row["provider_usd"] for row in shown["rows"]} == {
            "2026-11-01": "0.800000000000", "2026-11-02": "0.385000000000",
            "2026-11-04": "0.125000000000"}
    code, words = reconcile(gateway, "google-cost-table.csv", "google")
    assert code == 1 and "no days" in words


def test_a_providers_interface_is_asked_with_an_admin_key_page_by_page(gateway, monkeypatch):
    document = json.loads((EXPORTS / "openai-costs.json").read_text())
    asked = []

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["authorization"]))
            page = 1 if "page=second" in self.path else 0
            half = document["data"][:2] if page == 0 else document["data"][2:]
            body = json.dumps({"object": "page", "data": half, "has_more": page == 0,
                               "next_page": "second" if page == 0 else None}).encode()
            self.send_response(200 if "good" in self.headers["authorization"] else 401)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    clean = gateways.clean_environment

    def environment(key):
        monkeypatch.setattr(gateways, "clean_environment", lambda: {
            **clean(), "OPENAI_ADMIN_URL": f"http://127.0.0.1:{server.server_port}",
            **({"OPENAI_ADMIN_KEY": key} if key else {})})

    def run():
        return gateway.run("reconcile", "--api", "--provider", "openai", "--month", "2026-11",
                           "--format", "json", check=False)
    environment("sk-admin-good")
    done = run()
    assert done.returncode == 3 and len(asked) == 2
    assert asked[0][1] == "Bearer sk-admin-good" and "bucket_width=1d" in asked[0][0]
    theirs = {row["day"]: row["provider_usd"] for row in json.loads(done.stdout)["rows"]}
    assert theirs["2026-11-02"] == "0.206000000000" and len(theirs) == 4
    environment("sk-admin-bad")
    done = run()
    assert done.returncode == 1 and "401" in done.stderr and "sk-admin" not in done.stderr
    environment(None)
    assert "OPENAI_ADMIN_KEY is not set" in run().stderr
    server.shutdown()


FOCUS_COLUMNS = """BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd
    BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargePeriodEnd
    ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName ListCost PricingQuantity
    PricingUnit ProviderName PublisherName ServiceCategory ServiceName""".split()


def test_a_focus_export_has_the_mandatory_columns_and_every_cent(gateway, tmp_path):
    load(gateway, tmp_path, seed=11, count=200)
    secret = gateway.run("key", "create", "web key", "--user", "u1", check=False)
    assert secret.returncode == 64
    text = gateway.run("report", "--format", "focus", "--last", "90d").stdout
    lines = list(csv.DictReader(io.StringIO(text)))
    assert set(FOCUS_COLUMNS) <= set(lines[0])
    calls = rows(gateway, "calls", "--last", "90d", "--limit", "1000")
    assert sum(picodollars(line["BilledCost"]) for line in lines) == sum(
        picodollars(row["cost_usd"]) for row in calls)
    assert sum(int(line["x_Calls"]) for line in lines) == len(calls)
    moment = re.compile(r"\d{4}-\d\d-\d\dT00:00:00Z$")
    for line in lines:
        assert line["ChargeCategory"] == "Usage" and line["BillingCurrency"] == "USD"
        assert line["ServiceCategory"] == "AI and Machine Learning"
        for name in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart",
                     "ChargePeriodEnd"):
            assert moment.match(line[name]), line
        assert line["BilledCost"] == line["EffectiveCost"] == line["ListCost"]
        assert json.loads(line["Tags"]) == {}
    only = gateway.run("report", "--format", "focus", "--last", "90d", "--filter",
                       "provider=openai", "--filter", "key=web").stdout
    assert {(line["ProviderName"], line["SubAccountId"])
            for line in csv.DictReader(io.StringIO(only))} == {("openai", "web")}


def test_an_export_has_every_row_once_also_beyond_a_page(gateway, tmp_path):
    # More than a page, and many at one moment.
    history = [{"request_id": f"r{number}", "startTime": "2026-11-02T10:00:00Z" if number % 3 else
                f"2026-11-0{1 + number % 9}T{number % 24:02d}:00:00Z", "model": "m",
                "custom_llm_provider": "openai", "spend": f"0.{number + 1:06d}",
                "prompt_tokens": 1, "completion_tokens": 1} for number in range(7_000)]
    path = tmp_path / "many.json"
    path.write_text(json.dumps(history))
    gateway.run("import", str(path))
    done = gateway.run("export", "--since", "2026-11-01", "--until", "2026-11-12")
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert collections.Counter(row["metadata"]["import_key"] for row in shown) == \
        collections.Counter(row["request_id"] for row in history)
    assert [row["timestamp"] for row in shown] == sorted(
        (row["timestamp"] for row in shown), reverse=True)
    assert "7000 rows" in done.stderr
    text = gateway.run("export", "--since", "2026-11-01", "--until", "2026-11-12", "--format",
                       "csv").stdout
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 7_000 and lines[0].keys() == shown[0].keys()


def test_performance_is_told_of_all_calls_and_the_best_is_named(gateway):
    for words, count in (("OUTPUT=10", 6), ("OUTPUT=20 STATUS=500", 2)):
        for _ in range(count):
            asyncio.run(exchange(gateway.port, post(
                "/stub/v1/chat/completions", chat(words, maximum=20))))
    for _ in range(6):
        asyncio.run(exchange(gateway.port, post("/stub/v1/chat/completions", chat(
            "OUTPUT=30 GAP=0.005", model="pricey", stream=True, maximum=30))))
    gateway.delivered()
    ids = [row["call_id"] for row in gateway.calls() if row["model"] == "penny"
           and row["status"] == "success"]
    for index, call_id in enumerate(ids[:4]):
        gateway.run("rate", call_id, "up" if index else "down")
    shown = {row["model"]: row for row in rows(gateway, "performance", "--last", "1h")}
    penny = shown["penny"]
    assert penny["calls"] == 8 and penny["success_pct"] == "75.0"
    assert penny["ratings"] == 4 and penny["satisfaction_pct"] == "75.0"
    assert penny["median_ms"] <= penny["p95_ms"] and penny["sampled"] == 8
    assert shown["pricey"]["first_token_ms"] is not None
    assert float(shown["pricey"]["tokens_per_s"]) > 0
    for priority in ("balanced", "quality", "speed", "cost"):
        tasks = rows(gateway, "performance", "--by", "task", "--for", priority, "--last", "1h")
        best = [row for row in tasks if row["best"] == "best"]
        assert len(best) == 1 and best[0]["why"], priority
        assert all(float(row["score"]) <= float(best[0]["score"]) for row in tasks)


def test_advice_names_what_is_worth_changing_with_its_saving(gateway, tmp_path):
    now = __import__("datetime").datetime.now(__import__("datetime").timezone.utc)

    def row(number, model, days, spend, prompt, **more):
        moment = now - __import__("datetime").timedelta(days=days, seconds=number * 7)
        return {"request_id": f"{model}-{number}-{days}", "model": model, "user": "ada",
                "startTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "spend": spend,
                "custom_llm_provider": "openai", "prompt_tokens": prompt,
                "completion_tokens": 100, "session_id": f"s{number % 20}", **more}
    # 0.006 USD at the prices of gpt-4o, 0.00036 at those of gpt-4o-mini.
    history = [row(number, "gpt-4o", 2, "0.006", 2_000) for number in range(120)]
    history += [row(number, "gpt-4o-mini", 2, "0.00036", 2_000) for number in range(60)]
    history += [row(number, "gpt-4o", 3, "0.006", 2_000, status="failure") for number in range(4)]
    history += [row(number, "gpt-99", 1, "0", 50) for number in range(3)]
    path = tmp_path / "advice.json"
    path.write_text(json.dumps(history))
    gateway.run("import", str(path))
    gateway.run("limit", "set", "system", "--monthly", "0.8")
    wait_until(lambda: picodollars(gateway.status()["rows"][0]["spent_usd"]) > DOLLAR // 2, 10,
               "what was imported does not count")
    done = json.loads(gateway.run("advise", "--format", "json").stdout)
    found = collections.defaultdict(list)
    for finding in done["rows"]:
        found[finding["finding"]].append(finding)
    assert found["limit_ahead"][0]["subject"] == "system"
    cheaper = found["cheaper_model"][0]
    assert cheaper["subject"] == "gpt-4o" and "gpt-4o-mini" in cheaper["text"]
    # 124 calls at 0.006 less 124 at 0.00036, over thirty days.
    assert cheaper["saving_usd_per_month"] == "0.699360000000" and cheaper["calls"] == 124
    assert found["uncached_prefix"] and found["batch_eligible"]
    assert found["failures_paid"][0]["calls"] == 4
    savings = [picodollars(finding["saving_usd_per_month"] or "0.000000000000")
               for finding in done["rows"] if finding["finding"] not in (
                   "limit_ahead", "unpriced_model")]
    assert savings == sorted(savings, reverse=True)
    assert picodollars(done["month_low_usd"]) <= picodollars(done["month_expected_usd"]) \
        <= picodollars(done["month_high_usd"])
    text = gateway.run("advise").stdout
    assert "saves" in text and "gpt-4o-mini" in text
    only = json.loads(gateway.run("advise", "--kind", "failures_paid", "--format", "json").stdout)
    assert {finding["finding"] for finding in only["rows"]} == {"failures_paid"}
