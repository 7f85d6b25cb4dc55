"""The dashboard: who sees what, that its figures are those of the rows, and that it looks right."""

import asyncio
import collections
import csv
import io
import json
import random
import re
import urllib.parse
import zoneinfo
from datetime import datetime, timedelta, timezone

import html5lib
import pytest

from dashboard_browser import Browser, Client
from gateway import picodollars
from hostile_strings import HOSTILE
from private_postgres import wait_until
from raw_http import call, chat, exchange, post
from spend_history import load

PATH = "/stub/v1/chat/completions"
MONEY = re.compile(r'<data value="(-?\d+\.\d{12})">')


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.quit()


@pytest.fixture
def admin_key(gateway):
    return gateway.run("key", "admin").stdout.strip()


@pytest.fixture
def admin(gateway, admin_key):
    return Client(gateway, admin_key)


def amounts(html, element):
    """Exact amounts within the element of an id."""
    part = html[html.index(f'id="{element}"'):]
    return [picodollars(text) for text in MONEY.findall(part[:part.index("</d")])] or \
        [picodollars(text) for text in MONEY.findall(part[:part.index("</table>")])]


def table(html, element):
    """First cell and first amount of each row of a table."""
    part = html[html.index(f'id="{element}"'):]
    rows = re.findall(r"<tr><td>(.*?)</td><td class=\"number\">(.*?)</td>",
                      part[:part.index("</table>")], re.S)
    return {re.sub(r"<[^>]*>", "", name): picodollars(MONEY.search(cell)[1])
            for name, cell in rows}


def exported(gateway):
    lines = gateway.run("export", "--last", "90d").stdout.splitlines()
    return [json.loads(line) for line in lines]


def cost(rows):
    return sum(picodollars(row["cost_usd"]) for row in rows)


def test_who_has_no_session_sees_nothing(gateway, admin_key):
    nobody = Client(gateway)
    for path in ("/", "/budgets", "/budgets/edit", "/calls", "/calls/x", "/models", "/alerts",
                 "/keys", "/settings"):
        reply = nobody.get(path)
        assert reply.status == 303 and reply.headers["location"].startswith("/login"), path
    for path in ("/budgets", "/alerts/ack", "/logout"):
        assert nobody.post(path, {}).headers["location"] == "/login"
    for path in ("/api/costs", "/api/costs/models"):
        assert nobody.get(path).status == 401
    # What says that it is signed must be.
    for cookie in ("spendfuse_session=admin", "spendfuse_session=admin...1.1.00"):
        assert nobody.get("/", {"cookie": cookie}).status == 303
    client = Client(gateway, admin_key)
    token = next(iter(client.jar)).value
    assert client.get("/").status == 200
    forged = token.replace(token.split(".")[5], str(int(token.split(".")[5]) + 60), 1)
    assert nobody.get("/", {"cookie": f"spendfuse_session={forged}"}).status == 303
    reply = client.post("/logout", {"form_token": client.form_token()})
    assert reply.status == 303 and client.get("/").status == 303
    # Nor does the token that somebody kept.
    assert nobody.get("/", {"cookie": f"spendfuse_session={token}"}).status == 303
    assert Client(gateway, admin_key).get("/").status == 200
    # Where a login leads to is a page of this dashboard.
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        reply = nobody.post("/login", {"key": admin_key, "next": target})
        assert reply.headers["location"] == "/"
    assert nobody.post("/login", {"key": admin_key, "next": "/calls?user=x"}).headers[
        "location"] == "/calls?user=x"


def test_guessing_is_slowed_down_and_told_of(gateway, admin_key):
    nobody = Client(gateway)
    for guess in range(5):
        reply = nobody.post("/login", {"key": f"sfa_{guess}"})
        assert reply.status == 401 and "no such key" in reply.read().decode()
    reply = nobody.post("/login", {"key": admin_key})
    assert reply.status == 429 and 1 <= int(reply.headers["retry-after"]) <= 60
    assert "dashboard.refused" in gateway.log.read_text()
    # A gateway key cannot be guessed, and is heard all the same.
    secret = gateway.run("key", "create", "web", "--user", "ada").stdout.strip()
    bearer = {"authorization": f"Bearer {secret}"}
    assert nobody.get("/api/costs", bearer).status == 200
    reply = nobody.get("/api/costs", {"authorization": f"Bearer {admin_key}"})
    assert reply.status == 429 and int(reply.headers["retry-after"]) >= 1
    assert admin_key not in gateway.log.read_text()


