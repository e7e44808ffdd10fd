"""Tables: rows that are appended, changed by their key, and dropped."""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Self, cast, get_args

import msgspec

from livedeck.deck import coerce, tabular
from livedeck.deck.buffers import ELEMENT_BYTES, ElementBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, Sharing, StaticPage, Traits
from livedeck.deck.numerals import format_moment, format_value
from livedeck.deck.raw import Raw
from livedeck.deck.tabular import Cell, ColumnType, Tabular

STATIC_ROWS: Final = 200
"""Rows that a page without scripts shows."""
CELL_BYTES: Final = 8
"""What a cell weighs besides its text."""
LINE_SHOWN: Final = 20
"""Numbers of a small line that a page without scripts shows."""
NUMBER_BYTES: Final = 10
"""What each number of a small line weighs."""
_SHARE: Final = 0.5
"""Of what a Deck may hold: the most that the rows of one call take."""
TASK: Final = "task"
"""The column that says whose a row is, where several tasks put rows without a key into one table."""


class Unchanged(msgspec.Struct, tag_field="cell", tag="unchanged", frozen=True, gc=False):
    """In the place of a cell of what is appended: the row that is there keeps what it has."""


class Column(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A column. Its type says how cells are written, aligned and sorted; a cell that is of another is shown as text."""

    name: str
    type: ColumnType = ""
    """Empty: there was nothing yet to tell it from."""
    zone: str = ""
    """Of times, which are seconds since 1970: the name of their zone; empty for times and dates without one."""


Row = list[Cell | Unchanged]
Key = tuple[str, Any]
UNCHANGED: Final = Unchanged()


class Table(BaseElement, tag="table", frozen=True):
    """A table. A row has a cell for each column; those that it lacks at its end are empty.

    What is appended to it has its columns found by their names, new ones behind the others. Without a key its rows are
    put behind those that are there. With one, a row whose key is there changes that row, in the columns that it has;
    any other is put behind.
    """

    title: str = ""
    columns: list[Column] = msgspec.field(default_factory=list)
    rows: list[Row] = msgspec.field(default_factory=list)
    key: str = ""
    """The column that tells rows apart; empty if there is none. It stays what it is when something is appended."""
    dropped: list[Cell] | None = None
    """Of what is appended: keys of rows that go before its own are taken in; None in a table that stands by itself."""
    total: int = 0
    """How many rows the data has that these are the first of; 0: these are all."""

    traits: ClassVar = Traits(grows=True, script=True, sharing=Sharing.JOINED)

    def buffer(self) -> "TableBuffer":
        """The rows, by their keys if they have any."""
        return TableBuffer(self)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The first rows as a plain table, and how many there are."""
        heads = "".join(f'<th scope="col"{_right(column)}>{html.escape(column.name)}</th>' for column in self.columns)
        title = f'<h3 class="ld-table-title">{html.escape(self.title)}</h3>' if self.title else ""
        yield f'<div class="ld-element ld-table">{title}<div class="ld-table-rows" tabindex="0"><table>'
        yield f"<thead><tr>{heads}</tr></thead><tbody>"
        for row in self.rows[:STATIC_ROWS]:
            cells = (f"<td{_right(column)}>{_static_cell(each, column)}</td>" for each, column in _cells(row, self))
            yield f"<tr>{''.join(cells)}</tr>"
        yield f'</tbody></table></div><p class="ld-table-count">{self._count()}</p></div>'

    def _count(self) -> str:
        held, total = len(self.rows), max(self.total, len(self.rows))
        shown = min(held, STATIC_ROWS)
        return f"{total:,} row{'' if total == 1 else 's'}" + (f", the first {shown:,} shown" if shown < total else "")

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, Self]]) -> Self:
        """One table with the rows of all tasks: by their keys, or each with its task's name before it."""
        buffer = TableBuffer(parts[0][1].part(parts[0][0]))
        for task, table in parts[1:]:
            buffer.extend(table.part(task))
        return cast("Self", buffer.element())

    def part(self, task: str) -> Self:
        """The rows, with the task's name before each if they have no key."""
        if self.key:
            return self
        columns = [Column(TASK, "text"), *self.columns]
        return msgspec.structs.replace(self, columns=columns, rows=[[task, *row] for row in self.rows])

    @classmethod
    def example(cls, deck: "TableCalls") -> None:
        """A table of rows, one whose rows have keys and were changed and dropped, and one of further types."""
        deck.table([{"n": 1, "word": "<b>"}, {"n": 2.5, "word": None}], title="rows")
        table = deck.table(
            {"file": ["a", "b", "c"], "done": [0.5, 1, 0], "loss": [[3, 2, None], [1], []]},
            title="files",
            key="file",
            types={"done": "progress"},
        )
        table.update({"file": "a", "done": 0.75})
        table.drop(["b"])
        table.append({"file": "d", "at": 3})
        links = {
            "to": "https://example.org",
            "ok": True,
            "when": datetime(2024, 5, 1, 12, 30, tzinfo=UTC),
            "share": 0.25,
        }
        deck.table([{**links, "trend": [1, 2.5, None]}], title="types", types={"share": "progress"})


