"""Recorded provider calls through the real binary: usage exact, bytes unchanged, price agreed.

The recordings lie beside the repository; without them these tests are skipped.
"""

import io

import pytest

import corpus as corpus_program
from gateway import SHARED


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_recorded_call_is_metered_and_priced_exactly_however_its_stream_is_cut(
        tmp_path, seed):
    folder = SHARED / "corpus"
    if not folder.exists():
        pytest.skip("../shared/corpus is not there")
    results = corpus_program.Run(folder, tmp_path, seed).run()
    text = io.StringIO()
    corpus_program.report(results, text)
    assert not any(result.problems for result in results.values()), text.getvalue()
    assert sum(result.priced for result in results.values()) > 200
