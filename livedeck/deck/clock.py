"""Time, handed in so that tests can hold it still."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the publisher reads the time; the module ``time`` is one."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that only grow."""


SYSTEM: Clock = time