def test_headers_keep_other_sites_and_scripts_out(gateway, admin_key, admin):
    reply = admin.get("/")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "script-src" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "same-origin"
    assert reply.headers["cache-control"] == "no-store"
    cookie = Client(gateway).post("/login", {"key": admin_key}).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    # A name of another site that leads here is not answered.
    assert admin.get("/", {"host": "evil.example"}).status == 421
    assert admin.get("/login", {"host": "127.0.0.1.evil.example:1"}).status == 421
    # A form without the session's token, or from elsewhere, changes nothing.
    limit = {"scope": "user:u1", "daily": "1", "mode": "enforce"}
    assert admin.post("/budgets", limit).status == 403
    token = admin.form_token()
    assert admin.post("/budgets", {**limit, "form_token": "00" + token[2:]}).status == 403
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert admin.post("/budgets", {**limit, "form_token": token}, headers).status == 403
    assert json.loads(gateway.run("limit", "list", "--format", "json").stdout)["rows"] == []
    assert admin.post("/budgets", {**limit, "form_token": token},
                      {"origin": gateway.admin}).status == 303
    other = Client(gateway, admin_key)
    assert other.post("/budgets", {**limit, "form_token": token}).status == 403


def test_a_gateway_key_opens_what_its_user_spent_and_no_more(gateway):
    secret = gateway.run("key", "create", "web", "--user", "ada").stdout.strip()
    for user, output in (("ada", 30), ("bob", 500)):
        assert call(gateway, output, {"x-spendfuse-user": user}).status == 200
    gateway.run("limit", "set", "user:ada", "--daily", "1")
    gateway.run("limit", "set", "user:bob", "--daily", "2")
    gateway.run("limit", "set", "system", "--daily", "3")
    gateway.delivered()
    ada = Client(gateway, secret)
    for path in ("/budgets/edit", "/alerts", "/keys", "/settings"):
        assert ada.get(path).status == 403, path
    for path in ("/budgets", "/alerts/ack"):
        assert ada.post(path, {"form_token": ada.form_token(), "scope": "user:ada", "daily": "9",
                               "mode": "alert", "id": "all"}).status == 403
    for path in ("/", "/?user=bob", "/?by=user", "/budgets", "/calls", "/calls?user=bob",
                 "/models"):
        html = ada.text(path)
        assert "bob" not in re.sub(r'(href|value)="[^"]*"', "", html), path
    assert amounts(ada.text("/?user=bob"), "total") == [3 * 10**9]
    rows = gateway.calls()
    foreign = next(row["call_id"] for row in rows if row["user_id"] == "bob")
    own = next(row["call_id"] for row in rows if row["user_id"] == "ada")
    assert ada.get(f"/calls/{foreign}").status == 404
    assert "0.003000000000" in ada.text(f"/calls/{own}")
    bearer = {"authorization": f"Bearer {secret}"}
    nobody = Client(gateway)
    for path in ("/api/costs?userId=bob", "/api/costs?action=budget&userId=bob",
                 "/api/costs/models?userId=bob"):
        assert nobody.get(path, bearer).status == 403, path
    shown = json.load(nobody.get("/api/costs?action=budget", bearer))
    assert [row["scope"] for row in shown["budget"]] == ["user:ada"]
    # What cannot be asked for is said, and nothing of the store.
    for path in ("/?since=0000-01-01&until=0000-01-02", "/calls?since=9999-12-31&tz=Asia/Tokyo",
                 "/models?since=0001-01-01&until=0001-01-02&tz=Asia/Tokyo", "/?last=1x",
                 "/?by=session", "/?by=planet", "/?tz=Mars", "/?tag=x", "/?last=99999999999999w"):
        reply = ada.get(path)
        assert reply.status == 400 and "ledger" not in reply.read().decode(), path
    assert ada.get("/").status == 200
    # The session goes with the secret, and with the key.
    renewed = gateway.run("key", "rotate", "web").stdout.strip()
    assert ada.get("/").status == 303 and nobody.get("/api/costs", bearer).status == 401
    ada = Client(gateway, renewed)
    bearer = {"authorization": f"Bearer {renewed}"}
    assert nobody.get("/api/costs", bearer).status == 200
    gateway.run("key", "revoke", "web")
    assert ada.get("/").status == 303 and nobody.get("/api/costs", bearer).status == 401


