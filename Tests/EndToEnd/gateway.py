"""Starts the real binary on free ports, and runs its command line."""

import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SPENDFUSE_BINARY", ROOT / ".build/debug/spendfuse"))
SHARED = ROOT.parent / "shared"

# A provider whose prices make bounds easy to say: output costs 100 USD per million tokens, so 100
# tokens are 0.01 USD, and input costs nothing.
STUB_SHEET = """schema: 1
provider: stub
version: 2026-11-20
models:
  - id: penny
    context_window: 100000
    maximum_output: 1000
    prices:
      - per_million: { input: 0, output: 100 }
"""

# Commands that change what a running gateway has in force.
CHANGES = {("limit", "set"), ("limit", "raise"), ("limit", "remove"), ("limit", "apply"),
           ("key", "create"), ("key", "rotate"), ("key", "revoke"), ("breaker", "reset")}


class Gateway:
    # Processes that run; a test that fails half-way leaves its own to be ended by conftest.
    running = set()
    # Makes the URL of a new shared store; nil: each gateway has its embedded one.
    new_database = None
    # Runs a statement on a shared store; set with it.
    query = None

    def __init__(self, directory, stub, config="", upstream_options="", upstreams=None,
                 database=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.state = self.directory / "state"
        self.pricing = self.directory / "pricing"
        if not self.pricing.exists():
            shutil.copytree(ROOT / "pricing", self.pricing)
            (self.pricing / "stub.yaml").write_text(STUB_SHEET)
        self.config = self.directory / "config.yaml"
        upstreams = upstreams or f"""
  openai: {{ url: {stub.url}, key: sk-provider-canary-openai{upstream_options} }}
  anthropic: {{ url: {stub.url}, key: sk-ant-provider-canary{upstream_options} }}
  stub: {{ dialect: [openai, anthropic], provider: stub, url: {stub.url}{upstream_options} }}
"""
        self.database = database or (Gateway.new_database() if Gateway.new_database else None)
        if self.database:
            config += f"\ndatabase: {{ url: '{self.database}' }}\n"
        self.config.write_text(f"""
listen: 127.0.0.1:0
admin: 127.0.0.1:0
state: {self.state}
pricing: {self.pricing}
known_upstreams: {ROOT / "config/upstreams.yaml"}
upstreams:
{upstreams}
{config}
""")
        # How far its clock is from the machine's, as faketime writes it: `-26h`.
        self.clock_offset = None
        # Gateways that share its store, itself among them.
        self.peers = [self]
        self.process = None
        self.log = self.directory / "gateway.log"

    def start(self, timeout=20):
        output = open(self.log, "ab")
        output.write(b"---- start\n")
        output.flush()
        begin = self.log.stat().st_size
        # A wrapper, which ends as the gateway in it does.
        clock = ["faketime", "-m", "--exclude-monotonic", "-f", self.clock_offset]
        self.process = subprocess.Popen(
            [*(clock if self.clock_offset else []), BINARY, "serve", "--config", self.config],
            stderr=output, stdout=output, env=clean_environment(), cwd=ROOT)
        Gateway.running.add(self.process)
        deadline = time.time() + timeout
        while time.time() < deadline:
            text = self.log.read_bytes()[begin:].decode()
            found = re.findall(r"listening on (http://\S+)", text)
            if len(found) == 2:
                self.url, self.admin = found
                self.port = int(self.url.rsplit(":", 1)[1])
                return self
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway did not start:\n{text}")
            time.sleep(0.02)
        raise AssertionError(f"the gateway is not ready:\n{self.log.read_text()}")

    @property
    def pid(self):
        """Of the gateway, not of what wraps it."""
        if not self.clock_offset:
            return self.process.pid
        number = self.process.pid
        return int(pathlib.Path(f"/proc/{number}/task/{number}/children").read_text())

    def stop(self, timeout=60):
        """A graceful stop; returns the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
        status = self.process.wait(timeout)
        self.process = None
        return status

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def run(self, *arguments, check=True):
        """Runs a command. What it changes is in force, in all gateways of the store, when this
        returns."""
        changes = arguments[:2] in CHANGES and "--dry-run" not in arguments
        before = {peer: peer.changes_taken_up() for peer in self.peers} if changes else {}
        done = subprocess.run(
            [BINARY, *arguments, "--config", self.config], capture_output=True, text=True,
            env=clean_environment(), cwd=ROOT)
        # What changes nothing in the store is in force as it was.
        deadline = time.time() + (10 if done.returncode == 0 else 0)
        for peer, taken_up in before.items():
            while taken_up is not None and peer.changes_taken_up() == taken_up \
                    and time.time() < deadline:
                time.sleep(0.02)
        if check and done.returncode != 0:
            raise AssertionError(f"{arguments} gave {done.returncode}: {done.stderr}")
        return done

    def delivered(self, timeout=20):
        """Waits until a shared store has what was decided; the embedded one has it at once."""
        if not self.database or self.process is None:
            return
        ledger = sqlite3.connect(f"file:{self.state / 'ledger.sqlite'}?mode=ro", uri=True)
        settling = time.time() + 2
        while ledger.execute("SELECT count(*) FROM ledger_holds").fetchone()[0]:
            if time.time() > settling:
                break
            time.sleep(0.02)
        ledger.close()
        deadline = time.time() + timeout
        while time.time() < deadline:
            text = urllib.request.urlopen(f"{self.admin}/metrics", timeout=5).read().decode()
            if "spendfuse_undelivered_entries 0" in text:
                return
            time.sleep(0.05)

    def calls(self, limit=100000):
        self.delivered()
        text = self.run("calls", "--limit", str(limit), "--format", "json").stdout
        return json.loads(text)["rows"]

    def status(self):
        """Of a shared store once its slices have gone back, if no call is in flight."""
        deadline = time.time() + 5
        while True:
            status = json.loads(self.run("status", "--format", "json").stdout)
            if not self.database or status["open_holds"] == "0" or time.time() > deadline:
                return status
            time.sleep(0.2)

    def prices_taken_up(self, command):
        """Runs what changes prices, and waits until the gateway says that they are in force."""
        before = self.log.read_text().count("prices.changed")
        done = command()
        deadline = time.time() + 30
        while self.log.read_text().count("prices.changed") == before:
            assert time.time() < deadline, "the prices were not taken up"
            time.sleep(0.05)
        return done

    def limit(self, *arguments):
        """Sets a limit, which is in force when this returns."""
        self.run("limit", "set", *arguments)

    def metrics(self):
        return urllib.request.urlopen(f"{self.admin}/metrics", timeout=5).read().decode()

    def changes_taken_up(self):
        """How many changes of limits, keys and breakers are in force; None if it does not run."""
        if self.process is None:
            return None
        try:
            text = self.metrics()
        except OSError:
            return None
        return int(re.search(r"^spendfuse_settings_changes_total (\d+)$", text, re.M)[1])


def clean_environment():
    """The environment without keys and settings of the person who runs the tests."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("SPENDFUSE_", "OPENAI_", "ANTHROPIC_", "XDG_"))}


def picodollars(text):
    whole, fraction = text.split(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 10**12 + int(fraction))
