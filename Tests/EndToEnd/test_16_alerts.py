"""Alerts reach every channel once, whatever their receivers do."""

import asyncio
import collections
import email
import email.policy
import json
import sqlite3
import time

import pytest
from aiosmtpd.controller import Controller
from standardwebhooks.webhooks import Webhook

from gateway import Gateway
from http_stub import HTTPStub
from raw_http import chat, exchange, post

PATH = "/stub/v1/chat/completions"
SECRET = "whsec_c3BlbmRmdXNlLXRlc3Qtc2VjcmV0"


class Receiver(HTTPStub):
    """Takes webhooks, and misbehaves by the path that they come to."""

    def __init__(self):
        self.received = []
        self.failures = 0
        super().__init__()

    async def answer(self, writer, method, target, headers, body):
        self.received.append((target, headers, body))
        status, more = 200, ""
        if target == "/fails" and self.failures > 0:
            self.failures -= 1
            status = 503
        if target == "/hangs" and self.failures > 0:
            self.failures -= 1
            await asyncio.sleep(30)
        if target == "/redirects":
            status, more = 302, f"location: {self.url}/elsewhere\r\n"
        writer.write(f"HTTP/1.1 {status} x\r\n{more}content-length: 0\r\n\r\n".encode())
        await writer.drain()

    def bodies(self, target):
        return [json.loads(body) for path, _, body in self.received if path == target]


class Mailbox:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def mail():
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=0)
    # Port 0: the controller's own check of its port needs the one that was given.
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    box.url = f"smtp://127.0.0.1:{controller.port}"
    yield box
    controller.stop()


def start(tmp_path, stub, channels):
    return Gateway(tmp_path, stub, config="alerts:\n" + channels).start()


def spend(gateway, output, user="u1"):
    data = post(PATH, chat(f"OUTPUT={output}"), {"x-spendfuse-user": user})
    reply = asyncio.run(exchange(gateway.port, data))
    assert reply.status == 200, reply.body


def wait_for(check, seconds=15):
    deadline = time.time() + seconds
    while time.time() < deadline:
        if check():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def rows(gateway, sql):
    if gateway.database:
        return Gateway.query(gateway.database, sql)
    with sqlite3.connect(gateway.state / "ledger.sqlite") as db:
        return db.execute(sql).fetchall()


def test_every_channel_is_told_each_threshold_once(tmp_path, stub, receiver, mail):
    gateway = start(tmp_path, stub, f"""
  ops: {{ kind: webhook, url: {receiver.url}/hook, secret: {SECRET} }}
  slack: {{ url: {receiver.url}/slack }}
  discord: {{ url: {receiver.url}/discord }}
  zapier: {{ url: {receiver.url}/zapier }}
  loud: {{ kind: webhook, url: {receiver.url}/loud, minimum_severity: emergency }}
  email: {{ url: {mail.url}, from: fuse@example.com, to: "ops@example.com, cto@example.com" }}
""")
    gateway.limit("u1", "--daily", "0.1", "--alert-webhook", f"{receiver.url}/own",
                  "--alert-email", "u1@example.com")
    for _ in range(5):
        spend(gateway, 100)
    # A shared store can take up two calls at once; the first alert tells of five.
    wait_for(lambda: receiver.bodies("/hook"))
    for _ in range(6):
        spend(gateway, 100)
    wait_for(lambda: len(mail.mails) == 8 and all(
        len(receiver.bodies(path)) == 4
        for path in ("/hook", "/own", "/slack", "/discord", "/zapier")))
    assert gateway.stop() == 0
    gateway.start()
    spend(gateway, 10)
    time.sleep(1.5)
    for path in ("/hook", "/own"):
        bodies = receiver.bodies(path)
        assert [body["threshold_pct"] for body in bodies] == [50, 75, 90, 100]
        assert [body["severity"] for body in bodies] == [
            "warning", "warning", "critical", "emergency"]
    first = receiver.bodies("/hook")[0]
    assert first["scope"] == "user:u1" and first["window"] == "daily"
    assert first["status"]["spent_usd"] == "0.050000000000"
    assert first["status"]["limit_usd"] == "0.100000000000"
    assert {"held_usd", "percent", "usd_per_hour", "projected_usd", "resets_at"} \
        <= first["status"].keys()
    for path, headers, body in receiver.received:
        if path == "/hook":
            Webhook(SECRET).verify(body, headers)
    assert len({headers["webhook-id"] for path, headers, _ in receiver.received
                if path == "/hook"}) == 4
    assert len(receiver.bodies("/loud")) == 1
    assert "50.00 %" in receiver.bodies("/slack")[0]["text"]
    assert receiver.bodies("/discord")[0]["allowed_mentions"] == {"parse": []}
    assert [body["priority"] for body in receiver.bodies("/zapier")] == [
        "medium", "medium", "high", "urgent"]
    logs = rows(gateway, "SELECT success, priority, length(payload_preview) <= 500"
                         " FROM zapier_webhook_logs")
    assert [log[0] for log in logs] == [1] * 4 and all(log[2] for log in logs)
    counts = collections.Counter(tuple(mail.rcpt_tos) for mail in mail.mails)
    assert counts == {("ops@example.com", "cto@example.com"): 4, ("u1@example.com",): 4}
    message = email.message_from_bytes(mail.mails[0].content, policy=email.policy.default)
    assert message["from"] == "fuse@example.com" and "user:u1" in message["subject"]
    assert "spendfuse alerts ack" in message.get_content()
    notes = rows(gateway, "SELECT user_id, type, message FROM notifications")
    assert [note[:2] for note in notes] == [
        ("u1", "warning"), ("u1", "warning"), ("u1", "error"), ("u1", "error")]
    assert gateway.stop() == 0


