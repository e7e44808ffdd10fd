"""Locks on folders of this machine that processes use, so that only old and unused ones are removed.

Two kinds: the Decks of local runs, and unpacked code. A process that uses one holds a lock on it, which the kernel lets
go of however the process ends; what is locked is never removed.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_GOING = ".deleting-"
"""Prefix of the name of a folder that is being removed, so that no process finds it any more."""


def hold(folder: str) -> bool:
    """Keep a folder from being removed for as long as this process, or one that it forked, lives.

    Returns:
        False if there is no such folder (any more).
    """
    return lock(folder) is not None  # the descriptor stays open: it is the lock


def lock(folder: str) -> int | None:
    """Keep a folder from being removed for as long as a descriptor is open.

    Returns:
        The descriptor; None if there is no such folder (any more).
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if not _is_still(folder, descriptor):
        os.close(descriptor)
        return None
    os.utime(descriptor)  # a folder's age is counted from its last use
    return descriptor


def unused(parent: Path, older_than: float) -> Iterator[Path]:
    """Yield the folders in ``parent`` that no process uses now or did in the last ``older_than`` seconds."""
    if not parent.is_dir():
        return
    for folder in sorted(parent.iterdir()):
        if folder.is_dir() and not folder.is_symlink() and time.time() - folder.stat().st_mtime > older_than:
            with _taken(folder) as taken:
                if taken:
                    yield folder


def remove(folder: Path) -> bool:
    """Remove a folder unless a process uses it; return whether it is gone."""
    with _taken(folder) as taken:
        if not taken:
            return False
        going = folder.with_name(f"{_GOING}{folder.name}")
        folder.rename(going)
    shutil.rmtree(going)
    return True


def size_of(folder: Path) -> int:
    """Return how many bytes the files in a folder take."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def _taken(folder: Path) -> Iterator[bool]:
    """Lock a folder exclusively; yield False if another process holds it, or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield _is_still(str(folder), descriptor)
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _is_still(folder: str, descriptor: int) -> bool:
    """Whether the name still means the folder that was opened: it may have been removed before it was locked."""
    try:
        return os.path.samestat(os.stat(folder), os.fstat(descriptor))  # noqa: PTH116 - on the way of every attempt
    except FileNotFoundError:
        return False
