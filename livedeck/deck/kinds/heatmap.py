"""Heat maps: a number for each cell of rows and columns, as in a confusion matrix."""

import html
from collections.abc import Iterator
from typing import Any, ClassVar, Final

import msgspec

from livedeck.deck import coerce, user_code
from livedeck.deck.buffers import ELEMENT_BYTES, ElementBuffer, text_bytes
from livedeck.deck.digits import Number
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.raw import Raw

COLUMNS: Final = 2_000
"""Columns of one heat map."""
ROWS: Final = 100_000
"""Rows that one call takes."""
CELL_BYTES: Final = 10
ROW_BYTES: Final = 32


class HeatRow(msgspec.Struct, frozen=True, gc=False):
    """A row: its name, which may be empty, and its values; None is a cell that has none.

    Integers beyond 2**53 stand here in digits.
    """

    label: str
    values: list[Number | None]


class Heatmap(BaseElement, tag="heatmap", frozen=True):
    """A heat map, its first row on top.

    To append to it is to put rows below, and to add up the numbers of the notes.
    """

    title: str
    columns: list[str] = msgspec.field(default_factory=list)
    """Names of the columns; those that have none are numbered."""
    rows: list[HeatRow] = msgspec.field(default_factory=list)
    x_label: str = ""
    y_label: str = ""
    low: float | None = None
    """The value that has the first colour; None: the least that there is, or 0 if that is less."""
    high: float | None = None
    """The value that has the last colour; None: the greatest that there is."""
    notes: dict[str, int] = msgspec.field(default_factory=dict)
    """What could not be drawn, in words, each with the number of cells that this is about."""

    traits: ClassVar = Traits(grows=True, group="ld-charts", named="title", script=True)

    def buffer(self) -> "HeatmapBuffer":
        """The rows, one by one."""
        return HeatmapBuffer(self)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The heat map as a table whose cells are coloured; as a picture where there are very many."""
        from livedeck.deck import heat_plot, svg

        empty = '<div class="ld-empty"><strong>No values yet</strong></div>'
        yield (
            f'<div class="ld-element ld-heatmap ld-chart"><h3 class="ld-chart-title">{html.escape(self.title)}</h3>'
            f"{heat_plot.heat_plot(self) or empty}{svg.notes(svg.counted(self.notes, 'cell'))}</div>"
        )

    @classmethod
    def example(cls, deck: "HeatmapCalls") -> None:
        """A confusion matrix, a cell of which cannot be drawn, and one whose range is given."""
        confusion = deck.heatmap(
            "confusion",
            [[50, 2], [3, "none"]],
            x=["cat", "<dog>"],
            y=["cat", "<dog>"],
            x_label="predicted",
            y_label="actual",
            value_range=(1, 100),
        )
        confusion.append([1, 2], y="bird")


class HeatmapBuffer(ElementBuffer[Heatmap]):
    """A heat map to which rows are appended."""

    __slots__ = ("_owned", "_rows")

    def __init__(self, heatmap: Heatmap) -> None:
        super().__init__(heatmap, _fixed_bytes(heatmap), appended=True)
        self._rows = heatmap.rows
        self._owned = False
        self.weight = self.fixed + sum(map(_row_bytes, self._rows))

    def element(self) -> Heatmap:
        """The heat map with all rows."""
        self._owned = False
        return msgspec.structs.replace(self.head, rows=self._rows)

    def loose(self, share: float) -> int:
        """How many bytes :meth:`drop_oldest` would free."""
        return sum(map(_row_bytes, self._rows[: int(len(self._rows) * share)]))

    def drop_oldest(self, share: float) -> int:
        """Let go of the first rows."""
        before = self.weight
        self._rows, self._owned = self._rows[int(len(self._rows) * share) :], True
        self.weight = self.fixed + sum(map(_row_bytes, self._rows))
        return before - self.weight

    def _append(self, more: Heatmap) -> None:
        if not self._owned:
            self._rows, self._owned = list(self._rows), True
        self._rows.extend(more.rows)
        self.weight += sum(map(_row_bytes, more.rows))
        head = self.head
        columns = more.columns if len(more.columns) > len(head.columns) else head.columns
        if columns is not head.columns or more.notes:
            notes = {words: head.notes.get(words, 0) + more.notes.get(words, 0) for words in head.notes | more.notes}
            self.head = msgspec.structs.replace(head, columns=columns, notes=notes)
            fixed = ELEMENT_BYTES + _fixed_bytes(self.head)
            self.weight += fixed - self.fixed
            self.fixed = fixed


def _fixed_bytes(heatmap: Heatmap) -> int:
    words = (heatmap.id, heatmap.title, heatmap.x_label, heatmap.y_label, *heatmap.columns, *heatmap.notes)
    return sum(map(text_bytes, words)) + CELL_BYTES * len(heatmap.columns)


def _row_bytes(row: HeatRow) -> int:
    return ROW_BYTES + text_bytes(row.label) + CELL_BYTES * len(row.values)


class HeatmapChart(Handle):
    """A heat map on a tab."""

    def __init__(self, tab: EditableTab, head: Heatmap) -> None:
        self._tab = tab
        self._head = head

    def append(self, values: Any, *, y: Any = None) -> None:
        """Put a row, or several, below those that are there; costs what is appended.

        Args:
            values: Numbers of one row, or rows as ``deck.heatmap`` takes them.
            y: The name of the row, or the names of the rows.
        """
        rows = coerce.column(values, most=ROWS)
        single = rows is not None and all(coerce.column(row, most=1) is None for row in rows) and not _framed(values)
        names = None if y is None else ([y] if single else y)
        taken = self._taken([rows] if single else values, self._head.columns, names)
        if taken.rows or taken.notes:
            self._tab.extend(taken)

    def replace(self, values: Any, *, x: Any = None, y: Any = None) -> None:
        """Show other values in place of all that are there.

        Args:
            values: As ``deck.heatmap`` takes them.
            x: Names of the columns; None: as they were.
            y: Names of the rows.
        """
        self._tab.put(self._taken(values, self._head.columns if x is None else x, y))

    def _taken(self, values: Any, x: Any, y: Any) -> Heatmap:
        notes: dict[str, int] = {}
        columns = _names(x)
        try:
            framed = user_code.call(_frame, values) if values is not None else None
        except Exception:  # noqa: BLE001 - a library's frame may raise anything
            framed = None
        if framed is not None:
            values, names, labels = framed
            columns = columns or _names(names)
            y = labels if y is None else y
        given = [] if values is None else coerce.column(values, most=ROWS)
        if given is None:
            notes[f"no rows of numbers: {coerce.shown(values)}"] = 1
        labels = _names(y)
        rows = []
        for place, row in enumerate(given or []):
            cells = coerce.column(row, most=COLUMNS + 1)
            if cells is None:
                _note(notes, f"a row is a list of numbers, not {coerce.shown(row)}")
                continue
            if len(cells) > COLUMNS:
                self._tab.leave_out(f"columns beyond the first {COLUMNS:,} of the heat map {self._head.title[:100]!r}")
            numbers = [self._cell(cell, notes) for cell in cells[:COLUMNS]]
            rows.append(HeatRow(labels[place] if place < len(labels) else "", numbers))
        lengths = {len(row.values) for row in rows}
        if len(lengths) > 1:
            _note(notes, f"rows have from {min(lengths):,} to {max(lengths):,} cells")
        if columns and lengths and len(columns) < max(lengths):
            _note(notes, f"there are {len(columns):,} names of columns for {max(lengths):,} columns")
        if labels and len(labels) != len(given or []):
            _note(notes, f"there are {len(labels):,} names of rows for {len(given or []):,} rows")
        self._head = msgspec.structs.replace(self._head, columns=columns)
        return msgspec.structs.replace(self._head, rows=rows, notes=notes)

    @staticmethod
    def _cell(value: Any, notes: dict[str, int]) -> Number | None:
        number = coerce.exact(value)
        if number is None and not coerce.missing(value):
            known = next((words for words in notes if words.startswith("no finite number")), None)
            _note(notes, known or f"no finite number, for one: {coerce.shown(value)}")
        return number


def _note(notes: dict[str, int], words: str) -> None:
    notes[words] = notes.get(words, 0) + 1


def _names(given: Any) -> list[str]:
    column = None if given is None else coerce.column(given, most=ROWS)
    return [coerce.text(each) for each in column or []]


def _framed(values: Any) -> bool:
    return type(values).__module__.partition(".")[0] in {"pandas", "polars"}


def _frame(values: Any) -> tuple[Any, Any, Any] | None:
    """Rows, names of columns and names of rows of a frame of pandas or polars; None of what is none."""
    if not _framed(values) or not hasattr(values, "columns"):
        return None
    if hasattr(values, "rows"):
        return values.rows(), list(values.columns), None
    return values.to_numpy().tolist(), list(values.columns), list(values.index)


class HeatmapCalls(Calls):
    """``deck.heatmap(...)``."""

    def heatmap(
        self,
        title: str,
        values: Any = None,
        *,
        x: Any = None,
        y: Any = None,
        x_label: str = "",
        y_label: str = "",
        value_range: Any = None,
        id: str | None = None,
    ) -> HeatmapChart:
        """Add a heat map, or show other values in the one with that title.

        Args:
            title: Shown above it.
            values: Rows of numbers, the first on top: a list of lists, an array of numpy or torch with two dimensions
                (a confusion matrix of scikit-learn's), a frame of pandas or polars, whose names it takes.
            x: Names of the columns.
            y: Names of the rows.
            x_label: Says what the columns are.
            y_label: Says what the rows are.
            value_range: The values that have the first and the last colour; else the least, or 0, and the greatest.
            id: Tells heat maps of the same title apart.

        Returns:
            The heat map, for ``append`` and ``replace``.
        """
        words = coerce.text(title)
        id_ = self._tab.key(id, f"heatmap:{words}")
        ends = (
            [coerce.number(end) for end in coerce.column(value_range, most=3) or []] if value_range is not None else []
        )
        low, high = ends if len(ends) == 2 else (None, None)
        if low is not None and high is not None and low >= high:
            low = high = None
        labels = coerce.text(x_label), coerce.text(y_label)
        head = Heatmap(id_, words, [], [], *labels, low, high)
        made = HeatmapChart(self._tab, head)
        heatmap = self._tab.handle(id_, made)
        if heatmap is made or values is not None:
            heatmap.replace(values, x=x, y=y)
        return heatmap
