"""Calls that are begun anew while a store fails: until it answers, and no longer than the budget lasts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from livedeck.errors import InvalidKey, ObjectExists, ObjectNotFound, StoreError, StoreUnavailable
from livedeck.store import Retry, Store, open_store
from livedeck.store.persistent import Persistent
from livedeck.testing.stores import Fault, FaultyStore
from tests.store.s3 import S3Server, s3_endpoint

RETRY = Retry(attempts=0, timeout=0.3, first_wait=0.001, longest_wait=0.01, slowest=1e7, budget=60.0)
IMPATIENT = Retry(attempts=0, timeout=0.3, first_wait=0.001, longest_wait=0.01, budget=0.05)


def persistent(inner: FaultyStore, retry: Retry = RETRY) -> Store:
    return Store(inner.uri, Persistent(lambda _: inner.backend, retry), inner.prefix)


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.LOSES_REPLY, Fault.THROTTLED, Fault.FULL])
def test_a_write_is_begun_anew_until_it_is_done(fault: Fault, tmp_path: Path) -> None:
    faulty = FaultyStore()
    faulty.script(*[fault] * 7)
    persistent(faulty).put("outputs.pb", b"1")
    assert faulty.get("outputs.pb") == b"1"
    assert [write.verb for write in faulty.writes] == ["put"] * 8
    (tmp_path / "f").write_bytes(b"2")
    faulty.script(fault)
    persistent(faulty).upload_from("file", tmp_path / "f")
    assert faulty.get("file") == b"2"


def test_the_budget_is_the_end_of_it() -> None:
    faulty = FaultyStore()
    faulty.break_down()
    with pytest.raises(StoreUnavailable, match=r"connection reset \(and again and again for 0.05 s\)"):
        persistent(faulty, IMPATIENT).put("outputs.pb", b"1")
    assert len(faulty.writes) >= 2


def test_answers_are_taken_as_they_are(tmp_path: Path) -> None:
    faulty = FaultyStore()
    store = persistent(faulty)
    with pytest.raises(ObjectNotFound):
        store.get("nothing")
    assert store.head("nothing") is None
    with pytest.raises(InvalidKey):
        store.put("../outside", b"")
    with pytest.raises(FileNotFoundError):  # the caller's own
        store.upload_from("k", tmp_path / "nothing")
    store.create("k", b"1")
    with pytest.raises(ObjectExists):
        store.create("k", b"2")


def test_a_lost_reply_does_not_make_a_create_its_own_rival() -> None:
    faulty = FaultyStore()
    faulty.script(Fault.LOSES_REPLY)
    with pytest.raises(StoreUnavailable):
        persistent(faulty).create("k", b"1")
    assert len(faulty.writes) == 1


def test_on_disk(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.write_bytes(b"a file where the folder is to be")
    store = open_store(folder.as_uri(), retry=IMPATIENT)
    with pytest.raises(StoreError, match="Not a directory"):
        store.put("outputs.pb", b"1")
    folder.unlink()
    store.put("outputs.pb", b"1")
    assert (store.get("outputs.pb"), list(store.list()), store.local_root) == (b"1", ["outputs.pb"], folder)
    store.delete("outputs.pb")
    assert list(store.list()) == []


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with s3_endpoint(monkeypatch) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_bucket_that_refuses_for_a_while(endpoint: S3Server, status: int) -> None:
    endpoint.script.extend([status] * 4)
    store = open_store(f"s3://refusing-{status}", retry=RETRY)
    store.put("outputs.pb", b"1")
    assert endpoint.objects == {f"/refusing-{status}/outputs.pb": b"1"}
    endpoint.script.extend([status] * 4)
    assert store.get("outputs.pb") == b"1"


@pytest.mark.slow
@pytest.mark.parametrize("size", [10, 2 << 20])
def test_a_call_that_stalls_is_given_up_early_and_begun_anew(endpoint: S3Server, size: int) -> None:
    endpoint.stalls.append(endpoint.over)
    store = open_store(f"s3://stalling-{size}", retry=RETRY)
    store.put("outputs.pb", b"1" * size)
    assert endpoint.objects == {f"/stalling-{size}/outputs.pb": b"1" * size}
    assert endpoint.requests, "the one that stalls was never answered, and one of those after it was"


@pytest.mark.slow
def test_a_store_that_is_slow_is_waited_for(endpoint: S3Server) -> None:
    """Each try may take twice as long as the one before that stalled."""
    endpoint.latency = 0.8
    open_store("s3://slow", retry=RETRY).put("outputs.pb", b"1")
    assert endpoint.objects == {"/slow/outputs.pb": b"1"}
