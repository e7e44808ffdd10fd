"""A store on the local disk, in plain system calls.

obstore has a local store too. This one is written out because a task's process must be able to fork at any
time (a runtime's threads do not survive that), because every attempt is a process of its own and starting a
runtime in each costs more than all its reads and writes, and because an ``errno`` says better what went wrong.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from livedeck.errors import (
    BucketNotFound,
    InvalidKey,
    ObjectExists,
    ObjectNotFound,
    StoreError,
    StoreFull,
    StoreUnavailable,
    UnreadableObject,
)
from livedeck.store.backend import Meta, SignedUrl, too_large
from livedeck.store.staged import is_staged, staged_beside

_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}
_NO_FILE = {errno.ENXIO, errno.ENODEV, errno.EOPNOTSUPP}  # a socket, a device that is not there
_PIECE = 1024 * 1024
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than the file system or a limit allows",
}
_TRANSIENT = {
    errno.EMFILE: "too many files are open in this process",
    errno.ENFILE: "too many files are open on this machine",
    errno.EIO: "the disk reports an input/output error",
    errno.ESTALE: "the network file system lost the file",
    errno.ETIMEDOUT: "the network file system does not answer",
    errno.EAGAIN: "the file system is busy",
}


class FileBackend:
    """Objects as files below one folder. Writes are staged and moved into place, so a reader never sees half."""

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")  # nothing, for the whole disk
        self._real_root: str | None = None
        self._was_there = False  # an object has been read or written

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Read a whole file, unless it has more than ``limit`` bytes."""
        path = self._path(key)
        with self._looking("read", path), self._opened(path) as (descriptor, size):
            if limit is not None and size > limit:
                raise too_large(path, size, limit)
            return _read(descriptor, size)

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read some of a file's bytes."""
        path = self._path(key)
        with self._looking("read", path), self._opened(path) as (descriptor, size):
            os.lseek(descriptor, start, os.SEEK_SET)
            return _read(descriptor, max(0, min(length, size - start)))

    def open(self, key: str) -> int:
        """Open a file for reading; the caller closes the descriptor."""
        path = self._path(key)
        with self._looking("read", path):
            return self._open(path)[0]

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write a file, replacing what is there in one step."""
        del content_type  # a file system keeps none
        path = self._path(key)
        with _translated("write", path), staged_beside(path) as staged:
            _write(staged, data)
            os.replace(staged, path)
        self._was_there = True

    def create(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write a file unless there is one, in one step: linking fails when the name exists."""
        del content_type
        path = self._path(key)
        with _translated("write", path), staged_beside(path) as staged:
            _write(staged, data)
            try:
                os.link(staged, path)
            except FileExistsError as error:
                raise ObjectExists(f"{path} exists already") from error

    def head(self, key: str) -> Meta | None:
        """Look at a file; None when there is none."""
        path = self._path(key)
        try:
            with self._looking("look at", path):
                stat = os.stat(path)
        except ObjectNotFound:
            return None
        if not S_ISREG(stat.st_mode):
            return None
        # The inode is in it because every write makes a new file, even two within one tick of the clock.
        etag = f"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}"
        return Meta(stat.st_size, etag, datetime.fromtimestamp(stat.st_mtime, UTC))

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a folder, sorted."""
        top = self._path(prefix)
        keys: list[str] = []
        self._look_below(prefix, top)
        with _translated("list", top):
            for folder, _, names in os.walk(top, onerror=_raise_unless_missing):
                shown = os.path.relpath(folder, self._root or "/")
                base = "" if shown == "." else f"{shown}/"
                keys.extend(base + name for name in names if not is_staged(name))
        return iter(sorted(keys))

    def size_below(self, prefix: str) -> int:
        """Return the bytes of the files in a folder, links left out."""
        top = self._path(prefix)
        size = 0
        self._look_below(prefix, top)
        with _translated("list", top):
            for folder, _, names in os.walk(top, onerror=_raise_unless_missing):
                for name in names:
                    with suppress(FileNotFoundError):
                        stat = os.lstat(os.path.join(folder, name))
                        size += stat.st_size if S_ISREG(stat.st_mode) else 0
        return size

    def delete(self, key: str) -> None:
        """Remove a file; nothing happens when there is none."""
        path = self._path(key)
        with suppress(ObjectNotFound), self._looking("delete", path):
            os.unlink(path)

    def delete_below(self, prefix: str) -> None:
        """Remove a folder and all that is in it, links but not what they lead to."""
        top = self._path(prefix)
        with suppress(ObjectNotFound), self._looking("delete", top):
            os.lstat(top)
            if os.path.islink(top):
                os.unlink(top)
            else:
                _remove_tree(top)

    def download_to(self, key: str, path: Path) -> None:
        """Copy an object to a file of the caller's, in one step."""
        source, target = self._path(key), str(path)
        with self._looking("read", source):
            descriptor, _ = self._open(source)
        with (
            open(descriptor, "rb") as file,
            _translated("write", target),
            staged_beside(target) as staged,
            open(staged, "xb") as copy,
        ):
            shutil.copyfileobj(file, copy, _PIECE)
            copy.flush()
            os.replace(staged, target)

    def upload_from(self, key: str, path: Path) -> None:
        """Copy a file of the caller's into the store, in one step."""
        target = self._path(key)
        os.stat(path)  # a missing file is the caller's mistake, not the store's
        with _translated("write", target), staged_beside(target) as staged:
            _write(staged, b"")
            shutil.copyfile(path, staged)
            os.replace(staged, target)

    def sign(self, key: str, method: str, expires: timedelta) -> SignedUrl | None:
        """Files have no signed URLs."""
        del key, method, expires
        return None

    @contextmanager
    def _looking(self, verb: str, path: str) -> Iterator[None]:
        """Tell an object that is not there from a store that is away: what it holds would count as lost."""
        try:
            with _translated(verb, path):
                yield
        except ObjectNotFound as error:
            if self._is_away():
                raise BucketNotFound(f"cannot {verb} {path}: the store's folder {self._root} is not there") from error
            raise

    def _look_below(self, prefix: str, top: str) -> None:
        """Refuse to find nothing below a folder of a store that is away. A file as a store has no folders."""
        if prefix or not os.path.isfile(self._root):
            with suppress(ObjectNotFound), self._looking("list", top):
                os.stat(top)

    def _is_away(self) -> bool:
        """Whether something else is where the folder, or one above it, has to be, or nothing where it has been.

        A folder that was never there is no such thing: it is made with the first object in it.
        """
        folder = self._root
        while folder and not os.path.exists(folder):
            if self._was_there:
                return True
            folder = os.path.dirname(folder).rstrip("/")
        return bool(folder) and not os.path.isdir(folder)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    @contextmanager
    def _opened(self, path: str) -> Iterator[tuple[int, int]]:
        descriptor, size = self._open(path)
        try:
            yield descriptor, size
        finally:
            os.close(descriptor)

    def _open(self, path: str) -> tuple[int, int]:
        """Open a regular file below the root for reading; return its descriptor and size.

        Tasks write to the same folders and may leave anything there. Opening or reading a pipe or a device can block
        for ever, hence ``O_NONBLOCK``, which changes nothing for regular files. What was opened is looked at, not the
        name, which may be something else a moment later.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            if error.errno in _NO_FILE:
                raise UnreadableObject(f"{path} is not a regular file") from error
            if error.errno == errno.ENOENT and os.path.islink(path):
                raise UnreadableObject(f"{path} is a link that leads nowhere") from error
            raise
        try:
            size = _regular_size(descriptor, path)
            self._check_below_root(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        self._was_there = True
        return descriptor, size

    def _check_below_root(self, descriptor: int, path: str) -> None:
        """Refuse what a link has led out of the store: whoever may read the store may not read the whole machine."""
        if not self._root:
            return
        if self._real_root is None:
            self._real_root = os.path.realpath(self._root) + "/"
        try:
            real = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:  # no Linux
            real = os.path.realpath(path)
        if not real.startswith(self._real_root):
            raise UnreadableObject(f"{path} is a link that leads out of the store: to {real}")


def _remove_tree(top: str) -> None:
    """Remove a folder with all in it, also while others remove parts of it or rename files in it."""
    while os.path.lexists(top):
        with suppress(FileNotFoundError):  # something in it was gone by itself: look at the rest again
            shutil.rmtree(top)


def _write(path: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = os.open(path, flags, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def _regular_size(descriptor: int, path: str) -> int:
    stat = os.fstat(descriptor)
    if S_ISDIR(stat.st_mode):
        raise UnreadableObject(f"{path} is a folder, not a file")
    if not S_ISREG(stat.st_mode):
        raise UnreadableObject(f"{path} is not a regular file")
    return stat.st_size


def _read(descriptor: int, size: int) -> bytes:
    """Read ``size`` bytes, fewer where the file ends: one that grows meanwhile would not end otherwise."""
    data = os.read(descriptor, size)
    if len(data) == size:
        return data
    pieces = [data]
    left = size - len(data)
    while left and (data := os.read(descriptor, left)):
        pieces.append(data)
        left -= len(data)
    return b"".join(pieces)


def _raise_unless_missing(error: OSError) -> None:
    if error.errno not in _MISSING:
        raise error


@contextmanager
def _translated(verb: str, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ELOOP and verb != "write":
            raise UnreadableObject(f"{path} is a link that leads in a circle") from error
        raise _translate(error, verb, path) from error


def _translate(error: OSError, verb: str, path: str) -> StoreError:
    code = error.errno or 0
    if code in _MISSING and verb != "write":
        return ObjectNotFound(f"{path} does not exist")
    if code in _REFUSED:
        return StoreError(f"may not {verb} {path}: {error.strerror}; check who owns the folder and its permissions")
    if code == errno.ENAMETOOLONG:
        return InvalidKey(f"cannot {verb} {path}: a part of the name is longer than the file system allows")
    if code in _FULL:
        return StoreFull(f"cannot {verb} {path}: {_FULL[code]}")
    if code in _TRANSIENT:
        return StoreUnavailable(f"cannot {verb} {path}: {_TRANSIENT[code]}")
    return StoreError(f"cannot {verb} {path}: {error.strerror or error}")