def test_the_pages_figures_are_the_sums_of_the_rows(gateway, admin, tmp_path):
    load(gateway, tmp_path, seed=7)
    rows = exported(gateway)
    assert len(rows) == 400
    rng = random.Random(7)
    zones = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
    columns = {"model": "model", "user": "user_id", "provider": "provider", "project": "project_id",
               "key": "key_id"}
    for _ in range(24):
        zone, by = rng.choice(zones), rng.choice(list(columns))
        span = rng.choice([("7d", 7), ("30d", 30), ("month", 0), ("24h", None)])
        kept = rng.choice([None, ("user", "ada"), ("provider", "openai"), ("tag", "team=a")])
        query = {"tz": zone, "by": by, "last": span[0]}
        if kept:
            query[kept[0]] = kept[1]
        html = admin.text("/?" + urllib.parse.urlencode(query))
        now = datetime.now(zoneinfo.ZoneInfo(zone))
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if span[1] is None:
            since = datetime.now(timezone.utc) - timedelta(hours=24)
        else:
            first = midnight.date().replace(day=1) if span[1] == 0 else \
                midnight.date() - timedelta(days=span[1] - 1)
            since = datetime(first.year, first.month, first.day, tzinfo=now.tzinfo)
        chosen = [row for row in rows
                  if datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00")) >= since
                  and (not kept or (row["tags"] or {}).get("team") == "a" if kept
                       and kept[0] == "tag" else not kept
                       or row[columns[kept[0]]] == kept[1])]
        assert amounts(html, "total")[0] == cost(chosen), query
        sums = collections.Counter()
        for row in chosen:
            sums[row[columns[by]]] += picodollars(row["cost_usd"])
        shown = table(html, "where")
        told = {name: value for name, value in shown.items() if name != "(other)"}
        assert sum(shown.values()) == cost(chosen), query
        assert all(sums[name] == value for name, value in told.items()), query
        assert len(told) == min(len(sums), 7)
        chart = html[html.index("The figures of the chart"):]
        cells = [picodollars(text) for text in MONEY.findall(chart[:chart.index("<tfoot")])]
        assert sum(cells) == cost(chosen), query


def test_many_values_of_a_dimension_are_told_by_the_dearest(gateway, admin, tmp_path):
    history = [{"request_id": f"m{number}", "startTime": "2026-11-02T10:00:00Z", "model": "m",
                "custom_llm_provider": "openai", "spend": f"0.{number:06d}", "user": f"u{number}",
                "prompt_tokens": 1, "completion_tokens": 1} for number in range(1, 101)]
    path = tmp_path / "many.json"
    path.write_text(json.dumps(history))
    gateway.run("import", str(path))
    html = admin.text("/?by=user&since=2026-11-01&until=2026-11-05")
    shown = table(html, "where")
    assert list(shown) == [f"u{number}" for number in range(100, 93, -1)] + ["(other)"]
    assert sum(shown.values()) == amounts(html, "total")[0] == 5_050 * 10**6
    few = table(admin.text("/?by=user&last=90d&user=u7"), "where")
    assert few == {"u7": 7 * 10**6}
    # A value that is written like the word for none is not taken for it.
    odd = [dict(history[0], request_id="odd", user="(none)", spend="0.5"),
           dict(history[0], request_id="dash", user="-", spend="0.25")]
    path.write_text(json.dumps(odd))
    gateway.run("import", str(path))
    html = admin.text("/?by=user&since=2026-11-01&until=2026-11-05")
    assert table(html, "where")["(none)"] == 5 * 10**11
    assert table(html, "where")["-"] == 25 * 10**10


