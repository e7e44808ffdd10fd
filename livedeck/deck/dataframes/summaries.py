"""The summary of a column: its type, what is missing, what is distinct, the least and greatest value, a histogram.

What cannot be computed, such as the least of values that have no order, is left out.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeVar

from livedeck.deck import coerce
from livedeck.deck.dataframes.columns import Column
from livedeck.deck.dataframes.frames import DataFrame, LookedAt
from livedeck.deck.dataframes.library_columns import column_of
from livedeck.deck.tabular import Cell

MOST_NAME: Final = 60
"""Characters that are shown of a name or type."""
MOST_WORD: Final = 28
"""The same of a value."""

SECONDS: Final = 5.0
"""After so long no more columns are looked at: the task waits meanwhile."""

T = TypeVar("T")


class Summary(NamedTuple):
    """What a column holds. What is not known is None."""

    name: str
    rows: int
    """How many of its values were looked at."""
    type: str
    missing: int | None
    distinct: int | None
    low: Cell
    high: Cell
    histogram: list[int] | None
    """How many values lie in each of equal parts of the range."""


def summaries(frame: DataFrame, most: LookedAt) -> Iterator[Summary]:
    """The summaries of a frame's columns, of as many as there is time for."""
    until = time.monotonic() + SECONDS
    for name, rows, values in frame.columns(most):
        yield _summary(name, rows, column_of(values))
        if time.monotonic() > until:
            return


def _summary(name: str, rows: int, column: Column) -> Summary:
    low, high = _known(column.ends) or (None, None)
    return Summary(
        _short(name),
        rows,
        _short(_known(column.type) or ""),
        _known(column.missing),
        _known(column.distinct),
        _end(low),
        _end(high),
        _known(column.histogram),
    )


def _known(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except Exception:  # noqa: BLE001 - values without order or hash, types that a library cannot do this with
        return None


def _end(value: Any) -> Cell:
    """A value as a cell holds it."""
    if coerce.missing(value):
        return None
    shown = coerce.scalar(value)
    return _short(shown, MOST_WORD) if isinstance(shown, str) else shown


def _short(text: str, most: int = MOST_NAME) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
