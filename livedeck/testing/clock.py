"""A clock that moves only when told to."""


class FakeClock:
    """Stands in for the module ``time`` wherever livedeck takes a clock.

    Args:
        start: Seconds since the epoch; by default noon on 24 November 2026, UTC.
    """

    def __init__(self, start: float = 1_795_521_600.0) -> None:
        self._wall = start
        self._monotonic = 1000.0

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._wall

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        self._wall += seconds
        self._monotonic += seconds