def test_a_budgets_course_has_each_day_of_its_zone_once(gateway, admin, tmp_path):
    now = datetime.now(zoneinfo.ZoneInfo("America/New_York"))
    days = range(1, now.day + 1)
    history = [{"request_id": f"d{day}", "model": "m", "user": "ada",
                "startTime": now.replace(day=day, hour=0, minute=0).astimezone(timezone.utc)
                .strftime("%Y-%m-%dT%H:%M:%SZ"), "custom_llm_provider": "openai",
                "spend": "0.01", "prompt_tokens": 1, "completion_tokens": 1} for day in days]
    path = tmp_path / "days.json"
    path.write_text(json.dumps(history))
    gateway.run("import", str(path))
    gateway.run("limit", "set", "user:ada", "--monthly", "5", "--time-zone", "America/New_York")
    html = admin.text("/budgets")
    course = html[html.index("The figures of the chart"):]
    sums = [picodollars(text) for text in MONEY.findall(course[:course.index("</table>")])]
    assert sums == [day * 10**10 for day in days]
    assert "0.0" in html and f'<data value="{now.day * 10**10 / 10**12:.12f}">' in html
    # What has no window to show is listed, and can be changed.
    gateway.run("limit", "set", "project:*", "--daily", "1")
    gateway.run("limit", "set", "u9", "--requests-per-minute", "5")
    html = admin.text("/budgets")
    assert "scope=project:%2A" in html and "user:u9" in html
    assert "scope=project:%2A" in admin.text("/budgets?q=project:*")


def test_budgets_are_those_of_status_and_set_with_their_zone(gateway, admin):
    token = admin.form_token()
    fields = {"scope": "user:u1", "name": "", "daily": "0.01", "monthly": "2.5", "mode": "enforce",
              "time_zone": "Asia/Tokyo", "alert_at": "40,80", "form_token": token}
    before = gateway.changes_taken_up()
    assert admin.post("/budgets", fields).status == 303
    wait_until(lambda: gateway.changes_taken_up() != before, 10, "the limit is not in force")
    shown = json.loads(gateway.run("limit", "show", "u1", "--format", "json").stdout)
    text = json.dumps(shown)
    assert "Asia/Tokyo" in text and "40,80" in text and "0.01" in text
    assert call(gateway, 200, {"x-spendfuse-user": "u1"}, maximum=200).status == 402
    assert call(gateway, 50, {"x-spendfuse-user": "u1"}).status == 200
    gateway.delivered()
    rows = gateway.status()["rows"]
    html = admin.text("/budgets")
    for row in rows:
        for name in ("limit_usd", "spent_usd", "left_usd"):
            assert f'<data value="{row[name]}">' in html, (name, row)
    # What cannot be is said beside what was typed, and nothing changes.
    for bad, words in (({"daily": "-1"}, "daily"), ({"daily": "1e400"}, "daily"),
                       ({"time_zone": "Mars/Olympus"}, "no time zone"), ({"mode": "x"}, "mode"),
                       ({"scope": "planet:mars"}, "not a scope"),
                       ({"alert_at": "0"}, "alert_at"),
                       ({"daily": "", "monthly": ""}, "no limit is set")):
        reply = admin.post("/budgets", {**fields, **bad})
        assert reply.status == 422 and words in reply.read().decode(), bad
    assert shown == json.loads(gateway.run("limit", "show", "u1", "--format", "json").stdout)
    actions = json.loads(gateway.run("audit", "list", "--format", "json").stdout)["rows"]
    assert [(row["actor"], row["subject"]) for row in actions][:1] == [("dashboard", "user:u1")]
    assert admin.post("/budgets", {**fields, "action": "remove"}).status == 303
    assert json.loads(gateway.run("limit", "list", "--format", "json").stdout)["rows"] == []


def test_the_apps_cost_page_gets_its_json(gateway, admin_key, tmp_path):
    load(gateway, tmp_path, seed=9, count=120)
    rows = exported(gateway)
    bearer = {"authorization": f"Bearer {admin_key}"}
    client = Client(gateway)

    def get(path):
        reply = client.get(path, bearer)
        assert reply.status == 200, reply.read()
        return json.loads(reply.read().decode(), parse_float=str)

    def spent(chosen):
        return f"{cost(chosen) // 10**12}.{cost(chosen) % 10**12:012d}"

    ada = [row for row in rows if row["user_id"] == "ada"]
    for user, chosen in (("", rows), ("&userId=ada", ada)):
        summary = get(f"/api/costs?action=summary&days=90{user}")["summary"]
        assert summary["total_cost"] == spent(chosen)
        assert summary["total_calls"] == len(chosen)
        assert summary["total_tokens"] == sum(row["total_tokens"] for row in chosen)
        analytics = get(f"/api/costs?action=analytics&days=90{user}")["analytics"]
        for part in ("by_model", "by_day", "by_provider", "by_task_type"):
            assert sum(picodollars(row["total_cost"]) for row in analytics[part]) == cost(chosen)
        models = get(f"/api/costs/models?days=90{user}")["models"]
        assert sum(row["total_calls"] for row in models) == len(chosen)
    assert {row["provider"] for row in get("/api/costs/models?groupBy=provider&days=90")["models"]} \
        == {row["provider"] for row in rows}
    assert get("/api/costs?action=alerts")["alerts"] == []
    for path, words in (("/api/costs?action=no", "action"), ("/api/costs?days=0", "days"),
                        ("/api/costs/models?groupBy=no", "groupBy")):
        reply = client.get(path, bearer)
        assert reply.status == 400 and words in json.load(reply)["error"]


