"""What storing a result needs of the process, and what a task may have used up or changed by then.

The process is the task's own: it may open files until there is no descriptor left, lower its limits, close what it did
not open, and lose itself in recursion. None of that is the store's fault, and none of it may cost the task its result.
"""

import os
import resource
import signal
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

_DESCRIPTORS = 24
"""Held back from the task: a connection or a file for what is stored, and those of a client's threads."""
_LIMITS = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_AS, resource.RLIMIT_DATA)
"""Soft limits that storing runs into."""
_STANDARD_STREAMS = range(3)


@dataclass
class ProcessState:
    """How the process was before the task's module was loaded; kept once, and given back when the function is over."""

    descriptors: list[int]
    limits: Mapping[int, int]
    recursion: int
    path: Sequence[str]
    alarmless: bool
    """Whether no alarm was set."""
    closed: bool = False
    """Whether the task has closed what it had not opened, which may be what clients of clouds wait for."""

    @classmethod
    def keep(cls) -> Self:
        """Keep the present state, and hold some descriptors back. It takes some 20 microseconds."""
        held = [os.open(os.devnull, os.O_RDONLY)]
        with suppress(OSError):  # so few are allowed
            held += [os.dup(held[0]) for _ in range(_DESCRIPTORS - 1)]
        limits = {limit: resource.getrlimit(limit)[0] for limit in _LIMITS}
        alarmless = signal.getitimer(signal.ITIMER_REAL)[0] == 0
        return cls(held, limits, sys.getrecursionlimit(), tuple(sys.path), alarmless)

    def restore(self) -> None:
        """Give back what the task has taken; a second call does what the first did not."""
        if self.alarmless:  # one that the task has not stopped would go off in the middle of storing
            signal.setitimer(signal.ITIMER_REAL, 0)
        while self.descriptors:
            self.closed |= not _closed_null(self.descriptors.pop())
        for limit, soft in self.limits.items():
            now, hard = resource.getrlimit(limit)
            if _less(now, soft):
                resource.setrlimit(limit, (hard if _less(hard, soft) else soft, hard))
        if sys.getrecursionlimit() < self.recursion:
            sys.setrecursionlimit(self.recursion)
        sys.path += [folder for folder in self.path if folder not in sys.path]
        _open_standard_streams()


def _closed_null(descriptor: int) -> bool:
    """Close a descriptor of the null device; False if it is none any more, but perhaps one of something else."""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISCHR(status.st_mode) or status.st_rdev != os.stat(os.devnull).st_rdev:
            return False
        os.close(descriptor)
    except OSError:
        return False
    return True


def _less(limit: int, other: int) -> bool:
    return limit != resource.RLIM_INFINITY and (other == resource.RLIM_INFINITY or limit < other)


def _open_standard_streams() -> None:
    """Fill the places of those that are closed: what is opened next would come there, and be printed into."""
    for descriptor in _STANDARD_STREAMS:
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
