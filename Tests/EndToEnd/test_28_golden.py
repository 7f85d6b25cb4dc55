"""What each command prints, in each format, as it is kept in `golden`.

SPENDFUSE_UPDATE_GOLDEN=1 writes the files anew; look at what changed before it is committed."""

import csv
import io
import json
import os
import pathlib
import re
import subprocess

import pytest

from gateway import BINARY, ROOT, clean_environment
from raw_http import call

GOLDEN = ROOT / "Tests/EndToEnd/golden"
EXPORTS = ROOT / "Tests/EndToEnd/exports"
SPAN = ["--since", "2026-11-01", "--until", "2026-11-06"]
FORMATS = ["table", "json", "jsonl", "csv", "markdown"]
# What prints one table; each in every format.
TABLES = {
    "report-model": ["report", "--by", "model", *SPAN],
    "report-user-day": ["report", "--by", "user,day", *SPAN, "--tz", "America/New_York"],
    "report-compare": ["report", "--by", "provider", "--since", "2026-11-03", "--until",
                       "2026-11-05", "--compare", "previous", "--top", "1"],
    "top": ["top", *SPAN, "--limit", "3"],
    "calls": ["calls", *SPAN],
    "performance-model": ["performance", *SPAN],
    "performance-task": ["performance", *SPAN, "--by", "task", "--for", "cost"],
    "limit-list": ["limit", "list"],
    "limit-show": ["limit", "show", "user:ada"],
    "key-list": ["key", "list"],
    "status": ["status"],
    "alerts-list": ["alerts", "list"],
    "audit-list": ["audit", "list"],
    "breaker-list": ["breaker", "list"],
    "backup-list": ["backup", "list"],
    "prices-list": ["prices", "list", "--provider", "stub"],
    "quote": ["quote", "--provider", "openai", "--model", "gpt-4o-mini", "--input-tokens", "9000",
              "--output-tokens", "500"],
    "simulate": ["limit", "simulate", "u1", "--daily", "0.01", *SPAN],
    "reconcile": ["reconcile", str(EXPORTS / "openai-costs.json"), "--provider", "openai", *SPAN],
    "import": ["import", str(EXPORTS / "litellm-spend-logs.csv")],
    "config-show": ["config", "show"],
}
# What prints in its own way.
TEXTS = {
    "report-focus": ["report", "--format", "focus", *SPAN],
    "export-jsonl": ["export", *SPAN],
    "export-csv": ["export", *SPAN, "--format", "csv"],
    "prices-show": ["prices", "show", "penny"],
    "prices-check": ["prices", "check", "--days", "1"],
    "config-check": ["config", "check"],
    "help": ["--help"],
}


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    from gateway import Gateway
    from stub_upstream import Stub
    stub = Stub({})
    gateway = Gateway(tmp_path_factory.mktemp("golden"), stub)
    gateway.database = None
    gateway.start()
    gateway.run("import", str(EXPORTS / "litellm-spend-logs.json"))
    gateway.run("import", str(EXPORTS / "anthropic-usage.csv"))
    gateway.run("limit", "set", "user:ada", "--daily", "1", "--monthly", "20", "--time-zone",
                "Europe/Berlin", "--alert-at", "80,100", "--hard-stop")
    gateway.run("limit", "set", "tag:team=web", "--weekly", "3.5", "--mode", "shadow", "--name",
                "trial")
    gateway.run("key", "create", "web", "--user", "ada", "--project", "shop")
    yield gateway
    gateway.stop()
    stub.stop()