def test_an_answer_is_rated_over_http(gateway, admin_key):
    secret = gateway.run("key", "create", "web", "--user", "ada").stdout.strip()
    assert call(gateway, 5, {"x-spendfuse-user": "ada"}).status == 200
    assert call(gateway, 6, {"x-spendfuse-user": "bob"}).status == 200
    gateway.delivered()
    ids = {row["user_id"]: row["call_id"] for row in gateway.calls()}
    client = Client(gateway)

    def rate(call_id, body, key):
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return client.open(__import__("urllib.request").request.Request(
            f"{gateway.admin}/api/calls/{call_id}/rating", json.dumps(body).encode(),
            headers)).status
    assert rate(ids["ada"], {"rating": "up"}, secret) == 200
    assert rate(ids["bob"], {"rating": "up"}, secret) == 404
    assert rate(ids["bob"], {"rating": "down"}, admin_key) == 200
    assert rate(ids["ada"], {"rating": "sideways"}, secret) == 400
    assert rate("no-id", {"rating": "up"}, admin_key) == 404
    assert rate(ids["ada"], {"rating": "up"}, None) == 401
    row = json.loads(gateway.run("performance", "--last", "1h", "--format", "json").stdout)[
        "rows"][0]
    assert row["ratings"] == 2 and row["satisfaction_pct"] == "50.0"


def parsed(html):
    """The page as a browser reads it: no element and no attribute may run anything."""
    document = html5lib.parse(html, namespaceHTMLElements=False)
    for element in document.iter():
        assert element.tag not in ("script", "iframe", "object", "embed", "img", "style", "base"), \
            element.tag
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), name
            assert str(name) != "style"
            if str(name) in ("href", "action", "src"):
                assert re.match(r"(/|#|data:,$)", value), value
    return document


