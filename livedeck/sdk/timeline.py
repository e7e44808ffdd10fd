"""How long the parts of an attempt took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Span:
    """A part of an attempt, in seconds since that began."""

    name: str
    start: float
    end: float


class Timeline:
    """The parts of one attempt, in the order in which they ended."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.spans: list[Span] = []

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Measure what happens inside, also if it fails."""
        start = time.monotonic()
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)
            self.spans.append(Span(name, start - self._began, time.monotonic() - self._began))

    def to_html(self) -> str:
        """Return a bar for each part on a common scale."""
        total = max((span.end for span in self.spans), default=0.0) or 1.0
        return f"<table>{''.join(_row(span, total) for span in self.spans)}</table>"


_CURRENT: ContextVar[Timeline | None] = ContextVar("livedeck_timeline", default=None)


@contextmanager
def timeit(name: str = "") -> Iterator[None]:
    """Measure a part of a task for the tab *Timeline*; as a decorator, each call of a function. Under flytekit's name.

    Args:
        name: what the part is called there.
    """
    timeline = _CURRENT.get()
    with timeline.span(name) if timeline is not None else nullcontext():
        yield


def _row(span: Span, total: float) -> str:
    from livedeck.deck.numerals import format_duration

    left, width = 100 * span.start / total, 100 * (span.end - span.start) / total
    bar = (
        f'<div style="margin-left:{left:.2f}%;width:max(2px,{width:.2f}%);'
        'height:.8em;border-radius:2px;background:#7652a2"></div>'
    )
    return (
        f'<tr><td>{escape(span.name)}</td><td style="text-align:right">{format_duration(span.end - span.start)}</td>'
        f'<td style="width:70%">{bar}</td></tr>'
    )
