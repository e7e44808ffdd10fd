"""A server's data folder: made when it is missing, and one server's at a time."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from livedeck.errors import DataDirTaken, NotWritable

LOCK = "server.lock"

_OTHER_WAYS = {
    errno.ENOSPC: "free some space on its disk",
    errno.EDQUOT: "free some of the quota on its disk",
    errno.EROFS: "mount its disk so that it can be written to",
}
"""What else to do about it than to choose another folder."""


def make(folder: Path) -> None:
    """Make the folder; one that did not exist says to git and to code bundles that nothing in it is code.

    Raises:
        NotWritable: it cannot be made.
    """
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / ".gitignore").write_text("*\n")
    except OSError as error:
        raise _not_writable(folder, error, "make") from error


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other servers out while the block runs. The kernel ends that with this process, however it ends.

    Raises:
        DataDirTaken: one is in.
        NotWritable: the folder cannot be written to.
    """
    try:
        fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_writable(folder, error, "write to") from error
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.read(fd, 20).decode() or "unknown"
            raise DataDirTaken(
                f"another server (process {other}) runs on the folder {folder} (--data-dir); stop it, or choose another"
            ) from None
        try:
            os.ftruncate(fd, 0)
            os.write(fd, b"%d" % os.getpid())
        except OSError as error:
            raise _not_writable(folder, error, "write to") from error
        yield
    finally:
        os.close(fd)


def _not_writable(folder: Path, error: OSError, what: str) -> NotWritable:
    other_way = _OTHER_WAYS.get(error.errno or 0, "change the owner or permissions of the folder above it")
    return NotWritable(
        f"cannot {what} the folder {folder} (--data-dir): {error.strerror}; choose another one, or {other_way}"
    )
