"""What is put on a Deck and then updated: progress bars, values, charts, blocks of text.

A handle only notes what has changed; publishing sends it. None of its methods raises or blocks.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from livedeck.deck import coerce
from livedeck.deck.bounds import LINES
from livedeck.deck.ops import Chart, Element, Markdown, Progress, Series, Value

_KINDS = 8
"""How many kinds of things that cannot be drawn a chart tells apart."""


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
        self._zone: str | None = None
        self._placed = False
        """Whether a point has been placed, and with it said whether x is a number or a time."""
        self._words: dict[str, str] = {}
        """Words for what could not be drawn, by the kind of it: with the value that was the first such."""

    def append(self, x: Any, values: Mapping[str, Any] | None = None, /, **series: Any) -> None:
        """Append one point to each named series, or many when ``x`` and the values are sequences.

        ``chart.append(epoch, train=0.31, test=0.35)``; names that are not identifiers go in a mapping:
        ``chart.append(epoch, {"top-5": 0.9})``. ``x`` may be numbers, dates or times. None and NaN leave a gap; what
        else is no finite number is said on the chart.
        """
        named = {**coerce.named(values), **series} if values is not None else series
        notes: dict[str, int] = {}
        xs = coerce.column(x)
        if xs is None:
            lines = self._point(x, named, notes)
        else:
            places = [self._place(each, notes) for each in xs]
            lines = [self._line(coerce.text(name), places, y, notes) for name, y in named.items()]
            lines = [line for line in lines if line.x]
        if not self._lines.issuperset(line.name for line in lines):
            lines = self._with_room(lines)
        if lines or notes:
            head = self._head
            labels = head.x_label, head.y_label
            self._sink.extend_element(Chart(head.id, head.title, lines, *labels, head.log_y, self._zone, notes))

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

    def _point(self, x: Any, named: Mapping[str, Any], notes: dict[str, int]) -> list[Series]:
        place = self._place(x, notes)
        if place is None:
            return []
        lines = []
        for name, y in named.items():
            height = coerce.number(y)
            words = coerce.text(name)
            lines.append(Series(words, [place], [self._height(words, y, notes) if height is None else height]))
        return lines

    def _line(self, name: str, places: list[float | None], y: Any, notes: dict[str, int]) -> Series:
        ys = coerce.column(y, most=len(places) + 1)
        if ys is None:
            self._note(notes, "shape", f"x has {len(places):,} values, and {name} is {coerce.shown(y)}", len(places))
            return Series(name, [], [])
        if len(ys) != len(places):
            more = "more" if len(ys) > len(places) else f"{len(ys):,}"
            self._note(
                notes,
                f"length of {name}",
                f"x has {len(places):,} values, and {name} has {more}",
                abs(len(ys) - len(places)),
            )
        pairs = [(at, each) for at, each in zip(places, ys, strict=False) if at is not None]
        return Series(name, [at for at, _ in pairs], [self._height(name, each, notes) for _, each in pairs])

    def _place(self, x: Any, notes: dict[str, int]) -> float | None:
        """Where a point stands; None, with a note, where there is no place for it."""
        if self._zone is None and self._placed and (type(x) is int or type(x) is float):  # one more number, mostly
            number = coerce.number(x)
            if number is not None:
                return number
        found = coerce.place(x)
        if found is None:
            self._note(notes, "place", f"x is no number, date or time: {coerce.shown(x)}")
            return None
        if found.zone != self._zone or not self._placed:
            with self._sink.lock:
                if not self._placed:
                    self._placed, self._zone = True, found.zone
            if found.zone != self._zone:
                kinds = {None: "a number", "": "a time without a zone"}
                one, other = (kinds.get(zone, "a time with a zone") for zone in (found.zone, self._zone))
                self._note(notes, f"kind {found.zone}", f"x is {one}, not {other} as before: {coerce.shown(x)}")
                return None
        return found.x

    def _height(self, name: str, y: Any, notes: dict[str, int]) -> float | None:
        found = coerce.number(y)
        if found is None and not coerce.missing(y):
            self._note(notes, f"height of {name}", f"{name} is no finite number: {coerce.shown(y)}")
        return found

    def _note(self, notes: dict[str, int], kind: str, words: str, count: int = 1) -> None:
        """Note what cannot be drawn; of many of a kind, only the first is shown, and all are counted."""
        with self._sink.lock:
            if kind not in self._words and len(self._words) >= _KINDS:
                kind, words = "rest", "other values are no numbers"
            known = self._words.setdefault(kind, words)
        notes[known] = notes.get(known, 0) + count
