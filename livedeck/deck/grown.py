"""One element while it grows: text by pieces, charts by points, without copying what is there already.

Ops and documents are immutable values; between them, in the task's page, in the publisher and in a reader that
follows a log, elements are kept in this form so that appending costs what was appended.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

import msgspec

from livedeck.deck.ops import Chart, Element, Html, Markdown, Progress, Series, Value

POINT_BYTES = 24  # a chart's point in JSON: two numbers of about ten digits and their commas
ELEMENT_BYTES = 64  # what an element weighs besides its texts and points
SERIES_BYTES = 32  # what a line of a chart weighs besides its name and points


class Grown:
    """An element and what was appended to it.

    Args:
        element: What it starts as. Its lists are shared until something is appended.
    """

    __slots__ = ("_head", "_lines", "_owned", "_pieces", "appended", "fixed", "weight")

    def __init__(self, element: Element) -> None:
        self._head = element
        self._pieces: list[str] = []
        self._lines: dict[str, tuple[list[float | None], list[float | None]]] = {}
        self._owned = False  # whether the lists of _lines are ours alone and may be appended to
        self.appended = type(element) is Chart
        """Whether it is the kind of element that grows: a chart, or a text that was added to."""
        self.fixed = _fixed_bytes(element)
        """How many bytes of its weight stay when old data goes: its id, its words, the names of lines."""
        self.weight = self.fixed
        """About how many bytes it takes in a segment."""
        match element:
            case Html(html=text) | Markdown(text=text):
                self._pieces.append(text)
                self.weight += text_bytes(text)
            case Chart(series=series):
                self._lines = {line.name: (line.x, line.y) for line in series}
                if len(self._lines) < len(series):  # two lines of one name are one line
                    self._lines, self._owned = {}, True
                    self._append_points(series)
                self.fixed += sum(map(_line_bytes, self._lines))
                self.weight = self.fixed + POINT_BYTES * self.points
            case _:
                pass

    @property
    def kind(self) -> type[Element]:
        """The element's class."""
        return type(self._head)

    @property
    def lines(self) -> AbstractSet[str]:
        """The names of a chart's lines; none for other kinds."""
        return self._lines.keys()

    @property
    def points(self) -> int:
        """How many points a chart holds, all series together; 0 for other kinds."""
        return sum(len(x) for x, _ in self._lines.values())

    def extend(self, element: Element) -> None:
        """Append an element of the same kind; a progress or value is replaced.

        Raises:
            TypeError: it is of another kind (the caller decides what that means).
        """
        if type(element) is not type(self._head):
            raise TypeError(f"cannot append a {type(element).__name__} to a {type(self._head).__name__}")
        match element:
            case Html(html=text) | Markdown(text=text):
                self._pieces.append(text)
                self.weight += text_bytes(text)
                self.appended = True
            case Chart(series=series):
                self._append_points(series)
                if element.notes or element.zone is not None:
                    self._take_words(element)
            case Progress() | Value():
                self._head = element
                self.weight = self.fixed = _fixed_bytes(element)

    def element(self) -> Element:
        """The element as a value. Nothing appended later changes it."""
        match self._head:
            case Html(id=id_):
                return Html(id_, self._text())
            case Markdown(id=id_):
                return Markdown(id_, self._text())
            case Chart() as head:
                self._owned = False
                series = [Series(name, x, y) for name, (x, y) in self._lines.items()]
                labels = head.x_label, head.y_label
                return Chart(head.id, head.title, series, *labels, head.log_y, head.zone, head.notes)
            case other:
                return other

    def loose(self, share: float) -> int:
        """About how many bytes :meth:`drop_oldest` would free."""
        if self._lines:
            return POINT_BYTES * sum(int(len(x) * share) for x, _ in self._lines.values())
        return int((self.weight - self.fixed) * share)

    def drop_oldest(self, share: float) -> int:
        """Let go of the oldest ``share`` (0 to 1) of what was appended; return how many bytes that freed."""
        before = self.weight
        if self._lines:
            for name, (x, y) in self._lines.items():
                first = int(len(x) * share)
                self._lines[name] = x[first:], y[first:]
            self._owned = True
            self.weight = self.fixed + POINT_BYTES * self.points
        elif self._pieces:
            text = self._text()
            cut = int(len(text) * share)
            text = text[text.find("\n", cut) + 1 or cut :]  # from the next line on, when there is one
            self._pieces = [text]
            self.weight = self.fixed + text_bytes(text)
        return before - self.weight

    def _append_points(self, series: list[Series]) -> None:
        if not self._owned:
            self._lines = {name: (list(x), list(y)) for name, (x, y) in self._lines.items()}
            self._owned = True
        for line in series:
            held = self._lines.get(line.name)
            if held is None:
                self._lines[line.name] = list(line.x), list(line.y)
                self.fixed += _line_bytes(line.name)
                self.weight += _line_bytes(line.name)
            else:
                held[0].extend(line.x)
                held[1].extend(line.y)
            self.weight += POINT_BYTES * len(line.x)

    def _take_words(self, more: Chart) -> None:
        """What another chart says of its axis, and of what it could not draw."""
        head = self._head
        if not isinstance(head, Chart):
            raise TypeError(f"a {type(head).__name__} has no axis")
        zone = more.zone if head.zone is None else head.zone
        if zone == head.zone and not more.notes:
            return
        notes = {words: head.notes.get(words, 0) + more.notes.get(words, 0) for words in head.notes | more.notes}
        before = _fixed_bytes(head)
        self._head = msgspec.structs.replace(head, zone=zone, notes=notes)
        grew = _fixed_bytes(self._head) - before
        self.fixed += grew
        self.weight += grew

    def _text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]


def _fixed_bytes(element: Element) -> int:
    """What an element weighs besides what it grows by."""
    match element:
        case Html(id=texts) | Markdown(id=texts):
            pass
        case Progress():
            texts = element.id + element.label + element.unit
        case Value(value=value):
            texts = element.id + element.label + element.unit + (value if isinstance(value, str) else "")
        case Chart():
            texts = element.id + element.title + element.x_label + element.y_label + "".join(element.notes)
    return ELEMENT_BYTES + text_bytes(texts)


def _line_bytes(name: str) -> int:
    return SERIES_BYTES + text_bytes(name)


def text_bytes(text: str) -> int:
    """About how many bytes a text takes in UTF-8, at no cost: only ASCII is known exactly without looking."""
    return len(text) if text.isascii() else 2 * len(text)


def map_texts(element: Element, change: Callable[[str], str]) -> Element:
    """The element with every text in it (ids included) changed by a function."""
    match element:
        case Html(id=id_, html=text):
            return Html(change(id_), change(text))
        case Markdown(id=id_, text=text):
            return Markdown(change(id_), change(text))
        case Progress():
            return Progress(
                change(element.id), change(element.label), element.value, element.total, change(element.unit)
            )
        case Value(value=value):
            word = change(value) if isinstance(value, str) else value
            return Value(change(element.id), change(element.label), word, change(element.unit), element.delta)
        case Chart():
            series = [Series(change(line.name), line.x, line.y) for line in element.series]
            labels = change(element.x_label), change(element.y_label)
            zone = None if element.zone is None else change(element.zone)
            notes = {change(words): count for words, count in element.notes.items()}
            return Chart(change(element.id), change(element.title), series, *labels, element.log_y, zone, notes)
