"""The cloud back end against a real HTTP endpoint: what each answer of S3 becomes."""

from datetime import timedelta

import pytest

from livedeck.errors import ObjectExists, ObjectNotFound, StoreError, StoreUnavailable
from livedeck.store import Retry, Store
from livedeck.store.objects import connect
from tests.store.s3 import s3_endpoint

IMPATIENT = Retry(attempts=2, timeout=5.0, first_wait=0.01, longest_wait=0.01)


@pytest.fixture
def endpoint():
    with s3_endpoint() as server:
        yield server


@pytest.fixture
def store(endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{endpoint.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return Store("s3://bucket/x", connect("s3", "bucket", IMPATIENT), "x/")


def test_objects_come_and_go(store, endpoint):
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


def test_creating_is_a_conditional_put(store, endpoint):
    store.create("deck/00000001.json", b"1")
    with pytest.raises(ObjectExists):
        store.create("deck/00000001.json", b"2")
    assert endpoint.objects == {"/bucket/x/deck/00000001.json": b"1"}


async def test_async(store):
    await store.acreate("k", b"1")
    with pytest.raises(ObjectExists):
        await store.acreate("k", b"2")
    assert await store.aget("k") == b"1"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_tried_again(store, endpoint, status):
    endpoint.script.extend([status, status])
    store.put("k", b"1")
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_lasting_trouble_is_unavailable(store, endpoint, status):
    endpoint.script.extend([status] * 3)
    with pytest.raises(StoreUnavailable):
        store.put("k", b"1")


def test_refused(store, endpoint):
    endpoint.script.append(403)
    with pytest.raises(StoreError, match="permission") as caught:
        store.put("k", b"1")
    assert "very secret" not in str(caught.value)
    assert not isinstance(caught.value, StoreUnavailable)


def test_nobody_there(store, endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StoreUnavailable):
        connect("s3", "bucket", IMPATIENT).get("k")


def test_signed_links(store):
    url = store.sign("deck.html", method="GET", expires=timedelta(minutes=5))
    assert "/bucket/x/deck.html?" in url
    assert "X-Amz-Expires=300" in url
    assert "very" not in url
