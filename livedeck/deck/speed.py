"""How fast something goes, and how long it took: what a progress bar says besides how far it is."""

import time
from collections.abc import Callable
from typing import Final

_APART: Final = 0.5
"""Seconds from one measurement to the next: in between the clock is read, and nothing else is done."""
_NEWEST: Final = 0.2
"""What the newest measurement counts for beside those before it."""


class Stopwatch:
    """Measures how fast a number grows: a moving average, in which each measurement counts for as long as it took.

    Args:
        clock: Tells seconds.
    """

    __slots__ = ("_at", "_began", "_clock", "_gained", "_took", "_value", "rate")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.begin(0)

    def begin(self, value: float) -> None:
        """Measure from now on, and from this number on."""
        self._began = self._at = self._clock()
        self._value = value
        self._gained = self._took = 0.0
        self.rate: float | None = None
        """How much is gained in a second, to three digits; None while that is not known, and where nothing is."""

    def note(self, value: float) -> None:
        """Note the number as it is now. One that has become less is where it begins anew."""
        now = self._clock()
        took = now - self._at
        if value < self._value:
            self.begin(value)
        elif took >= _APART:
            newest = _NEWEST if self._took else 1.0
            self._gained += newest * (value - self._value - self._gained)
            self._took += newest * (took - self._took)
            self._at, self._value = now, value
            rate = rounded(self._gained / self._took)
            self.rate = rate if rate > 0 else None  # also where the numbers are so large that it is none

    @property
    def seconds(self) -> float:
        """Seconds since it began, to a tenth; 0 for what took no time worth speaking of."""
        took = self._clock() - self._began
        return round(took, 1) if took >= _APART else 0.0


def rounded(rate: float) -> float:
    """A rate to three digits: more are noise, and take room in each update."""
    return float(f"{rate:.3g}")
