"""The same behaviour from every back end: disk, memory, and obstore (over its own memory store)."""

import contextlib
import errno
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import obstore.store
import pytest

from livedeck.errors import (
    InvalidKey,
    ObjectExists,
    ObjectNotFound,
    StoreError,
    StoreFull,
    StoreUnavailable,
    UnreadableObject,
)
from livedeck.store import Store, join_uri, open_store, split_uri
from livedeck.store.cloud import CloudBackend


@pytest.fixture(params=["file", "memory", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "file":
        return open_store(f"file://{tmp_path}/root/a b")
    if request.param == "memory":
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
    assert (await store.ahead("k")).size == 1
    await store.adelete("k")
    await store.adelete("k")
    assert await store.ahead("k") is None
    with pytest.raises(ObjectNotFound):
        await store.aget("k")


def test_the_whole_disk_is_a_store(tmp_path: Path) -> None:
    store = open_store("file:///")
    key = f"{tmp_path}/a/b".strip("/")
    store.put(key, b"x")
    assert store.get(key) == b"x"
    assert list(store.list(f"{tmp_path}".strip("/"))) == [key]


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


def test_opening() -> None:
    assert open_store("memory://one/a/").uri == "memory://one/a"
    open_store("memory://one/a").put("b", b"x")
    assert open_store("memory://one").get("a/b") == b"x"
    assert open_store("memory://two").head("a/b") is None
    assert open_store("file:///tmp/x/").uri == "file:///tmp/x"
    assert open_store("file:///tmp/x").local_root == Path("/tmp/x")
    assert open_store("memory://one").local_root is None
    assert open_store("s3://bucket/a").uri_of("b/c") == "s3://bucket/a/b/c"
    for wrong in ("", "x", "ftp://a/b", "s3://", "file://host/x", "file:///a/../b", "memory:///x", "file:///a\0b"):
        with pytest.raises(InvalidKey):
            open_store(wrong)


def test_uris() -> None:
    assert split_uri("file:///r/a/b.pb") == ("file:///r/a", "b.pb")
    assert split_uri("s3://bucket/b") == ("s3://bucket", "b")
    assert split_uri("file:///b") == ("file:///", "b")
    assert join_uri("s3://b/", "/a/", "", "c") == "s3://b/a/c"
    assert join_uri("file:///", "a") == "file:///a"
    for wrong in ("", "abc", "s3://bucket", "s3://bucket/", "file:///r/"):
        with pytest.raises(InvalidKey):
            split_uri(wrong)


def test_a_full_disk_is_unavailable_and_leaves_nothing_behind(tmp_path: Path) -> None:
    # A limit on file size makes the kernel refuse the write half-way, as a full disk does.
    store = open_store(f"file://{tmp_path}")
    store.put("deck.html", b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(StoreUnavailable, match=r"deck\.html"):
            store.put("deck.html", b"x" * 10_000)
        with pytest.raises(StoreUnavailable):
            store.create("new", b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert store.get("deck.html") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["deck.html"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EIO, StoreUnavailable),
        (errno.EACCES, StoreError),
        (errno.ENAMETOOLONG, InvalidKey),
        (errno.ELOOP, StoreError),
    ],
)
def test_system_errors_are_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception]
) -> None:
    def refuse(*args: str | int, **kwargs: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(kind) as caught:
        open_store(f"file://{tmp_path}").put("key", b"")
    assert "key" in str(caught.value)
    assert type(caught.value) is kind


def test_a_name_too_long_for_the_disk(tmp_path: Path) -> None:
    with pytest.raises(InvalidKey, match="longer"):
        open_store(f"file://{tmp_path}").put("n" * 300, b"")


def test_a_file_where_a_folder_is_needed(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    store.put("a", b"x")
    with pytest.raises(StoreError, match="a/b"):
        store.put("a/b", b"y")


def test_a_link_to_nothing_where_a_folder_is_needed_is_no_object_that_exists(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("nothing")
    store = open_store(f"file://{tmp_path}")
    for write in (store.put, store.create):
        with pytest.raises(StoreError, match="a/b") as raised:
            write("a/b", b"y")
        assert not isinstance(raised.value, ObjectExists)


def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    contents = {bytes([letter]) * 200_000 for letter in b"ab"}
    store.put("k", min(contents))
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            for content in contents:
                store.put("k", content)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        seen = {store.get("k") for _ in range(300)}
    finally:
        stop.set()
        writer.join()
    assert seen <= contents


def test_files_work_in_a_forked_child(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    store.put("before", b"x")
    pid = os.fork()
    if pid == 0:
        try:
            store.put("child", store.get("before"))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert store.get("child") == b"x"


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


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(path.parent):
        listener.bind(path.name)  # the whole path may be too long for a socket


def _folder(path: Path) -> None:
    path.mkdir()


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("nothing")


def _link_to_endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _link_to_terminal(path: Path) -> None:
    path.symlink_to("/dev/tty")


def _link_out(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _link_over_a_folder(path: Path) -> None:
    secret = path.parents[3] / "secret"
    secret.mkdir()
    (secret / "x").write_text("not theirs")
    path.parent.rmdir()
    path.parent.symlink_to(secret)
    path.symlink_to("x")


@pytest.mark.parametrize(
    "make",
    [
        *(_fifo, _socket, _folder),
        *(_link_to_nothing, _link_to_endless, _link_to_terminal, _link_out, _link_over_a_folder),
    ],
)
@pytest.mark.timeout(120)
def test_only_regular_files_of_the_store_are_read(tmp_path: Path, make: Callable[..., Any]) -> None:
    root = open_store(f"file://{tmp_path}/root")
    root.put("attempt/deck/00000001.json", b"1")
    folder = tmp_path / "root/attempt/deck"
    (folder / "00000001.json").unlink()
    make(folder / "00000001.json")
    store = root.below("attempt")
    for read in (
        lambda: store.get("deck/00000001.json"),
        lambda: store.get("deck/00000001.json", limit=10),
        lambda: store.get_range("deck/00000001.json", 0, 1),
        lambda: store.open_file("deck/00000001.json"),
        lambda: store.download_to("deck/00000001.json", tmp_path / "copy"),
    ):
        with pytest.raises(UnreadableObject, match=r"00000001\.json"):
            read()
    assert not (tmp_path / "copy").exists()


def test_a_link_in_a_circle_is_an_object_that_cannot_be_read(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    (tmp_path / "k").symlink_to("k")
    for read in (lambda: store.get("k"), lambda: store.head("k"), lambda: store.download_to("k", tmp_path / "copy")):
        with pytest.raises(UnreadableObject, match="is a link that leads in a circle"):
            read()
    assert not (tmp_path / "copy").exists()


def test_a_link_within_the_store_is_read(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "name").symlink_to(tmp_path / "real")  # the store's own folder may be reached by a link
    store = open_store(f"file://{tmp_path}/name")
    store.put("a", b"x")
    (tmp_path / "real" / "b").symlink_to("a")
    assert store.get("b") == b"x"


@pytest.mark.timeout(120)
def test_reading_a_file_that_grows_ends(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    store.put("log", b"x" * 100_000)
    stop = threading.Event()

    def grow() -> None:
        with (tmp_path / "log").open("ab") as file:
            while not stop.is_set() and file.tell() < 100_000_000:
                file.write(b"y" * 10_000)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        assert all(len(store.get("log", limit=2**40)) >= 100_000 for _ in range(5))
    finally:
        stop.set()
        thread.join()