def masked(text, gateway):
    """Without what differs from one run to the next."""
    text = text.replace(str(gateway.state), "STATE").replace(str(gateway.directory), "FOLDER")
    text = text.replace(str(ROOT), "ROOT")
    text = re.sub(r"\b20\d\d-\d\d-\d\d(T|\\u0020| )\d\d:\d\d:\d\d(\.\d+)?Z",
                  lambda found: found[0] if found[0].startswith("2026-11-0") else "<time>", text)
    text = re.sub(r"\bkey(\\?_)\w{12}\b", r"key\1ID", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST:PORT", text)
    actor = re.compile(r"[\w.-]+@[\w.-]+")
    # The widths of columns follow what is in them.
    return re.sub(r"[ ]{2,}", "  ", re.sub(r"-{3,}", "---", actor.sub("ACTOR", text)))


def check(name, text):
    path = GOLDEN / name
    if os.environ.get("SPENDFUSE_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), f"golden/{name} is different"


@pytest.mark.parametrize("name", TABLES)
def test_a_command_prints_what_it_always_printed(history, name):
    for kind in FORMATS:
        done = history.run(*TABLES[name], "--format", kind, check=False)
        assert done.returncode in (0, 3), done.stderr
        if kind == "json":
            assert json.loads(done.stdout)["schema"] == 1
        if kind == "jsonl":
            assert all(isinstance(json.loads(line), dict) for line in done.stdout.splitlines())
        if kind == "csv":
            widths = {len(line) for line in csv.reader(io.StringIO(done.stdout))}
            assert len(widths) == 1
        check(f"{name}.{kind}", masked(done.stdout, history))


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_what_it_always_was(history, name):
    arguments = TEXTS[name]
    if name == "help":
        done = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True,
                              env=dict(clean_environment(), COLUMNS="100"))
    else:
        done = history.run(*arguments)
    check(f"{name}.txt", masked(done.stdout, history))


def test_a_call_taken_apart_reads_the_same(history):
    history.start()
    assert call(history, 10).status == 200
    history.delivered()
    row = history.calls()[0]
    text = history.run("explain", row["call_id"]).stdout.replace(row["call_id"], "CALL")
    check("explain.txt", re.sub(r"20\d\d-\d\d-\d\dT[\d:.]+Z", "<time>", masked(text, history)))


def commands(node, path=()):
    path = (*path, node["commandName"])
    children = [child for child in node.get("subcommands", []) if child["commandName"] != "help"]
    if not children:
        yield path, node
    for child in children:
        yield from commands(child, path)


def test_every_command_explains_itself_with_an_example():
    done = subprocess.run([BINARY, "--experimental-dump-help"], capture_output=True, text=True,
                          check=True, env=clean_environment())
    found = list(commands(json.loads(done.stdout)["command"]))
    assert len(found) > 35
    for path, node in found:
        words = node.get("discussion", "")
        example = re.search(rf"{' '.join(path)}\b", words)
        assert node["abstract"] and ("Example" in words and example), path
        for argument in node.get("arguments", []):
            if argument.get("shouldDisplay", True):
                assert argument.get("abstract"), (path, argument)


def test_a_new_user_finds_yesterdays_cost_and_a_monthly_limit_in_the_help():
    """From `spendfuse --help` alone: what it shows is run as it stands."""
    text = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True,
                          env=dict(clean_environment(), COLUMNS="100")).stdout
    assert re.search(r"report --by model --since yesterday --until today", text)
    assert re.search(r"limit set u1 --monthly 50 --hard-stop", text)
    for shell in ("bash", "zsh", "fish"):
        done = subprocess.run([BINARY, "--generate-completion-script", shell], capture_output=True,
                              text=True, check=True, env=clean_environment())
        assert "reconcile" in done.stdout and "performance" in done.stdout


def on_terminal(history, width, *command):
    """What a command shows on a terminal of so many characters."""
    import fcntl
    import pty
    import struct
    import termios
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = dict(clean_environment(), TERM="xterm-256color")
    process = subprocess.Popen([BINARY, *command, "--config", history.config], stdout=theirs,
                               stderr=subprocess.DEVNULL, env=environment, cwd=ROOT)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:
            break
        if not part:
            break
        shown += part
    assert process.wait(30) == 0, command
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def test_tables_fit_what_they_are_shown_in_and_pipes_get_all(history):
    long = "m" * 90
    history.run("limit", "set", f"model:{long}", "--daily", "1")
    piped = history.run("limit", "list").stdout
    assert long in piped and "\x1b" not in piped
    for width in (80, 100, 200):
        text = on_terminal(history, width, "limit", "list")
        assert "\x1b" not in text and (long in text) == (width == 200), text
        for command in (["limit", "list"], ["status"], ["report", "--by", "user,model"], ["calls"],
                        ["top"], ["key", "list"], ["alerts", "list"], ["performance"]):
            text = on_terminal(history, width, *command)
            # Facts below a table are sentences, which a terminal wraps.
            lines = text.split("\n\n")[0].splitlines()
            rules = [line for line in lines if line and set(line) <= {"-", " "}]
            assert rules and len(rules[0]) <= width, (command, width, rules, text)
    history.run("limit", "remove", f"model:{long}")
