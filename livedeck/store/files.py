"""A store on the local disk, in plain system calls.

obstore has a local store too. This one is written out because a task's process must be able to fork at any
time (a runtime's threads do not survive that), because every attempt is a process of its own and starting a
runtime in each costs more than all its reads and writes, and because an ``errno`` says better what went wrong.
"""

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livedeck.errors import InvalidKey, ObjectExists, ObjectNotFound, StoreError, StoreUnavailable
from livedeck.store.backend import Meta

_STAGED = (".livedeck-", ".part")  # names of files not yet put in their place
_COUNTER = itertools.count()
_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_TRANSIENT = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EMFILE: "too many files are open in this process",
    errno.ENFILE: "too many files are open on this machine",
    errno.EIO: "the disk reports an input/output error",
    errno.ESTALE: "the network file system lost the file",
    errno.ETIMEDOUT: "the network file system does not answer",
    errno.EAGAIN: "the file system is busy",
    errno.EFBIG: "the file is larger than the file system or a limit allows",
}


class Files:
    """Objects as files below one folder. Writes are staged and moved into place, so a reader never sees half."""

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")  # nothing, for the whole disk

    def get(self, key: str) -> bytes:
        """Read a whole file."""
        path = self._path(key)
        with _translated("read", path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - opened above, to keep it cheap
                return file.read()

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write a file, replacing what is there in one step."""
        del content_type  # a file system keeps none
        path = self._path(key)
        with _translated("write", path), _staged(path) as staged:
            _write(staged, data)
            os.replace(staged, path)  # noqa: PTH105

    def create(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write a file unless there is one, in one step: linking fails when the name exists."""
        del content_type
        path = self._path(key)
        with _translated("write", path), _staged(path) as staged:
            _write(staged, data)
            os.link(staged, path)

    def head(self, key: str) -> Meta | None:
        """Look at a file; None when there is none."""
        path = self._path(key)
        try:
            with _translated("look at", path):
                stat = os.stat(path)  # noqa: PTH116
        except ObjectNotFound:
            return None
        if not os.path.isfile(path):  # noqa: PTH113
            return None
        # The inode is in it because every write makes a new file, even two within one tick of the clock.
        etag = f"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}"
        return Meta(stat.st_size, etag, datetime.fromtimestamp(stat.st_mtime, UTC))

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a folder, sorted."""
        top = self._path(prefix)
        keys: list[str] = []
        with _translated("list", top):
            for folder, _, names in os.walk(top, onerror=_raise_unless_missing):
                shown = os.path.relpath(folder, self._root or "/")
                base = "" if shown == "." else f"{shown}/"
                keys.extend(base + name for name in names if not _is_staged(name))
        return iter(sorted(keys))

    def delete(self, key: str) -> None:
        """Remove a file; nothing happens when there is none."""
        path = self._path(key)
        with suppress(ObjectNotFound), _translated("delete", path):
            os.unlink(path)  # noqa: PTH108

    def download_to(self, key: str, path: Path) -> None:
        """Copy an object to a file of the caller's, in one step."""
        source = self._path(key)
        with _translated("read", source):
            if not os.path.isfile(source):  # noqa: PTH113
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), source)
        target = str(path)
        with _translated("write", target), _staged(target) as staged:
            shutil.copyfile(source, staged)
            os.replace(staged, target)  # noqa: PTH105

    def upload_from(self, key: str, path: Path) -> None:
        """Copy a file of the caller's into the store, in one step."""
        target = self._path(key)
        os.stat(path)  # noqa: PTH116 - a missing file is the caller's mistake, not the store's
        with _translated("write", target), _staged(target) as staged:
            _write(staged, b"")
            shutil.copyfile(path, staged)
            os.replace(staged, target)  # noqa: PTH105

    def sign(self, key: str, method: str, expires: timedelta) -> str | None:
        """Files have no signed URLs."""
        del key, method, expires
        return None

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"


def _is_staged(name: str) -> bool:
    return name.startswith(_STAGED[0]) and name.endswith(_STAGED[1])


@contextmanager
def _staged(path: str) -> Iterator[str]:
    """A name beside ``path`` to write to first; whatever is left there afterwards is removed."""
    folder = os.path.dirname(path)  # noqa: PTH120
    staged = f"{folder}/{_STAGED[0]}{os.getpid()}-{next(_COUNTER)}{_STAGED[1]}"
    try:
        yield staged
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(staged)  # noqa: PTH108


def _write(path: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        descriptor = os.open(path, flags, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def _raise_unless_missing(error: OSError) -> None:
    if error.errno not in _MISSING:
        raise error


@contextmanager
def _translated(verb: str, path: str) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise ObjectExists(f"{path} exists already") from error
    except OSError as error:
        raise _translate(error, verb, path) from error


def _translate(error: OSError, verb: str, path: str) -> StoreError:
    code = error.errno or 0
    if code in _MISSING and verb != "write":
        return ObjectNotFound(f"{path} does not exist")
    if code in _REFUSED:
        return StoreError(f"may not {verb} {path}: {error.strerror}; check who owns the folder and its permissions")
    if code == errno.ENAMETOOLONG:
        return InvalidKey(f"cannot {verb} {path}: a part of the name is longer than the file system allows")
    if code in _TRANSIENT:
        return StoreUnavailable(f"cannot {verb} {path}: {_TRANSIENT[code]}")
    return StoreError(f"cannot {verb} {path}: {error.strerror or error}")