class TableBuffer(ElementBuffer[Table]):
    """A table to which rows are appended."""

    __slots__ = ("_changed", "_columns", "_dropped", "_keyed", "_owned", "_places", "_rows")

    def __init__(self, table: Table) -> None:
        super().__init__(table, 0, appended=True)
        self._columns = list(table.columns)
        self._places = {column.name: place for place, column in enumerate(table.columns)}
        self._dropped = {_key(each): each for each in table.dropped or ()}
        self._rows: list[Row] = table.rows
        self._keyed: dict[Key, Row] | None = None
        self._changed = False
        self._owned = False  # whether the list of rows is ours alone and may be appended to
        self._weigh()

    def element(self) -> Table:
        """The table with all rows."""
        self._owned = False
        if self._keyed is not None:
            self._rows = list(self._keyed.values())
        dropped = list(self._dropped.values()) if self.head.dropped is not None and self._changed else self.head.dropped
        return msgspec.structs.replace(self.head, columns=list(self._columns), rows=self._rows, dropped=dropped)

    def drop_oldest(self, share: float) -> int:
        """Let go of the first rows."""
        before = self.weight
        rows = list(self._keyed.values()) if self._keyed is not None else self._rows
        self._rows, self._keyed, self._owned = rows[int(len(rows) * share) :], None, True
        self._weigh()
        return before - self.weight

    def _weigh(self) -> None:
        words = (self.head.id, self.head.title, self.head.key, *(column.name for column in self._columns))
        dropped = sum(map(_cell_bytes, self._dropped.values()))
        self.fixed = ELEMENT_BYTES + sum(map(text_bytes, words)) + CELL_BYTES * len(self._columns) + dropped
        self.weight = self.fixed + sum(map(_row_bytes, self._rows))

    def _append(self, more: Table) -> None:
        self._changed = True
        places = self._take_columns(more.columns)
        if not self.head.key:
            self._own().extend(self._settled(row) for row in _placed(more.rows, places))
            self.weight += sum(map(_row_bytes, self._rows[len(self._rows) - len(more.rows) :]))
            return
        keyed = self._by_key()
        for each in more.dropped or ():
            gone = keyed.pop(_key(each), None)
            self.weight -= 0 if gone is None else _row_bytes(gone)
            if self.head.dropped is not None and _key(each) not in self._dropped:
                self._dropped[_key(each)] = each
                self.weight += _cell_bytes(each)
                self.fixed += _cell_bytes(each)
        at = self._places.get(self.head.key)
        for row in _placed(more.rows, places):
            key = _key(_at(row, at))
            before = keyed.get(key)
            after = keyed[key] = self._settled(row if before is None else _changed(before, row))
            self.weight += _row_bytes(after) - (0 if before is None else _row_bytes(before))

    def _take_columns(self, columns: Iterable[Column]) -> list[int]:
        """Find the places of some columns, and give one to those that are new."""
        places = []
        for column in columns:
            place = self._places.get(column.name)
            if place is None:
                place = self._places[column.name] = len(self._columns)
                self._columns.append(column)
                self.fixed += CELL_BYTES + text_bytes(column.name)
                self.weight += CELL_BYTES + text_bytes(column.name)
            elif not self._columns[place].type:
                self._columns[place] = column
            places.append(place)
        return places

    def _own(self) -> list[Row]:
        if not self._owned:
            self._rows, self._owned = list(self._rows), True
        return self._rows

    def _by_key(self) -> dict[Key, Row]:
        if self._keyed is None:
            at = self._places.get(self.head.key)
            self._keyed = {_key(_at(row, at)): row for row in self._rows}
        return self._keyed

    def _settled(self, row: Row) -> Row:
        """A row without what says nothing: `Unchanged` at the end of what is appended, all of that in what stands."""
        if self.head.dropped is None:
            return _stripped(row)
        while row and isinstance(row[-1], Unchanged):
            row.pop()
        return row