def test_a_receiver_that_fails_or_redirects_or_hangs_holds_nobody_up(tmp_path, stub, receiver):
    receiver.failures = 2
    gateway = start(tmp_path, stub, f"""
  fails: {{ kind: webhook, url: {receiver.url}/fails }}
  redirects: {{ kind: webhook, url: {receiver.url}/redirects }}
  gone: {{ kind: webhook, url: "http://127.0.0.1:9/" }}
  good: {{ kind: webhook, url: {receiver.url}/good }}
""")
    gateway.limit("u1", "--daily", "0.1", "--alert-at", "50")
    for _ in range(6):
        spend(gateway, 100)
    wait_for(lambda: len(receiver.bodies("/good")) == 1)
    # Twice 503, then taken; the same message each time.
    wait_for(lambda: len(receiver.bodies("/fails")) == 3)
    assert len({headers["webhook-id"] for path, headers, _ in receiver.received
                if path == "/fails"}) == 1
    time.sleep(0.5)
    assert receiver.bodies("/elsewhere") == []
    alert = json.loads(gateway.run("alerts", "list", "--format", "json").stdout)["rows"][0]
    assert "fails: delivered" in alert["deliveries"] and "good: delivered" in alert["deliveries"]
    assert "redirects: waiting (the receiver answered 302" in alert["deliveries"]
    tries = rows(gateway, """SELECT d.channel, t.success, t.status_code
        FROM alert_delivery_attempts t JOIN alert_deliveries d ON d.id = t.delivery_id
        WHERE d.channel = 'fails' ORDER BY t.id""")
    assert tries == [("fails", 0, 503), ("fails", 0, 503), ("fails", 1, 200)]
    gateway.stop()


def test_a_hanging_receiver_costs_no_call_and_is_tried_again(tmp_path, stub, receiver):
    receiver.failures = 1
    gateway = start(tmp_path, stub, f"""
  hangs: {{ kind: webhook, url: {receiver.url}/hangs }}
""")
    gateway.limit("u1", "--daily", "0.1", "--alert-at", "1")
    began = time.time()
    for _ in range(20):
        spend(gateway, 5)
    assert time.time() - began < 5
    wait_for(lambda: len(receiver.bodies("/hangs")) == 2, 25)
    gateway.stop()


def test_an_alert_that_was_not_delivered_is_delivered_by_the_next_process(
        tmp_path, stub, receiver):
    receiver.failures = 1
    gateway = start(tmp_path, stub, f"""
  fails: {{ kind: webhook, url: {receiver.url}/fails }}
""")
    gateway.limit("u1", "--daily", "0.02", "--alert-at", "50")
    spend(gateway, 100)
    wait_for(lambda: len(receiver.bodies("/fails")) == 1)
    gateway.kill()
    gateway.start()
    wait_for(lambda: len(receiver.bodies("/fails")) == 2)
    time.sleep(1)
    assert len(receiver.bodies("/fails")) == 2
    gateway.stop()


def test_a_hundred_calls_at_once_over_a_threshold_alert_it_once(tmp_path, stub, receiver):
    gateway = start(tmp_path, stub, f"""
  ops: {{ kind: webhook, url: {receiver.url}/hook }}
""")
    gateway.limit("system", "--daily", "0.1", "--alert-at", "10,20,50,100,200")

    async def burst():
        return await asyncio.gather(*(exchange(gateway.port, post(
            PATH, chat("OUTPUT=20 PAUSE=0.2"))) for _ in range(120)))
    assert {reply.status for reply in asyncio.run(burst())} == {200}
    wait_for(lambda: len(receiver.bodies("/hook")) >= 5)
    time.sleep(1)
    counts = collections.Counter(body["threshold_pct"] for body in receiver.bodies("/hook"))
    assert counts == {10: 1, 20: 1, 50: 1, 100: 1, 200: 1}
    gateway.stop()


