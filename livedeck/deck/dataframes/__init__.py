"""Data that is too large for a table: a sample of its rows, a summary of each column. Nothing here raises."""

from typing import Any

from livedeck.deck import tabular, user_code
from livedeck.deck.dataframes.frames import MOST, DataFrame, LookedAt, of_rows, opened, places
from livedeck.deck.dataframes.summaries import Summary, summaries

__all__ = ["DataFrame", "LookedAt", "Summary", "of_rows", "open_frame", "sampled", "summarized"]


def sampled(frame: DataFrame, count: int) -> tabular.Tabular:
    """So many rows of a frame, from all over it."""
    try:
        return tabular.tabular(user_code.call(lambda _: frame.take(places(frame.total, count)), frame.data))
    except Exception:  # noqa: BLE001 - a user's sequence may raise anything
        return tabular.NOTHING


def summarized(frame: DataFrame, most: LookedAt = MOST) -> list[Summary]:
    """The summary of each column of a frame, as far as they are there before the data raises, or takes too long."""
    found: list[Summary] = []
    try:
        user_code.call(lambda _: found.extend(summaries(frame, most)), frame.data)
    except Exception:  # noqa: BLE001 - likewise
        return list(found)
    return found


def open_frame(data: Any) -> DataFrame | None:
    """The rows and columns of data that is there as a whole; None of what is not, such as an iterator."""
    try:
        return user_code.call(opened, data)
    except Exception:  # noqa: BLE001 - likewise
        return None