def _placed(rows: Iterable[Row], places: Sequence[int]) -> Iterator[Row]:
    """Rows with their cells at other places: copies."""
    straight = list(places) == list(range(len(places)))
    width = max(places, default=-1) + 1
    for row in rows:
        if straight:
            yield row[: len(places)]
        else:
            moved: Row = [UNCHANGED] * width
            for each, place in zip(row, places, strict=False):
                moved[place] = each
            yield moved


def _stripped(row: Row) -> Row:
    """A row as it stands in a table: nothing where it says nothing, and none of that at its end."""
    settled: Row = [None if isinstance(each, Unchanged) else each for each in row]
    while settled and settled[-1] is None:
        settled.pop()
    return settled


def _changed(before: Row, row: Row) -> Row:
    """A row with those cells of another that say something."""
    after = before + [UNCHANGED] * (len(row) - len(before))
    for place, each in enumerate(row):
        if not isinstance(each, Unchanged):
            after[place] = each
    return after


def _at(row: Row, place: int | None) -> Cell:
    """The cell at a place; None where the row has none."""
    found = row[place] if place is not None and place < len(row) else None
    return None if isinstance(found, Unchanged) else found


def _key(cell: Cell) -> Key:
    """What tells a row by its key, as browsers tell it: 1 is 1.0, and neither True nor "1"."""
    match cell:
        case None:
            return "nothing", None
        case bool():
            return "boolean", cell
        case int() | float():
            return "number", float(cell)
        case str():
            return "string", cell
        case _:
            return "numbers", tuple(cell)


def _row_bytes(row: Sequence[Cell | Unchanged]) -> int:
    return CELL_BYTES + sum(map(_cell_bytes, row))


def _cell_bytes(cell: Cell | Unchanged) -> int:
    if isinstance(cell, str):
        return CELL_BYTES + text_bytes(cell)
    return CELL_BYTES + (NUMBER_BYTES * len(cell) if isinstance(cell, list) else 0)


def _cells(row: Row, table: Table) -> Iterator[tuple[Cell, Column]]:
    return ((_at(row, place), column) for place, column in enumerate(table.columns))


def _right(column: Column) -> str:
    return ' class="ld-right"' if column.type == "number" else ""


def _static_cell(cell: Cell, column: Column) -> str:
    match column.type, cell:
        case "link", str(address) if address.startswith(("http://", "https://")):
            return f'<a href="{html.escape(address)}">{html.escape(address)}</a>'
        case "image", str(address) if address.startswith("data:image/"):
            return f'<img alt="" src="{html.escape(address)}">'
        case _:
            return html.escape(_words(cell, column))


def _words(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list):
        return ", ".join(format_value(each) for each in cell[:LINE_SHOWN]) + ("…" if len(cell) > LINE_SHOWN else "")
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if column.type == "time":
            return format_moment(cell, zone=column.zone)
        if column.type == "progress":
            return f"{format_value(round(100 * cell, 1))} %"
    return format_value(cell)


