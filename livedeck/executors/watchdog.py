"""The watchdog of a server's attempts: until when they may run without hearing from it.

Where several servers share a database, another takes over what a server drives that is silent for too long, and
nobody else reaches the attempts, which are processes of the silent one's machine. So each time that a server has
renewed its leases it writes into a file of its working directory until when they stand for certain, and each keeper of
attempts ends what it keeps before that time, whether or not the server lives by then, and starts nothing after it.
Without the file, or with infinity in it, attempts run for ever: no other server takes over.

The clock counts since the machine's boot, is shared by server and keepers, never jumps, and goes on while the machine
sleeps. The file is overwritten in place: that needs no room on a disk that is full.
"""

import math
import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NAME: Final = "watchdog"
CHECK: Final = 1.0
"""Seconds between two looks of a keeper at a limit: timers stand still while the machine sleeps, the clock does not."""
REASON: Final = "its server had not renewed its leases for so long that another one may take over"

_FORMAT: Final = struct.Struct("<dd")
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> float:
    """Return the time on the watchdog's clock, in seconds."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True)
class Limit:
    """Until when attempts may run, in seconds of the watchdog's clock."""

    until: float = math.inf
    """When the last of them is to be gone."""
    grace: float = 0.0
    """Seconds before that at which they are asked to end."""

    @property
    def unlimited(self) -> bool:
        """Whether they may run for ever."""
        return self.until == math.inf

    @property
    def reached(self) -> bool:
        """Whether they have to end now, and none may be started."""
        return now() >= self.until - self.grace

    @property
    def left(self) -> float:
        """Seconds until they are to be gone; 0: they are to be gone already."""
        return max(0.0, self.until - now())


class Watchdog:
    """The limit of one working directory, on disk.

    Args:
        work_dir: the executor's.
    """

    def __init__(self, work_dir: Path | str) -> None:
        self._path = f"{work_dir}/{NAME}"

    def write(self, limit: Limit) -> None:
        """Set the limit.

        Raises:
            OSError: it cannot be written.
        """
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(fd, _FORMAT.pack(limit.until, limit.grace), 0)
        finally:
            os.close(fd)

    def read(self) -> Limit:
        """Return the limit as it stands."""
        try:
            with open(self._path, "rb", buffering=0) as file:
                data = file.read(_FORMAT.size)
        except FileNotFoundError:
            return Limit()
        return Limit(*_FORMAT.unpack(data)) if len(data) == _FORMAT.size else Limit()
