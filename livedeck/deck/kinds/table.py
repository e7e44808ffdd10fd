"""Tables: rows that are appended, changed by their key, and dropped."""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Self, cast, get_args

import msgspec

from livedeck.deck import coerce, dataframes, tabular
from livedeck.deck.buffers import ELEMENT_BYTES, ElementBuffer, text_bytes
from livedeck.deck.dataframes import DataFrame
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, Sharing, StaticPage, Traits
from livedeck.deck.numerals import format_moment, format_share, format_value
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
SAMPLE_ROWS: Final = 1_000
"""Rows of a sample, at most."""
SAMPLE_CELLS: Final = 100_000
"""Cells of a sample: of very wide data it has fewer rows."""
_FEWEST: Final = 20
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


class Profile(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Of data that is too large for its table: how much there is, and what each of its columns holds."""

    sampled: int
    """How many rows, the first ones of the table, are a sample of the data's."""
    width: int = 0
    """How many columns the data has: there may be more than the table has."""
    columns: list[Column] = msgspec.field(default_factory=list)
    """What is said of each column."""
    rows: list[list[Cell]] = msgspec.field(default_factory=list)
    """That, a row for each column of the data."""


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
    """How many rows the data has that these are of; 0: these are all."""
    profile: Profile | None = None
    """Of data that is too large for the table: the rows are a sample of it, and this its summary."""

    traits: ClassVar = Traits(grows=True, script=True, sharing=Sharing.JOINED)

    def buffer(self) -> "TableBuffer":
        """The rows, by their keys if they have any."""
        return TableBuffer(self)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The first rows as a plain table, and how many there are; the summaries of the columns below."""
        title = f'<h3 class="ld-table-title">{html.escape(self.title)}</h3>' if self.title else ""
        yield f'<div class="ld-element ld-table">{title}'
        yield from _static_rows(self)
        yield f'<p class="ld-table-count">{self._count()}</p>'
        if self.profile is not None and self.profile.rows:
            yield '<h4 class="ld-table-title">Columns</h4>'
            yield from _static_rows(
                Table(self.id, columns=self.profile.columns, rows=cast("list[Row]", self.profile.rows))
            )
        yield "</div>"

    def _count(self) -> str:
        held, total = len(self.rows), max(self.total, len(self.rows))
        words = f"{total:,} row{'' if total == 1 else 's'}"
        if self.profile is not None:
            return words + _sampled(self, self.profile)
        shown = min(held, STATIC_ROWS)
        return words + (f", the first {shown:,} shown" if shown < total else "")

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, Self]]) -> Self:
        """One table with the rows of all tasks: by their keys, or each with its task's name before it."""
        buffer = TableBuffer(parts[0][1].part(parts[0][0]))
        for task, table in parts[1:]:
            buffer.extend(table.part(task))
        element = cast("Self", buffer.element())
        if not any(table.profile for _, table in parts):
            return element
        total = sum(max(table.total, len(table.rows)) for _, table in parts)
        return msgspec.structs.replace(element, total=total, profile=Profile(len(element.rows)))

    def part(self, task: str) -> Self:
        """The rows, with the task's name before each if they have no key."""
        if self.key:
            return self
        columns = [Column(TASK, "text"), *self.columns]
        return msgspec.structs.replace(self, columns=columns, rows=[[task, *row] for row in self.rows])

    @classmethod
    def example(cls, deck: "TableCalls") -> None:
        """Tables of rows, of rows with keys that were changed and dropped, of a sample, and of further types."""
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
        frame = dataframes.open_frame({"n": [1, 2, 2, None], "word": ["a", "b", "b", "c"]})
        if frame is not None:
            deck.table(title="sample")._sample(frame, 1_200_000, 1 << 20)  # noqa: SLF001 - as if it were so many
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
        gone = int(len(rows) * share)
        self._rows, self._keyed, self._owned = rows[gone:], None, True
        if (profile := self.head.profile) is not None:
            profile = msgspec.structs.replace(profile, sampled=max(0, profile.sampled - gone))
            self.head = msgspec.structs.replace(self.head, profile=profile)
        self._weigh()
        return before - self.weight

    def _weigh(self) -> None:
        words = (self.head.id, self.head.title, self.head.key, *(column.name for column in self._columns))
        kept = sum(map(_cell_bytes, self._dropped.values())) + _profile_bytes(self.head.profile)
        self.fixed = ELEMENT_BYTES + sum(map(text_bytes, words)) + CELL_BYTES * len(self._columns) + kept
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
    weight = CELL_BYTES + CELL_BYTES * len(row)
    for cell in row:  # of which there may be millions
        if cell.__class__ is str:
            weight += text_bytes(cell)
        elif cell.__class__ is list:
            weight += NUMBER_BYTES * len(cell)
    return weight


def _cell_bytes(cell: Cell | Unchanged) -> int:
    if isinstance(cell, str):
        return CELL_BYTES + text_bytes(cell)
    return CELL_BYTES + (NUMBER_BYTES * len(cell) if isinstance(cell, list) else 0)


def _profile_bytes(profile: Profile | None) -> int:
    if profile is None:
        return 0
    names = sum(CELL_BYTES + text_bytes(column.name) for column in profile.columns)
    return CELL_BYTES + names + sum(map(_row_bytes, profile.rows))


def _sampled(table: Table, profile: Profile) -> str:
    """What a table shows of data that is too large for it; `console/src/elements/table/words.ts` says the same."""
    sampled, held = min(profile.sampled, len(table.rows)), len(table.columns)
    words = f": a sample of {sampled:,}"
    if held < profile.width:
        words += f", in {held:,} of {profile.width:,} columns"
    if profile.rows:
        whose = "each column" if len(profile.rows) >= profile.width else f"{len(profile.rows):,} columns"
        words += f", and a summary of {whose}"
    added = len(table.rows) - sampled
    return words + (f"; {added:,} added since" if added else "")


def _static_rows(table: Table) -> Iterator[str]:
    heads = "".join(f'<th scope="col"{_right(column)}>{html.escape(column.name)}</th>' for column in table.columns)
    yield f'<div class="ld-table-rows" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>'
    for row in table.rows[:STATIC_ROWS]:
        cells = (f"<td{_right(column)}>{_static_cell(each, column)}</td>" for each, column in _cells(row, table))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


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
            return format_share(cell)
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
        most = int(self._tab.max_bytes * _SHARE)
        frame = dataframes.open_frame(data)
        if frame is not None and _is_beyond(frame, most):
            self._sample(frame, frame.total, most)
            return
        taken = tabular.tabular(data)
        table = self._table(taken)
        if len(taken.rows) < taken.total or _fitting(table.rows, most) < len(table.rows):
            self._sample(frame or dataframes.of_rows(taken), taken.total, most)
            return
        whole = msgspec.structs.replace(table, rows=[_stripped(row) for row in table.rows], dropped=None)
        self._tab.put(self._settled(whole))

    def _sample(self, frame: DataFrame, total: int, most: int) -> None:
        """Show a sample of data that is too large, and a summary of each of its columns."""
        profile = _profile(frame, most // 2)
        width = min(frame.width, tabular.MOST_COLUMNS)
        count = min(SAMPLE_ROWS, max(_FEWEST, SAMPLE_CELLS // max(1, width)))
        table = self._table(dataframes.sampled(frame, count))
        fitting = max(1, _fitting(table.rows, most // 2))
        rows = table.rows[:: -(-len(table.rows) // fitting)] if table.rows else []
        kept = [_stripped(row) for row in rows[: _fitting(rows, most // 2)]]
        table = msgspec.structs.replace(table, rows=kept, dropped=None, total=total)
        shown = self._settled(table)
        self._tab.put(msgspec.structs.replace(shown, profile=msgspec.structs.replace(profile, sampled=len(shown.rows))))

    def _settled(self, table: Table) -> Table:
        """A table of which, of rows with one key, the last stays."""
        if not self._head.key:
            return table
        buffer = table.buffer()
        buffer.extend(msgspec.structs.replace(self._head, dropped=[]))  # which has them told apart
        return buffer.element()

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


def _is_beyond(frame: DataFrame, most: int) -> bool:
    """Whether data cannot fit into a table, whatever its cells hold."""
    cells = frame.total * (1 + frame.width)
    is_larger = frame.total > tabular.MOST_ROWS or cells * CELL_BYTES > most
    return frame.total > 0 and (is_larger or frame.width > tabular.MOST_COLUMNS)


def _profile(frame: DataFrame, most: int) -> Profile:
    """The summaries of a frame's columns, as many as weigh no more than so many bytes."""
    found = dataframes.summarized(frame)
    is_part = any(each.rows < frame.total for each in found)
    columns = [
        Column("column", "text"),
        Column("type", "text"),
        *([Column("rows looked at", "number")] if is_part else []),
        Column("missing", "number"),
        Column("distinct", "number"),
        Column("min", "number"),
        Column("max", "number"),
        Column("histogram", "sparkline"),
    ]
    rows: list[list[Cell]] = [
        [
            each.name,
            each.type,
            *([each.rows] if is_part else []),
            each.missing,
            each.distinct,
            each.low,
            each.high,
            # Nothing is before the least and behind the greatest: so the line stands on 0.
            None if each.histogram is None else [0, *each.histogram, 0],
        ]
        for each in found
    ]
    weighed = _fitting(cast("list[Row]", rows), most)
    return Profile(0, max(frame.width, len(found)), columns, rows[:weighed])


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
                polars or pyarrow, an array of numpy; nothing for a table that is only appended to. Of data that is too
                large for the Deck a sample is shown, and a summary of each column.
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
