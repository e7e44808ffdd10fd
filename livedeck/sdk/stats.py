"""``current_context().stats``: counters and timers under the names of flytekit's, for programs that have them."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_logger = logging.getLogger("livedeck.stats")


class Stats:
    """Logs what it is told at the level DEBUG; there is no server of statistics. A Deck shows numbers live.

    Args:
        prefix: what all names begin with.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def get_stats(self, name: str, tags: Mapping[str, str] | None = None, copy_tags: bool = True) -> "Stats":
        """Return the same with a longer prefix."""
        return Stats(f"{self._prefix}.{name}")

    def incr(self, metric: str, count: float = 1, tags: Mapping[str, str] | None = None, **_: object) -> None:
        """Add to a counter."""
        self._tell("counter", metric, count, tags)

    def decr(self, metric: str, count: float = 1, tags: Mapping[str, str] | None = None, **_: object) -> None:
        """Take from a counter."""
        self._tell("counter", metric, -count, tags)

    def gauge(self, metric: str, value: float, tags: Mapping[str, str] | None = None, **_: object) -> None:
        """Say what a number is now."""
        self._tell("gauge", metric, value, tags)

    def timing(self, metric: str, delta: float, tags: Mapping[str, str] | None = None, **_: object) -> None:
        """Say how long something took, in milliseconds."""
        self._tell("timer", metric, delta, tags)

    @contextmanager
    def timer(self, metric: str, tags: Mapping[str, str] | None = None, **_: object) -> Iterator[None]:
        """Say how long what happens inside takes."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timing(metric, 1000 * (time.perf_counter() - started), tags)

    def _tell(self, kind: str, metric: str, value: float, tags: Mapping[str, str] | None) -> None:
        _logger.debug("%s %s.%s %s %s", kind, self._prefix, metric, value, dict(tags or {}))
