"""Whether a process that SIGKILL ended was ended by the kernel because memory ran out.

A process cannot ask that of another's end: SIGKILL looks the same whoever sent it. What Linux tells without
privileges is a counter of the processes that it killed for want of memory: one for each control group
(``memory.events`` in version 2, ``memory.oom_control`` in version 1), which attempts share with the zygote that they
are forked from; where there is none (the root group of version 2), that of the whole machine (``/proc/vmstat``).

A counter says how many were killed and not which. So each kill accounts for the end of one attempt, and only for one
that began before it. What remains open: a helper that an attempt started was killed for want of memory, and later
somebody sends SIGKILL to an attempt that ran then.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
VMSTAT = Path("/proc/vmstat")

_ENOUGH = 1 << 16
"""Bytes that are read of a counter's file: ``/proc/vmstat`` has about 5,000."""


class MemoryKills:
    """Follows the counter that this process and its children are counted by.

    Args:
        files: where to look for the counter, the most specific first.
    """

    def __init__(self, files: Iterator[Path] | None = None) -> None:
        self._fd: int | None = None
        self._accounted = 0
        """How far the counter is explained by ends that were put down to it."""
        for file in counter_files() if files is None else files:
            with contextlib.suppress(OSError):
                self._fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
                if self.count() is not None:
                    return
                self.close()

    def count(self) -> int | None:
        """Return how many were killed so far; None where the kernel does not tell."""
        if self._fd is None:
            return None
        try:
            data = os.pread(self._fd, _ENOUGH, 0)
        except OSError:  # the control group is gone
            return None
        found = b"\n" + data
        start = found.find(b"\noom_kill ")
        if start < 0:
            return None
        return int(found[start + len(b"\noom_kill ") :].split(b"\n", 1)[0])

    def explains(self, since: int | None) -> bool | None:
        """Tell whether a kill that is not accounted for came after ``since``, and put it down to the caller.

        Args:
            since: ``count()`` when the process that was killed began.

        Returns:
            None where the kernel does not tell.
        """
        now = self.count()
        if now is None or since is None:
            return None
        explained = max(since, self._accounted)
        if now <= explained:
            return False
        self._accounted = explained + 1
        return True

    def close(self) -> None:
        """Let go of the counter."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def counter_files(groups: Path = GROUPS, own: Path = OWN_GROUPS, vmstat: Path = VMSTAT) -> Iterator[Path]:
    """Yield the files that may hold the counter, the most specific first.

    A container sees its own group at the root of the hierarchy, while ``/proc/self/cgroup`` may name it by its path on
    the host.
    """
    for line in _lines(own):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield groups / path.strip("/") / "memory.events"
            yield groups / "memory.events"
        elif "memory" in controllers.split(","):
            yield groups / "memory" / path.strip("/") / "memory.oom_control"
            yield groups / "memory" / "memory.oom_control"
    yield vmstat


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text().splitlines() if line.count(":") >= 2]
    except OSError:  # no Linux
        return []