class DataTable(Handle):
    """A table on a tab."""

    def __init__(self, tab: EditableTab, head: Table, types: Mapping[str, ColumnType]) -> None:
        self._tab = tab
        self._head = head
        self._types = dict(types)  # of the columns whose types are known
        self._zones: dict[str, str] = {}

    def append(self, rows: Any) -> None:
        """Add rows, or change those whose key is there; costs what is appended, not what is there.

        Args:
            rows: One record (a dict), or data as ``deck.table`` takes it.
        """
        self._send(tabular.tabular(rows))

    def update(self, rows: Any) -> None:
        """Change rows by their key, in the columns that are given; rows with another key are added.

        Args:
            rows: One record with the key's column, or data as ``deck.table`` takes it.
        """
        if not self._head.key:
            self._tab.leave_out(f"changes of rows of the table {self._head.title[:100]!r}, which has no key=")
            return
        self._send(tabular.tabular(rows))

    def drop(self, keys: Any) -> None:
        """Remove rows by their keys: one, or a list of them."""
        if not self._head.key:
            self._tab.leave_out(f"that rows of the table {self._head.title[:100]!r} are dropped: it has no key=")
            return
        listed = coerce.column(keys)
        type_ = self._types.get(self._head.key, "")
        dropped = [tabular.cell(each, type_) for each in ([keys] if listed is None else listed)]
        self._tab.extend(msgspec.structs.replace(self._head, dropped=dropped))

    def replace(self, data: Any) -> None:
        """Show other rows in place of all that are there.

        Args:
            data: As ``deck.table`` takes it.
        """
        taken = tabular.tabular(data)
        table = self._table(taken)
        most = int(self._tab.max_bytes * _SHARE)
        kept = _fitting(table.rows, most)
        total = taken.total if kept < taken.total else 0
        first = msgspec.structs.replace(
            table, rows=[_stripped(row) for row in table.rows[:kept]], dropped=None, total=total
        )
        self._tab.put(first.buffer().element() if self._head.key else first)  # of rows with one key the last stays

    def _send(self, taken: Tabular) -> None:
        table = self._table(taken)
        if table.rows:
            self._tab.extend(table)

    def _table(self, taken: Tabular) -> Table:
        columns = []
        for place, name in enumerate(taken.names):
            values = [row[place] for row in taken.rows if place < len(row)]
            type_ = self._types.get(name, "")
            if not type_:
                type_ = self._types[name] = tabular.column_type(values)
            if type_ == "time" and name not in self._zones:
                self._zones[name] = tabular.zone_of(values)
            columns.append(Column(name, type_, self._zones.get(name, "")))
        types = [column.type for column in columns]
        rows: list[Row] = [
            [tabular.cell(each, type_) for each, type_ in zip(row, types, strict=False)] for row in taken.rows
        ]
        return msgspec.structs.replace(self._head, columns=columns, rows=rows, dropped=[])


def _fitting(rows: Sequence[Row], most: int) -> int:
    """How many rows weigh no more than so many bytes."""
    weight = 0
    for count, row in enumerate(rows):
        weight += _row_bytes(row)
        if weight > most:
            return count
    return len(rows)


class TableCalls(Calls):
    """``deck.table(...)``."""

    def table(
        self,
        data: Any = (),
        *,
        title: Any = None,
        key: Any = None,
        types: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> DataTable:
        """Add a table, or replace the one with that ``id``, or else with that title.

        Args:
            data: A list of records (dicts, named tuples, dataclasses) or of rows, a dict of columns, a frame of pandas,
                polars or pyarrow, an array of numpy; nothing for a table that is only appended to.
            title: Stands above it.
            key: The column that tells rows apart: rows are changed and dropped by it.
            types: Of columns where their values do not tell: ``"text"``, ``"number"``, ``"boolean"``, ``"time"``,
                ``"link"``, ``"image"``, ``"progress"`` (0 to 1), ``"sparkline"`` (lists of numbers).
            id: Names the table, to be replaced by.

        Returns:
            The table, for ``append``, ``update`` and ``drop``.
        """
        words = "" if title is None else coerce.text(title)
        known = set(get_args(ColumnType))
        chosen = {
            coerce.text(name): cast("ColumnType", type_)
            for name, type_ in coerce.named(types).items()
            if type(type_) is str and type_ in known
        }
        with self._tab.lock:
            id_ = self._tab.key(id, f"table:{words}") if id is not None or words else self._tab.id_of(None)
            handle = DataTable(self._tab, Table(id_, words, key="" if key is None else coerce.text(key)), chosen)
            self._tab.hold(id_, handle)
        handle.replace(data)
        return handle
