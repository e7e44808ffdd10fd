"""Counters and histograms of this process, as plain numbers in memory.

A part defines its own beside its code, as module constants, and reports to them: an addition under a lock, about half a
microsecond. Whoever shows them (``livedeck.admin.operations``) finds them with `reported`. A label is a name from a set
that the code bounds (an operation, a phase, a kind of error), never a value of a user's.
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import TracebackType
from typing import Final

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of a histogram's buckets, unless it has its own."""

_reported: list["Counter | Histogram"] = []


def reported() -> Sequence["Counter | Histogram"]:
    """Return all counters and histograms that this process has defined."""
    return tuple(_reported)


@dataclass(frozen=True)
class Observed:
    """What one combination of labels of a histogram has counted."""

    buckets: Sequence[int]
    """How many observations were at most each upper bound; the last one: how many there were."""
    total: float
    """Their sum, in seconds."""


class Counter:
    """Counts what has happened since the process began.

    Args:
        name: Its name for Prometheus, without ``_total``.
        text: What it counts.
        labels: Names of its labels.
    """

    def __init__(self, name: str, text: str, labels: Sequence[str] = ()) -> None:
        self.name = name
        self.text = text
        self.labels = tuple(labels)
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, ...], int] = {} if labels else {(): 0}
        _reported.append(self)

    def add(self, *labels: str, count: int = 1) -> None:
        """Count something.

        Args:
            labels: The value of each label.
            count: How much of it.
        """
        with self._lock:
            self._counts[labels] = self._counts.get(labels, 0) + count

    def value(self, *labels: str) -> int:
        """Return what was counted with these labels."""
        return self._counts.get(labels, 0)

    def values(self) -> Mapping[tuple[str, ...], int]:
        """Return what was counted, by the values of the labels."""
        with self._lock:
            return dict(self._counts)


class Histogram:
    """Counts how long something has taken, by upper bounds.

    Args:
        name: Its name for Prometheus, which ends in ``_seconds``.
        text: What it measures.
        labels: Names of its labels.
        bounds: Upper bounds of its buckets in seconds, ascending.
    """

    def __init__(self, name: str, text: str, labels: Sequence[str] = (), *, bounds: Sequence[float] = SECONDS) -> None:
        self.name = name
        self.text = text
        self.labels = tuple(labels)
        self.bounds = tuple(bounds)
        self._lock = threading.Lock()
        self._series: dict[tuple[str, ...], _Series] = {} if labels else {(): _Series(len(self.bounds))}
        _reported.append(self)

    def observe(self, seconds: float, *labels: str) -> None:
        """Count one observation.

        Args:
            seconds: How long it took.
            labels: The value of each label.
        """
        with self._lock:
            series = self._series.get(labels)
            if series is None:
                series = self._series[labels] = _Series(len(self.bounds))
            series.counts[bisect_left(self.bounds, seconds)] += 1
            series.total += seconds

    def values(self) -> Mapping[tuple[str, ...], Observed]:
        """Return what was observed, by the values of the labels."""
        with self._lock:
            return {
                labels: Observed(tuple(accumulate(series.counts)), series.total)
                for labels, series in self._series.items()
            }

    def count(self, *labels: str) -> int:
        """Return how many observations were made with these labels."""
        series = self._series.get(labels)
        return sum(series.counts) if series is not None else 0


class _Series:
    """The buckets of one combination of labels; the last is for what is above every bound."""

    __slots__ = ("counts", "total")

    def __init__(self, bounds: int) -> None:
        self.counts = [0] * (bounds + 1)
        self.total = 0.0


class Timed:
    """Times a block, and counts the error that leaves it. A context manager; make one for each block.

    Args:
        times: Where the time goes, with one label.
        errors: Where errors go, with two: that label and the error's class.
        label: The label's value.
        expected: Errors that are answers, not failures.
    """

    __slots__ = ("_began", "_errors", "_expected", "_label", "_times")

    def __init__(
        self,
        times: Histogram,
        errors: Counter,
        label: str,
        expected: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._times = times
        self._errors = errors
        self._label = label
        self._expected = expected

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._times.observe(time.perf_counter() - self._began, self._label)
        if kind is not None and issubclass(kind, Exception) and not issubclass(kind, self._expected):
            self._errors.add(self._label, kind.__name__)