def test_no_string_of_others_runs_and_no_formula_is_live(gateway, admin, admin_key, browser):
    assert len(HOSTILE) >= 500
    number = 0

    def take():
        nonlocal number
        number += 1
        return HOSTILE[number % len(HOSTILE)]

    async def send():
        gate = asyncio.Semaphore(8)

        async def one(index):
            async with gate:
                words = "STATUS=500" if index % 50 == 0 else "OUTPUT=1"
                body = chat(words, model=take()[:200], maximum=5, user=take()[:200],
                            metadata={"team": take()[:200], "feature": take()[:200]})
                headers = {"user-agent": "<script>window.pwned=1</script>"}
                return (await exchange(gateway.port, post(PATH, body, headers))).status
        return await asyncio.gather(*(one(index) for index in range(len(HOSTILE) // 2)))
    statuses = collections.Counter(asyncio.run(send()))
    assert statuses[200] > len(HOSTILE) // 3, statuses
    for name in HOSTILE[:40]:
        gateway.run("limit", "set", f"tag:team={name}", "--daily", "1", check=False)
    gateway.delivered()
    rows = gateway.calls()
    ids = [row["call_id"] for row in rows[:10]]
    for path in ["/", "/?by=user", "/?by=tag:team", "/?by=project", "/budgets", "/calls",
                 "/calls?page=1", "/models", "/alerts", "/keys", "/settings",
                 "/?model=" + urllib.parse.quote(HOSTILE[3]), "/?by=tag:" +
                 urllib.parse.quote(HOSTILE[5])] + [f"/calls/{name}" for name in ids]:
        parsed(admin.text(path))
    parsed(admin.get("/?tz=" + urllib.parse.quote(HOSTILE[1])).read().decode())
    browser.look(1200, False)
    browser.log_in(gateway, admin_key)
    for path in ("/", "/?by=user", "/calls", "/models", "/budgets"):
        browser.open(path)
        assert browser.run("return window.pwned") is None
        assert not [line for line in browser.complaints() if "favicon" not in line], path
    for command in (["calls", "--limit", "1000"], ["report", "--by", "model"],
                    ["report", "--by", "user"], ["report", "--by", "tag:team"]):
        text = gateway.run(*command, "--format", "csv").stdout
        for line in csv.reader(io.StringIO(text)):
            for cell in line:
                assert not re.match(r"[=+@\t\r]|-(?![\d.]+$)", cell), cell


def test_a_person_finds_their_way_in_a_browser(gateway, admin_key, browser, tmp_path):
    load(gateway, tmp_path, seed=3, count=300)
    gateway.run("limit", "set", "user:u1", "--daily", "0.02", "--hard-stop", "--alert-at", "50")
    for _ in range(2):
        assert call(gateway, 70, {"x-spendfuse-user": "u1"}).status == 200
    gateway.delivered()
    wait_until(lambda: len(json.loads(gateway.run(
        "alerts", "list", "--format", "json").stdout)["rows"]) == 1, 10, "no alert")
    browser.look(1280, False)
    browser.base = gateway.admin
    browser.open("/calls")
    browser.find("#key").send_keys("wrong")
    browser.go(browser.find("main button"))
    assert "no such key" in browser.find("[role=alert]").text
    browser.find("#key").send_keys(admin_key)
    browser.go(browser.find("main button"))
    # Back where they wanted to go.
    assert browser.driver.current_url == f"{gateway.admin}/calls"
    browser.follow("Overview")
    browser.follow("provider")
    browser.follow("7d")
    assert "by=provider" in browser.driver.current_url and "last=7d" in browser.driver.current_url
    browser.follow("openai")
    assert "provider = openai" in browser.find(".kept").text
    browser.go(browser.find(".kept a"))
    assert not browser.all(".kept li")
    # An alert is acknowledged.
    browser.follow("Alerts")
    assert "user:u1" in browser.find(".findings").text
    browser.go(browser.find("button[aria-label^='Acknowledge alert']"))
    assert "No alert is open" in browser.find("main").text
    done = json.loads(gateway.run("alerts", "list", "--all", "--format", "json").stdout)["rows"]
    assert done[0]["acknowledged_by"] == "dashboard"
    # A limit is edited.
    browser.follow("Budgets")
    browser.follow("Change")
    field = browser.find("#daily")
    assert field.get_attribute("value") == "0.02"
    field.clear()
    field.send_keys("0.5")
    browser.go(browser.find("button[value=set]"))
    assert "0.5" in browser.find(".cards").text
    assert gateway.status()["rows"][0]["limit_usd"] == "0.500000000000"
    browser.complaints()
    for width, dark in ((1280, False), (1280, True), (320, False), (320, True)):
        browser.look(width, dark)
        for path in ("/", "/budgets", "/budgets/edit?scope=user:u1", "/calls", "/models", "/alerts",
                     "/keys", "/settings"):
            browser.open(path)
            assert browser.run("return document.documentElement.scrollWidth") <= width, path
            assert browser.complaints() == [], path
            if path == "/":
                browser.screenshot(tmp_path / f"{width}-{'dark' if dark else 'light'}.png")
            # Text stands out from what is behind it.
            assert browser.run(CONTRAST) >= 4.5, (path, dark)
    # Without a mouse: the first stop skips to the content, and links are reached in order.
    browser.look(1280, False)
    browser.open("/")
    assert browser.run("return document.querySelector('a').className") == "skip"
    assert browser.run("return document.documentElement.lang") == "en"
    assert browser.run("return document.querySelectorAll('svg[role=img]:not([aria-labelledby])')"
                       ".length") == 0


# The least contrast of any text with its ground, as WCAG 2 has it.
CONTRAST = """
const light = c => { const p = c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]; };
const ground = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (!c.startsWith('rgba(0, 0, 0, 0')) return c; } return 'rgb(255,255,255)'; };
let least = 21;
for (const e of document.querySelectorAll('main *, header *, footer *')) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest('svg')) continue;
  const a = light(getComputedStyle(e).color), b = light(ground(e));
  least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
}
return least;
"""
