"""What every store does alike: on disk, in memory, by obstore's own memory, and in each cloud."""

import asyncio
import base64
import hashlib
import os
import secrets
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import obstore.store
import pytest

from livedeck.errors import BucketNotFound, InvalidKey, ObjectExists, ObjectNotFound, UnreadableObject
from livedeck.store import Store, join_uri, open_store
from livedeck.store.cloud import CloudBackend
from tests.clouds import CLOUDS, Cloud, clients_find, running_behind_proxy

MANY = 1_100
"""More objects than a page of a list has, or one request deletes."""
MANY_OF_AZURE = 300
"""More than one of Azure's requests deletes. Its pages have 5,000."""
LARGE = (12 << 20) + 7
"""Bytes of an object that is uploaded in parts."""
MD5 = base64.b64encode(hashlib.md5(b"content").digest()).decode()


KINDS = ("file", "memory", "objects", *(pytest.param(kind, marks=pytest.mark.slow) for kind in CLOUDS))
pytestmark = pytest.mark.parametrize("cloud", KINDS, indirect=True)


@pytest.fixture(scope="module")
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud | None]:
    """The server of a cloud's store, for those that are in one."""
    if request.param not in CLOUDS:
        yield None
        return
    with running_behind_proxy(request.param) as (cloud, proxy), clients_find(cloud, proxy.url):
        yield cloud


@pytest.fixture
def store(request: pytest.FixtureRequest, cloud: Cloud | None, tmp_path: Path) -> Store:
    if cloud is not None:
        return open_store(join_uri(cloud.root, secrets.token_hex(8)))
    kind = request.node.callspec.params["cloud"]
    if kind == "file":
        return open_store(f"file://{tmp_path}/root/a b")
    if kind == "memory":
        return open_store(f"memory://{tmp_path.name}-{id(tmp_path)}/x")
    return Store("s3://bucket/x", CloudBackend(obstore.store.MemoryStore(), "s3://bucket"), "x/")


def test_put_get_head_list_delete(store: Store) -> None:
    assert store.head("a/b.txt") is None
    assert list(store.list()) == []
    store.put("a/b.txt", b"one", content_type="text/html")
    before = store.head("a/b.txt")
    store.put("a/b.txt", b"two!", content_type="text/html")
    after = store.head("a/b.txt")
    assert store.get("a/b.txt") == b"two!"
    assert (before.size, after.size) == (3, 4)
    assert before.etag != after.etag
    assert after.modified.tzinfo is not None
    store.put("a/c/é #%.bin", b"")
    store.put("ab", b"x")
    assert list(store.list()) == ["a/b.txt", "a/c/é #%.bin", "ab"]
    assert list(store.list("a")) == list(store.list("a/")) == ["a/b.txt", "a/c/é #%.bin"]
    assert list(store.list("nothing")) == []
    assert [store.size_below(prefix) for prefix in ("a", "a/c", "nothing")] == [4, 0, 0]
    store.delete("a/b.txt")
    store.delete("a/b.txt")
    assert store.head("a/b.txt") is None
    with pytest.raises(ObjectNotFound, match=r"b\.txt"):
        store.get("a/b.txt")


def test_create_keeps_what_is_there(store: Store) -> None:
    store.create("deck/00000001.json", b"first")
    with pytest.raises(ObjectExists):
        store.create("deck/00000001.json", b"second")
    assert store.get("deck/00000001.json") == b"first"


async def test_async_twins(store: Store) -> None:
    await store.acreate("k", b"1", content_type="text/plain")
    with pytest.raises(ObjectExists):
        await store.acreate("k", b"2")
    await store.aput("k", b"3")
    assert await store.aget("k") == b"3"
    assert await store.aget_all("none", "k", "no/such") == (None, b"3", None)
    assert await store.aget_each("none", "k", "no/such") == (None, b"3", None)
    assert (await store.ahead("k")).size == 1
    await store.adelete("k")
    await store.adelete("k")
    assert await store.ahead("k") is None
    with pytest.raises(ObjectNotFound):
        await store.aget("k")


