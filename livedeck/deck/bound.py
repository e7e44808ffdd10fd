"""Which page is that of the task that runs here. A page is made when it is asked for: nothing of it is loaded here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livedeck.deck.page import Page

PageSource = Callable[[], "Page"]
"""Gives the page of an attempt, the same each time."""

_CURRENT: ContextVar[PageSource | None] = ContextVar("livedeck_page", default=None)
_LATEST: list[PageSource] = []


def bound_source() -> PageSource | None:
    """What gives the page of the task that runs here; None outside of any task."""
    source = _CURRENT.get()
    if source is None and _LATEST:
        return _LATEST[-1]  # a thread that a task starts does not inherit its context: the task bound last is meant
    return source


@contextmanager
def bound(source: PageSource) -> Iterator[None]:
    """Make the page that ``source`` gives the current one meanwhile."""
    token = _CURRENT.set(source)
    _LATEST.append(source)
    try:
        yield
    finally:
        _LATEST.remove(source)
        _CURRENT.reset(token)
