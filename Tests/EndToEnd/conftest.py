import json

import pytest

from gateway import Gateway, SHARED
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
