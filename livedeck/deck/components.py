"""What is put on a Deck and then updated: progress bars, values, charts, blocks of text.

A handle only notes what has changed; publishing sends it. None of its methods raises or blocks.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from livedeck.deck import coerce
from livedeck.deck.bounds import LINES
from livedeck.deck.ops import Chart, Element, Markdown, Progress, Series, Value


class Sink(Protocol):
    """Where handles send their changes: the deck that they are on."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held by a handle from looking at what it knows to sending what it makes of it; reentrant."""

    def put_element(self, element: Element) -> None: ...

    def extend_element(self, element: Element) -> None: ...

    def leave_out(self, what: str) -> None:
        """Say on the deck that something is not shown."""


class HtmlSink(Protocol):
    """Where blocks of HTML send what they are to show: the deck renders it."""

    def put_html(self, id_: str, value: Any) -> None: ...

    def extend_html(self, id_: str, value: Any) -> None: ...


class HtmlBlock:
    """A block of HTML on a deck: raw HTML, and whatever can be rendered as HTML."""

    def __init__(self, sink: HtmlSink, id_: str) -> None:
        self._sink = sink
        self._id = id_

    def update(self, text: Any) -> None:
        """Show another text, frame, figure or image in place of what the block holds."""
        self._sink.put_html(self._id, text)

    def extend(self, text: Any) -> None:
        """Add a text, frame, figure or image to the end of the block; costs what is added, not what is there."""
        self._sink.extend_html(self._id, text)


class MarkdownBlock:
    """A block of CommonMark on a deck."""

    def __init__(self, sink: Sink, id_: str) -> None:
        self._sink = sink
        self._id = id_

    def update(self, text: Any) -> None:
        """Replace the block's text where it stands."""
        self._sink.put_element(Markdown(self._id, coerce.text(text)))

    def extend(self, text: Any) -> None:
        """Add to the end of the block's text; costs what is added, not what is there."""
        self._sink.extend_element(Markdown(self._id, coerce.text(text)))


class ProgressBar:
    """A progress bar on a deck."""

    def __init__(self, sink: Sink, id_: str, label: str, total: float | None, unit: str) -> None:
        self._sink = sink
        self._id = id_
        self._label = label
        self._unit = unit
        self._total = total
        self._value: float = 0

    def update(self, value: Any = None, *, total: Any = None, label: Any = None) -> None:
        """Set how much is done, and if given how much there is to do and what it is called."""
        done = coerce.number(value)
        most = coerce.number(total)
        words = None if label is None else coerce.text(label)
        with self._sink.lock:
            self._value = self._value if done is None else done
            self._total = self._total if total is None else most
            self._label = self._label if words is None else words
            self._put()

    def advance(self, by: Any = 1) -> None:
        """Add to how much is done; several threads may do so."""
        more = coerce.number(by) or 0
        with self._sink.lock:
            self._value += more
            self._put()

    def _put(self) -> None:
        self._sink.put_element(Progress(self._id, self._label, self._value, self._total, self._unit))


class ValueTile:
    """A number or word on a deck, shown large."""

    def __init__(self, sink: Sink, id_: str, label: str, unit: str) -> None:
        self._sink = sink
        self._id = id_
        self._label = label
        self._unit = unit

    def update(self, value: Any, *, unit: Any = None, delta: Any = None) -> None:
        """Show another value, in another unit if one is given.

        ``delta`` is the change since the value before, if that is worth showing.
        """
        change = None if delta is None else coerce.number(delta)
        measure = self._unit = self._unit if unit is None else coerce.text(unit)
        self._sink.put_element(Value(self._id, self._label, coerce.scalar(value), measure, change))


class LineChart:
    """A line chart on a deck."""

    def __init__(self, sink: Sink, head: Chart) -> None:
        self._sink = sink
        self._head = head
        self._lines: set[str] = set()

    def append(self, x: Any, values: Mapping[str, Any] | None = None, /, **series: Any) -> None:
        """Append one point to each named series, or many when ``x`` and the values are sequences.

        ``chart.append(epoch, train=0.31, test=0.35)``; names that are not identifiers go in a mapping:
        ``chart.append(epoch, {"top-5": 0.9})``. What is not a finite number leaves a gap.
        """
        named = {**coerce.named(values), **series} if values is not None else series
        lines = [line for name, y in named.items() if (line := _line(coerce.text(name), x, y)).x]
        if not self._lines.issuperset(line.name for line in lines):
            lines = self._with_room(lines)
        if lines:
            head = self._head
            self._sink.extend_element(
                Chart(head.id, head.title, lines, head.x_label, head.y_label, head.log_y),
            )

    def _with_room(self, lines: list[Series]) -> list[Series]:
        """Those of some lines that the chart has room for."""
        kept = []
        for line in lines:
            if line.name in self._lines or len(self._lines) < LINES:
                self._lines.add(line.name)
                kept.append(line)
        if len(kept) < len(lines):
            self._sink.leave_out(f"lines beyond the first {LINES} of the chart {self._head.title[:100]!r}")
        return kept


def _line(name: str, x: Any, y: Any) -> Series:
    points = list(_points(x, y))
    return Series(name, [x for x, _ in points], [y for _, y in points])


def _points(x: Any, y: Any) -> Iterator[tuple[float, float | None]]:
    """Pairs whose x is a number; a point without a place cannot be shown."""
    xs = coerce.column(x)
    if xs is None:
        place = coerce.number(x)
        if place is not None:
            yield place, coerce.number(y)
        return
    ys = coerce.column(y) or []
    for left, right in zip(xs, ys, strict=False):
        place = coerce.number(left)
        if place is not None:
            yield place, coerce.number(right)
