"""A server's data folder: made when it is missing, and one server's at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from livedeck.errors import DataDirTaken, NotWritable

LOCK = "server.lock"


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
        os.ftruncate(fd, 0)
        os.write(fd, b"%d" % os.getpid())
        yield
    finally:
        os.close(fd)


def _not_writable(folder: Path, error: OSError, what: str) -> NotWritable:
    return NotWritable(
        f"cannot {what} the folder {folder} (--data-dir): {error.strerror}; choose another one, "
        "or change the owner or permissions of the folder above it"
    )
