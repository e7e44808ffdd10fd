"""The cloud back end against a real HTTP endpoint: what each answer of S3 becomes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from livedeck.errors import ObjectExists, ObjectNotFound, StoreError, StoreUnavailable
from livedeck.store import Retry, Store
from livedeck.store.cloud import connect
from tests.store.s3 import S3Server, s3_endpoint

IMPATIENT = Retry(attempts=2, timeout=60.0, first_wait=0.01, longest_wait=0.01)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with s3_endpoint(monkeypatch) as server:
        yield server


@pytest.fixture
def store(endpoint: S3Server) -> Store:
    return Store("s3://bucket/x", connect("s3", "bucket", IMPATIENT), "x/")


def test_objects_come_and_go(store: Store, endpoint: S3Server) -> None:
    store.put("deck.html", b"<p>", content_type="text/html")
    assert endpoint.objects == {"/bucket/x/deck.html": b"<p>"}
    assert endpoint.requests[-1][2]["content-type"] == "text/html"
    assert store.get("deck.html") == b"<p>"
    assert store.head("deck.html").size == 3
    assert list(store.list()) == ["deck.html"]
    store.delete("deck.html")
    assert store.head("deck.html") is None
    with pytest.raises(ObjectNotFound):
        store.get("deck.html")


def test_creating_is_a_conditional_put(store: Store, endpoint: S3Server) -> None:
    store.create("deck/00000001.json", b"1")
    with pytest.raises(ObjectExists):
        store.create("deck/00000001.json", b"2")
    assert endpoint.objects == {"/bucket/x/deck/00000001.json": b"1"}


async def test_async(store: Store) -> None:
    await store.acreate("k", b"1")
    with pytest.raises(ObjectExists):
        await store.acreate("k", b"2")
    assert await store.aget("k") == b"1"


@pytest.mark.parametrize("status", [404, 409, 412])
def test_what_a_put_is_told_is_no_answer_after_which_nothing_is_tried_again(
    store: Store, endpoint: S3Server, tmp_path: Path, status: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    for put in (partial(store.put, "k", b"1"), partial(store.upload_from, "k", path)):
        endpoint.script.append(status)
        with pytest.raises(StoreError) as failed:
            put()
        assert not isinstance(failed.value, ObjectExists | ObjectNotFound)


def test_a_create_without_a_bucket_has_not_landed(store: Store, endpoint: S3Server) -> None:
    endpoint.script.append(404)
    with pytest.raises(StoreUnavailable, match="the bucket was not found"):
        store.create("k", b"1")


async def test_a_conflict_passes(store: Store, endpoint: S3Server) -> None:
    await store.aput("k", b"1")
    for conflict in (lambda: store.aget("k"), lambda: store.aput("k", b"2"), lambda: store.ahead("k")):
        endpoint.script.append(409)
        with pytest.raises(StoreUnavailable):
            await conflict()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_tried_again(store: Store, endpoint: S3Server, status: int) -> None:
    endpoint.script.extend([status, status])
    store.put("k", b"1")
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_lasting_trouble_is_unavailable(store: Store, endpoint: S3Server, status: int) -> None:
    endpoint.script.extend([status] * 3)
    with pytest.raises(StoreUnavailable):
        store.put("k", b"1")


def test_refused(store: Store, endpoint: S3Server) -> None:
    endpoint.script.append(403)
    with pytest.raises(StoreError, match="permission") as caught:
        store.put("k", b"1")
    assert "very secret" not in str(caught.value)
    assert not isinstance(caught.value, StoreUnavailable)


def test_nobody_there(store: Store, endpoint: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StoreUnavailable):
        connect("s3", "bucket", IMPATIENT).get("k")


def test_signed_links(store: Store) -> None:
    signed = store.sign("deck.html", method="GET", expires=timedelta(minutes=5))
    assert signed is not None
    url = signed.url
    assert "/bucket/x/deck.html?" in url
    assert "X-Amz-Expires=300" in url
    assert "very" not in url


HURRIED = Retry(attempts=0, timeout=2.0, first_wait=0.01, longest_wait=0.01)
PAUSE = 0.2
"""Seconds between two pieces: twelve of them are longer than a hurried client waits for the next piece."""


@pytest.fixture
def hurried(store: Store) -> Store:
    return Store("s3://bucket/x", connect("s3", "bucket", HURRIED), "x/")


@pytest.mark.slow
def test_a_download_may_take_longer_than_the_timeout(hurried: Store, endpoint: S3Server, tmp_path: Path) -> None:
    endpoint.objects["/bucket/x/k"] = b"12345678" * 100
    endpoint.pause = PAUSE
    with ThreadPoolExecutor() as both:
        got = both.submit(hurried.get, "k")
        both.submit(hurried.download_to, "k", tmp_path / "k").result()
    assert got.result() == b"12345678" * 100
    assert (tmp_path / "k").read_bytes() == b"12345678" * 100


@pytest.mark.slow
def test_a_download_that_stalls_is_unavailable(hurried: Store, endpoint: S3Server, tmp_path: Path) -> None:
    endpoint.objects["/bucket/x/k"] = b"12345678" * 100
    endpoint.pause = 3600.0
    with pytest.raises(StoreUnavailable):
        hurried.download_to("k", tmp_path / "k")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_upload_may_take_longer_than_the_timeout(hurried: Store, endpoint: S3Server, tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(b"12345678" * (1 << 18))
    endpoint.pause = PAUSE
    with ThreadPoolExecutor() as both:
        put = both.submit(hurried.put, "bytes", b"12345678" * (1 << 18))
        both.submit(hurried.upload_from, "k", tmp_path / "k").result()
    put.result()
    assert {key: len(value) for key, value in endpoint.objects.items()} == {
        "/bucket/x/k": 1 << 21,
        "/bucket/x/bytes": 1 << 21,
    }


def test_an_object_larger_than_a_part_is_sent_in_parts(store: Store, endpoint: S3Server, tmp_path: Path) -> None:
    data = b"12345678" * (3 << 18)
    store.put("bytes", data, content_type="text/plain")
    (tmp_path / "k").write_bytes(data)
    store.upload_from("k", tmp_path / "k")
    assert endpoint.objects == {"/bucket/x/bytes": data, "/bucket/x/k": data}
    sizes = [int(headers["content-length"]) for method, _, headers in endpoint.requests if method == "PUT"]
    assert max(sizes) == 5 << 20
    assert endpoint.requests[0][2]["content-type"] == "text/plain"
