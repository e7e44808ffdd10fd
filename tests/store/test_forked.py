"""Processes that a task forks reach a cloud's store, which its client there does not bear."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.s3 import S3Server, s3_endpoint

POOL = """
import multiprocessing, os
from contextlib import suppress
from pathlib import Path
from livedeck.errors import ObjectExists, ObjectNotFound
from livedeck.store import Retry, open_store

store = open_store("s3://bucket/x", retry=Retry(budget=5.0))
store.put("parents", b"1")

def work(number):
    store = open_store("s3://bucket/x", retry=Retry(budget=5.0 * (number % 2)))
    store.create(f"below/{number}", b"2" * 100_000)
    with suppress(ObjectExists):
        store.create(f"below/{number}", b"")
        raise AssertionError
    with suppress(ObjectNotFound):
        store.get("none")
        raise AssertionError
    Path(f"file-{number}").write_bytes(b"3")
    store.upload_from(f"up/{number}", Path(f"file-{number}"))
    store.download_to("parents", Path(f"file-{number}"))
    assert Path(f"file-{number}").read_bytes() == b"1"
    child = os.fork()
    if child == 0:
        os._exit(store.get_range("parents", 0, 1) == b"1")
    assert os.waitpid(child, 0)[1] >> 8 == 1
    return store.get("parents"), store.head("none"), f"below/{number}" in list(store.list()), store.get(f"up/{number}")

with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(work, range(4), chunksize=1) == [(b"1", None, True, b"3")] * 4
assert store.get("parents") == b"1"
"""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with s3_endpoint(monkeypatch) as server:
        yield server


@pytest.mark.slow
def test_workers_of_a_pool_use_the_store_that_their_parent_uses(endpoint: S3Server, tmp_path: Path) -> None:
    command = [sys.executable, "-c", POOL]
    done = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert {key for key in endpoint.objects if "below" in key} == {f"/bucket/x/below/{number}" for number in range(4)}
