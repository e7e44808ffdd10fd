"""Columns as their summaries ask of them, and one of Python's own values."""

import math
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from functools import cached_property
from numbers import Number
from typing import Any, Final, NamedTuple, Protocol, Self

from livedeck.deck import coerce

BINS: Final = 20
"""Parts of a range that values are counted in."""
_MOST_TYPES: Final = 3
"""Types that are named where values are of several."""


class Column(Protocol):
    """A column of a library's. Any of these may raise anything: it is not known then."""

    def type(self) -> str:
        """What it holds, in the library's words."""

    def missing(self) -> int:
        """How many values are missing."""

    def distinct(self) -> int:
        """How many different values there are, missing ones aside."""

    def ends(self) -> tuple[Any, Any] | None:
        """The least and the greatest; None where there are none."""

    def histogram(self) -> list[int] | None:
        """How many values lie in each of equal parts of the range; None of what are no numbers, times or truths."""


class Bins(NamedTuple):
    """Equal parts of a range."""

    start: float
    width: float
    parts: int

    @classmethod
    def between(cls, low: float, high: float, *, whole: bool) -> Self:
        """The parts between two values; of a few whole numbers each is a part."""
        span = high - low
        if not math.isfinite(span):
            raise ValueError(f"from {low} to {high} there are no equal parts")
        if span == 0 or (whole and span < BINS):
            return cls(low, 1.0, int(span) + 1)
        return cls(low, span / BINS, BINS)

    def counted(self, places: Iterable[tuple[float, int]]) -> list[int]:
        """How many values lie in each part, told where they lie and how many there; the greatest is in the last."""
        counts = [0] * self.parts
        for place, count in places:
            counts[min(max(int(place), 0), self.parts - 1)] += count
        return counts


class PlainColumn:
    """A column of Python's values, of any types."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    @cached_property
    def _there(self) -> list[Any]:
        return [value for value in self._values if not _missing(value)]

    def type(self) -> str:
        """The names of the types."""
        names = list(dict.fromkeys(type(value).__name__ for value in self._there))
        return ", ".join(names[:_MOST_TYPES]) + (", …" if len(names) > _MOST_TYPES else "")

    def missing(self) -> int:
        """Those that are None, NaN and the like."""
        return len(self._values) - len(self._there)

    def distinct(self) -> int:
        """Where all can be hashed."""
        return len(set(self._there))

    def ends(self) -> tuple[Any, Any] | None:
        """Where all can be ordered; lists and the like are not."""
        there = self._there
        if not there or any(isinstance(value, Collection) and not isinstance(value, str) for value in there):
            return None
        return min(there), max(there)

    def histogram(self) -> list[int] | None:
        """Of numbers, truths, dates and durations."""
        there = self._there
        if not there or not all(isinstance(value, Number | date | timedelta) for value in there):
            return None
        found = [coerce.position(value) for value in there]
        numbers = [position.x for position in found if position is not None]
        if not numbers:
            return None
        whole = all(isinstance(value, int) for value in there)
        bins = Bins.between(min(numbers), max(numbers), whole=whole)
        return bins.counted(((number - bins.start) / bins.width, 1) for number in numbers)


def _missing(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return False
    return value != value if kind is float else coerce.missing(value)  # noqa: PLR0124 - of NaN
