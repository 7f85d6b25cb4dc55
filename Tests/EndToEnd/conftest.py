import json
import os

import pytest

from gateway import Gateway, SHARED
from private_postgres import PrivatePostgres
from stub_upstream import Stub


def load_cases():
    path = SHARED / "corpus" / "cases.jsonl"
    if not path.exists():
        return {}
    with open(path) as lines:
        return {case["id"]: case for case in map(json.loads, lines)}


@pytest.fixture(scope="session")
def corpus():
    """Recorded provider calls; empty where the recordings are not there."""
    return load_cases()


@pytest.fixture(autouse=True)
def no_process_is_left():
    yield
    for process in Gateway.running:
        if process.poll() is None:
            process.kill()
            process.wait()
    Gateway.running.clear()


@pytest.fixture(scope="session")
def postgres():
    server = PrivatePostgres()
    yield server
    server.remove()


@pytest.fixture(autouse=True)
def store(request):
    """With SPENDFUSE_TEST_STORE=postgres every test has a shared store instead of its own."""
    if os.environ.get("SPENDFUSE_TEST_STORE") == "postgres":
        server = request.getfixturevalue("postgres")
        Gateway.new_database = lambda: server.url(server.database())
        Gateway.query = lambda url, sql: server.typed(url, sql)


@pytest.fixture
def stub(corpus):
    stub = Stub(corpus)
    yield stub
    stub.stop()


@pytest.fixture
def gateway(tmp_path, stub):
    gateway = Gateway(tmp_path, stub).start()
    yield gateway
    assert gateway.stop() in (0, None)