def test_files_are_downloaded_at_once_into_one_folder_and_to_one_path(store: Store, tmp_path: Path) -> None:
    """As the files of a ``Directory`` are, whose names may differ only at their end, and as threads want one file."""
    contents = {f"{'x' * 120}-{number}": os.urandom(1_000_000) for number in range(4)}
    for name, content in contents.items():
        store.put(name, content)
    together = threading.Barrier(8)

    def download(name: str, path: Path) -> bytes:
        together.wait()
        store.download_to(name, path)
        return path.read_bytes()

    with ThreadPoolExecutor(8) as threads:
        several = {name: threads.submit(download, name, tmp_path / name) for name in contents}
        one = [threads.submit(download, next(iter(contents)), tmp_path / "one") for _ in range(4)]
        assert {name: each.result() for name, each in several.items()} == contents
        assert {each.result() for each in one} == {next(iter(contents.values()))}
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {*contents, "one"}


def test_files_in_and_out(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "in.bin"
    source.write_bytes(os.urandom(300_000))
    store.upload_from("data/x.bin", source)
    target = tmp_path / "out.bin"
    store.download_to("data/x.bin", target)
    assert target.read_bytes() == source.read_bytes()
    with pytest.raises(ObjectNotFound):
        store.download_to("data/none", tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        store.upload_from("data/none", tmp_path / "none")
    assert list(store.list()) == ["data/x.bin"]
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["in.bin", "out.bin"]


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../x", "a//b", "a/", ".", "a/./b", "a\0b", "a\nb", "\ud800", "x" * 1025]
)
def test_malformed_keys_never_reach_a_back_end(store: Store, key: str) -> None:
    for call in (
        store.get,
        store.head,
        store.delete,
        store.uri_of,
        lambda k: store.put(k, b""),
        lambda k: store.create(k, b""),
    ):
        with pytest.raises(InvalidKey):
            call(key)


def test_a_folder_is_no_object(store: Store) -> None:
    store.put("a/b", b"x")
    assert store.head("a") is None
    # Only on a disk does a folder take the place of an object: there none can be created of that name.
    with pytest.raises(UnreadableObject if store.local_root else ObjectNotFound):
        store.get("a")


def test_only_one_of_many_creators_wins(store: Store) -> None:
    won = []

    def create(number: int) -> None:
        try:
            store.create("slot", str(number).encode())
        except ObjectExists:
            return
        won.append(number)

    threads = [threading.Thread(target=create, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(n).encode() for n in won] == [store.get("slot")]


async def test_an_object_beyond_the_readers_limit_is_not_read(store: Store) -> None:
    store.put("k", b"12345")
    assert store.get("k", limit=5) == await store.aget("k", limit=5) == b"12345"
    for size in (0, 4):
        with pytest.raises(UnreadableObject, match=f"5 bytes; no more than {size}"):
            store.get("k", limit=size)
        with pytest.raises(UnreadableObject):
            await store.aget("k", limit=size)
        with pytest.raises(UnreadableObject):
            await store.aget_all("none", "k", limit=size)
        none, refused = await store.aget_each("none", "k", limit=size)
        assert none is None
        assert isinstance(refused, UnreadableObject)


async def test_a_part_of_an_object(store: Store) -> None:
    store.put("k", b"0123456789")
    assert store.get_range("k", 7, 2) == await store.aget_range("k", 7, 2) == b"78"
    assert store.get_range("k", 7, 3) == store.get_range("k", 7, 30) == b"789"
    with pytest.raises(ObjectNotFound):
        store.get_range("none", 0, 1)


def test_a_store_below_another(store: Store) -> None:
    below = store.below("a/b")
    below.put("c", b"x")
    assert store.get("a/b/c") == below.get("c") == b"x"
    assert below.uri == f"{store.uri}/a/b"
    assert list(below.list()) == ["c"]
    for wrong in ("../x", "", "/a"):
        with pytest.raises(InvalidKey):
            store.below(wrong)


async def test_a_folder_of_more_objects_than_a_page_lists_goes_with_all_that_is_below(
    store: Store, cloud: Cloud | None
) -> None:
    many = MANY_OF_AZURE if cloud is not None and cloud.scheme == "az" else MANY
    names = [f"{number // 100}/{number}" for number in range(many)]
    at_once = asyncio.Semaphore(16)

    async def put(name: str) -> None:
        async with at_once:
            await store.aput(f"executions/old/{name}", b"x")

    await asyncio.gather(*map(put, names))
    await store.aput("executions/older", b"1")
    await store.aput("executions/old.pb", b"12")
    assert sorted(store.list("executions/old")) == sorted(f"executions/old/{name}" for name in names)
    assert store.size_below("executions/old") == many
    store.delete_below("executions/old")
    assert list(store.list()) == ["executions/old.pb", "executions/older"]
    store.delete_below("executions/old")


def test_a_folder_that_two_delete_at_once_is_gone(store: Store) -> None:
    for number in range(50):
        store.put(f"old/{number}", b"x")
    with ThreadPoolExecutor() as pool:
        deletions = [pool.submit(store.delete_below, "old") for _ in range(3)]
    for each in deletions:
        each.result()
    assert list(store.list()) == []


def test_an_object_of_several_parts(store: Store, tmp_path: Path) -> None:
    data = os.urandom(LARGE)
    store.put("bytes", data, content_type="text/plain")
    (tmp_path / "in").write_bytes(data)
    store.upload_from("file", tmp_path / "in")
    store.create("created", data)
    with pytest.raises(ObjectExists):
        store.create("created", data)
    for key in ("bytes", "file", "created"):
        assert store.head(key).size == LARGE
        assert store.get_range(key, LARGE - 10, 20) == data[-10:]
        store.download_to(key, tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == data
    assert store.get("bytes") == data


async def test_only_one_of_many_async_creators_wins(store: Store) -> None:
    async def create(number: int) -> int | None:
        try:
            await store.acreate("slot", str(number).encode())
        except ObjectExists:
            return None
        return number

    won = [number for number in await asyncio.gather(*map(create, range(8))) if number is not None]
    assert [str(number).encode() for number in won] == [await store.aget("slot")]


def test_nothing_counts_as_not_there_where_there_is_no_bucket(cloud: Cloud | None, tmp_path: Path) -> None:
    if cloud is None:
        pytest.skip("there are no buckets")
    store = open_store(f"{cloud.scheme}://no-such-{cloud.bucket}")
    for call in (
        lambda: store.get("k"),
        lambda: store.head("k"),
        lambda: store.get_range("k", 0, 1),
        lambda: list(store.list()),
        lambda: store.put("k", b""),
        lambda: store.create("k", b""),
        lambda: store.delete("k"),
        lambda: store.delete_below("k"),
        lambda: store.size_below("k"),
        lambda: store.download_to("k", tmp_path / "k"),
    ):
        with pytest.raises(BucketNotFound):
            call()


async def test_nothing_counts_as_not_there_where_there_is_no_bucket_async(cloud: Cloud | None) -> None:
    if cloud is None:
        pytest.skip("there are no buckets")
    store = open_store(f"{cloud.scheme}://no-such-{cloud.bucket}")
    for call in (store.aget, store.ahead, store.aget_all, store.aget_each, store.adelete):
        with pytest.raises(BucketNotFound):
            await call("k")


def test_what_a_link_allows_and_no_more(store: Store) -> None:
    upload = store.sign("up", method="PUT", expires=timedelta(minutes=5))
    if upload is None:
        pytest.skip("the store signs no links: data passes through the server")
    headers = {"Content-Type": "application/octet-stream", "Content-MD5": MD5, **upload.headers}
    urllib.request.urlopen(urllib.request.Request(upload.url, b"content", headers, method="PUT"), timeout=60).close()
    assert store.get("up") == b"content"
    download = store.sign("up", method="GET", expires=timedelta(minutes=5))
    with urllib.request.urlopen(download.url, timeout=60) as answer:
        assert answer.read() == b"content"
    assert "very secret" not in upload.url
