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

import pytest

from livedeck.errors import (
    BucketNotFound,
    InvalidKey,
    ObjectExists,
    StoreError,
    StoreFull,
    StoreUnavailable,
    UnreadableObject,
)
from livedeck.store import join_uri, open_store, split_uri


def test_the_whole_disk_is_a_store(tmp_path: Path) -> None:
    store = open_store("file:///")
    key = f"{tmp_path}/a/b".strip("/")
    store.put(key, b"x")
    assert store.get(key) == b"x"
    assert list(store.list(f"{tmp_path}".strip("/"))) == [key]


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


def test_nothing_counts_as_not_there_while_the_folder_is_away(tmp_path: Path) -> None:
    folder = tmp_path / "disk" / "store"
    store = open_store(f"{folder.as_uri()}/run")  # that of an attempt, which has read nothing yet
    store.put("inputs.pb", b"x")
    read = open_store(f"{folder.as_uri()}/run/other")
    assert read.head("k") is None  # a folder is made with the first object in it
    folder.rename(tmp_path / "away")
    for away in ("another takes its place", "nothing is there"):
        if away == "another takes its place":
            folder.touch()
        else:
            folder.unlink()
        stores = (store, read) if folder.exists() else (store,)
        for each in stores:
            for call in (each.get, each.head, each.delete, each.delete_below, each.size_below):
                with pytest.raises(BucketNotFound, match="is not there"):
                    call("inputs.pb")
            with pytest.raises(BucketNotFound):
                list(each.list())
    (tmp_path / "away").rename(folder)
    assert store.get("inputs.pb") == b"x"


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
