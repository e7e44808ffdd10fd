"""The priority of a process that computes for long beside a server."""

import contextlib
import os
from pathlib import Path
from typing import Final

NICENESS: Final = 5
_AUTOGROUP: Final = Path("/proc/self/autogroup")


def give_way() -> None:
    """Let every other process go first, those of other sessions too; this one becomes a session of its own.

    Where Linux groups processes by session (``sched_autogroup``), ``nice`` counts within a session only: the server's
    would then have to share its part of the cores with this process, and tasks, which are sessions of their own, would
    get no more than an equal part.
    """
    os.nice(NICENESS)
    with contextlib.suppress(OSError):  # it leads a session already, or may not
        os.setsid()
    with contextlib.suppress(OSError):
        _AUTOGROUP.write_text(str(NICENESS))
