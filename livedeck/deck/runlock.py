"""Whether the process of a local run is still there: it holds a lock on a file in the run's folder until it ends."""

import enum
import errno
import fcntl
import os
import stat
from pathlib import Path
from typing import Final

LOCK: Final = "run.lock"
"""The file, in the folder of a process's local runs."""
_UPWARDS: Final = 12  # folders above a Deck in which it is looked for: nodes may lie deep


class Liveness(enum.Enum):
    """Whether a Deck's process is there."""

    RUNS = "runs"
    GONE = "gone"
    UNKNOWN = "unknown"
    """There is no lock: a Deck of a server's, or one that was copied."""


def hold(folder: Path) -> None:
    """Hold the lock until this process ends, however it does. Forked children do not hold it.

    Raises:
        OSError: The file cannot be made, or its file system has no locks.
    """
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    # A record lock: it is the process's alone, whatever is forked, and is never given back by hand.
    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def liveness(folder: Path) -> Liveness:
    """Tell whether the process that writes a Deck is there, by the folder that the Deck lies in."""
    for above in (folder, *folder.parents[:_UPWARDS]):
        try:
            descriptor = os.open(above / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                continue
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return Liveness.RUNS if error.errno in (errno.EACCES, errno.EAGAIN) else Liveness.UNKNOWN
        finally:
            os.close(descriptor)
        return Liveness.GONE
    return Liveness.UNKNOWN
