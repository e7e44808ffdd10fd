"""Time, handed in so that tests can hold it still."""

import time as system
from typing import Protocol


class Clock(Protocol):
    """Where the time is read."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that only grow."""


class SystemClock:
    """The system's clocks, out of reach of what a task may put in the place of ``time.time``, to hold it still."""

    time = staticmethod(system.time)
    monotonic = staticmethod(system.monotonic)
    sleep = staticmethod(system.sleep)


SYSTEM = SystemClock()