def test_a_limit_that_begins_to_refuse_says_so_once(tmp_path, stub, receiver):
    gateway = start(tmp_path, stub, f"""
  ops: {{ kind: webhook, url: {receiver.url}/hook }}
""")
    gateway.limit("u1", "--daily", "0.0105", "--hard-stop", "--alert-at", "100")
    spend(gateway, 100)
    for _ in range(3):
        data = post(PATH, chat("OUTPUT=100"), {"x-spendfuse-user": "u1"})
        assert asyncio.run(exchange(gateway.port, data)).status == 402
    wait_for(lambda: receiver.bodies("/hook"))
    time.sleep(1)
    bodies = receiver.bodies("/hook")
    assert [body["type"] for body in bodies] == ["budget.refusing"]
    assert "calls are refused" in bodies[0]["message"]
    gateway.stop()


def test_a_user_who_wants_no_notification_gets_none(tmp_path, stub):
    gateway = start(tmp_path, stub, " {}\n")
    rows(gateway, """INSERT INTO notification_preferences (user_id, budget_alerts, updated_at)
        VALUES ('u1', FALSE, '2026-01-01')""")
    gateway.run("limit", "set", "u1", "--daily", "0.01")
    gateway.limit("u2", "--daily", "0.01")
    spend(gateway, 100, "u1")
    spend(gateway, 100, "u2")
    wait_for(lambda: len(rows(gateway, "SELECT 1 FROM notifications")) == 4)
    assert {row[0] for row in rows(gateway, "SELECT user_id FROM notifications")} == {"u2"}
    gateway.stop()


def test_alerts_are_acknowledged_and_tried_out(tmp_path, stub, receiver, mail):
    gateway = start(tmp_path, stub, f"""
  ops: {{ kind: webhook, url: {receiver.url}/hook, secret: {SECRET} }}
  gone: {{ kind: slack, url: "http://127.0.0.1:9/" }}
  email: {{ url: {mail.url}, from: fuse@example.com, to: ops@example.com }}
""")
    done = gateway.run("alerts", "test", "--format", "json", check=False)
    assert done.returncode == 1
    outcomes = {row["channel"]: row for row in json.loads(done.stdout)["rows"]}
    assert outcomes["ops"]["delivered"] == "yes" and outcomes["ops"]["status"] == 200
    assert outcomes["email"]["delivered"] == "yes" and len(mail.mails) == 1
    assert outcomes["gone"]["delivered"] == "no" and "connect" in outcomes["gone"]["error"]
    assert gateway.run("alerts", "test", "ops").returncode == 0
    assert gateway.run("alerts", "test", "nowhere", check=False).returncode == 1
    gateway.limit("u1", "--daily", "0.01")
    spend(gateway, 100)
    wait_for(lambda: gateway.status()["unacknowledged_alerts"] == "4")
    listed = json.loads(gateway.run("alerts", "list", "--format", "json").stdout)["rows"]
    gateway.run("alerts", "ack", str(listed[0]["id"]))
    assert gateway.status()["unacknowledged_alerts"] == "3"
    assert gateway.run("alerts", "ack", "999", check=False).returncode == 1
    gateway.run("alerts", "ack", "--all")
    assert gateway.status()["unacknowledged_alerts"] == "0"
    everything = json.loads(
        gateway.run("alerts", "list", "--all", "--format", "json").stdout)["rows"]
    assert all(row["acknowledged_by"] for row in everything)
    assert gateway.stop() == 0


@pytest.mark.parametrize("channel, words", [
    ("x: { url: 'https://a' }", "kind must be one of"),
    ("slack: {}", "it needs a url"), ("slack: { url: 'ftp://a' }", "url must begin with"),
    ("email: { url: 'smtp://a' }", "needs 'from' and 'to'"),
    ("email: { url: 'smtp://a', from: 'a@b', to: 'nobody' }", "is not an address"),
    ("slack: { url: 'https://a', colour: red }", "unknown key 'colour'"),
    ("slack: { url: 'https://a', minimum_severity: loud }", "minimum_severity must be"),
])
def test_a_bad_channel_is_named_with_file_and_line(tmp_path, stub, channel, words):
    gateway = Gateway(tmp_path, stub, config=f"alerts:\n  {channel}\n")
    done = gateway.run("config", "check", check=False)
    assert done.returncode != 0 and words in done.stderr and "config.yaml:" in done.stderr


def test_config_show_hides_addresses_and_secrets(tmp_path, stub):
    gateway = Gateway(tmp_path, stub, config=f"""
alerts:
  slack: {{ url: https://hooks.slack.example/T0/B0/token-canary }}
  ops: {{ kind: webhook, url: https://a.example, secret: {SECRET} }}
""")
    shown = gateway.run("config", "show").stdout
    assert "alerts.slack" in shown and "canary" not in shown and SECRET not in shown
