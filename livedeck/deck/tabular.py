"""Tabular data as users have it, made into columns and rows that a table can hold. Nothing here raises.

Taken are a record (a dict, named tuple or dataclass), a list of records or of rows, a dict of columns, a frame of
pandas, polars (lazy ones too) or pyarrow, and an array of numpy, with two dimensions or with named fields.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice, zip_longest
from typing import Any, Final, Literal, NamedTuple

from livedeck.deck import coerce, user_code
from livedeck.deck.renderers import to_html

Cell = str | int | float | bool | list[float | None] | None
"""What a table holds in a place: a word, a number, a truth, numbers for a small line, or nothing."""
ColumnType = Literal["", "text", "number", "boolean", "time", "link", "image", "progress", "sparkline"]

MOST_ROWS: Final = 1_000_000
"""Rows that are taken of data: an iterator may have no end."""
MOST_COLUMNS: Final = 1_000
_LINK: Final = re.compile(r"https?://\S+")
_IMAGE: Final = re.compile(r"data:image/[a-z+.-]+;base64,", re.IGNORECASE)


class Tabular(NamedTuple):
    """Data as columns and rows."""

    names: list[str]
    """The names of the columns."""
    rows: list[list[Any]]
    """The values as users gave them, in the order of the names; None where there is none."""
    total: int
    """How many rows the data has: more than these if it has too many."""


NOTHING: Final = Tabular([], [], 0)


def tabular(data: Any, most: int = MOST_ROWS) -> Tabular:
    """Take data apart.

    Args:
        data: As above; of anything else there are no rows.
        most: Rows that are taken.
    """
    try:
        return user_code.call(lambda held: _apart(held, most), data)
    except Exception:  # noqa: BLE001 - a user's mapping or iterator may raise anything
        return NOTHING


def of_columns(columns: Mapping[Any, Any], most: int = MOST_ROWS) -> Tabular:
    """Data that is given column by column; one that is shorter than others has nothing at its end."""
    names = [coerce.text(name) for name in islice(columns, MOST_COLUMNS)]
    lists = [coerce.column(values, most) or [] for values in islice(columns.values(), MOST_COLUMNS)]
    total = max(map(len, lists), default=0)
    rows = zip_longest(*(values[:most] for values in lists))
    return Tabular(names, [list(row) for row in rows], total)


def of_records(records: Iterable[Any], most: int = MOST_ROWS) -> Tabular:
    """Data that is given record by record, each with names of its own, or row by row, in columns that are numbered."""
    names: dict[str, int] = {}
    rows: list[list[Any]] = []
    for record in islice(records, most):
        entries = _entries(record)
        row: list[Any] = [None] * len(names)
        for name, value in entries.items():
            place = names.setdefault(name, len(names))
            if place >= len(row):
                row.append(value)
            else:
                row[place] = value
        rows.append(row)
    total = len(records) if isinstance(records, Sequence) else len(rows)
    return Tabular(list(names), rows, total)


def column_type(values: Iterable[Any]) -> ColumnType:
    """What a column holds, told from its values; nothing as long as there are none."""
    found: set[ColumnType] = set()
    for value in values:
        if not coerce.missing(value):
            found.add(_type_of(value))
            if len(found) > 1:
                return "text"
    return found.pop() if found else ""


def cell(value: Any, type_: ColumnType) -> Cell:
    """A value as a column of that type holds it."""
    match type_:
        case "sparkline":
            return [coerce.number(each) for each in coerce.column(value) or []]
        case "time":
            position = coerce.position(value)
            return position.x if position is not None else _word(value)
        case "number" | "progress":
            return None if coerce.missing(value) else coerce.scalar(value)
        case "image":
            return _picture(value)
        case _:
            return _word(value)


def zone_of(values: Iterable[Any]) -> str:
    """The zone that a column of times is shown in: UTC if the first of them has one."""
    for value in values:
        if (position := coerce.position(value)) is not None and not coerce.missing(value):
            return position.zone or ""
    return ""


def _apart(data: Any, most: int) -> Tabular:
    if (frame := _of_library(data, most)) is not None:
        return frame
    if isinstance(data, Mapping) and data and all(_is_column(value) for value in data.values()):
        return of_columns(data, most)
    if isinstance(data, Mapping) or _is_record(data):
        return of_records([data])
    if isinstance(data, Iterable) and not isinstance(data, str | bytes):
        return of_records(data, most)
    return NOTHING


def _of_library(data: Any, most: int) -> Tabular | None:
    """Data of a library's; None if it is of none that is known."""
    library = type(data).__module__.partition(".")[0]
    if library == "numpy" and hasattr(data, "ndim"):
        return _array(data, most)
    if library == "pandas":
        return _pandas(data, most)
    if library == "polars" and hasattr(data, "collect"):
        data = data.collect()
    if library in {"polars", "pyarrow"} and hasattr(data, "slice"):
        head = data.slice(0, most)
        columns = head.to_pydict() if hasattr(head, "to_pydict") else head.to_dict(as_series=False)
        return of_columns(columns, most)._replace(total=len(data))
    return None


def _array(array: Any, most: int) -> Tabular:
    if array.dtype.names:
        return of_columns({name: array[name][:most] for name in array.dtype.names})._replace(total=len(array))
    if array.ndim == 1:
        return of_columns({"0": array[:most]})._replace(total=len(array))
    rows = array[:most, :MOST_COLUMNS].tolist() if array.ndim == 2 else []
    return of_records(rows)._replace(total=len(rows) and len(array))


def _pandas(frame: Any, most: int) -> Tabular:
    if not hasattr(frame, "columns"):  # a series
        frame = frame.to_frame()
    head = frame.head(most).iloc[:, :MOST_COLUMNS]
    named = any(name is not None for name in head.index.names)
    if named:
        head = head.reset_index()
    names = [coerce.text(name) for name in head.columns]
    lists = [head.iloc[:, place].tolist() for place in range(len(names))]
    return Tabular(names, [list(row) for row in zip(*lists, strict=True)], len(frame))


def _entries(record: Any) -> dict[str, Any]:
    """The values of a record by their names; those of a plain row by their numbers."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    if hasattr(record, "_asdict"):
        record = record._asdict()
    if isinstance(record, Mapping) or (hasattr(record, "items") and not isinstance(record, list | tuple)):
        return {coerce.text(name): value for name, value in islice(record.items(), MOST_COLUMNS)}
    values = coerce.column(record, MOST_COLUMNS)
    return {str(place): value for place, value in enumerate([record] if values is None else values)}


def _is_record(value: Any) -> bool:
    return hasattr(value, "_asdict") or (dataclasses.is_dataclass(value) and not isinstance(value, type))


def _is_column(value: Any) -> bool:
    """Whether a value of a dict is a column: a dict of such alone is data, any other a record."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _type_of(value: Any) -> ColumnType:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "link" if _LINK.fullmatch(value) else "image" if _IMAGE.match(value) else "text"
        case date():
            return "time"
        case list() | tuple():
            return "sparkline" if all(_is_number(each) for each in value) else "text"
        case _:
            return _type_of_foreign(value)


def _type_of_foreign(value: Any) -> ColumnType:
    library = type(value).__module__.partition(".")[0]
    if library == "PIL":
        return "image"
    if library == "numpy":
        kind = value.dtype.kind
        if getattr(value, "ndim", 0) == 1:
            return "sparkline" if kind in "iuf" else "text"
        return _NUMPY.get(kind, "text")
    return "number" if not isinstance(value, timedelta) and coerce.number(value) is not None else "text"


_NUMPY: Final[Mapping[str, ColumnType]] = {"b": "boolean", "i": "number", "u": "number", "f": "number", "M": "time"}


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _word(value: Any) -> Cell:
    if coerce.missing(value):
        return None
    return coerce.scalar(value)


def _picture(value: Any) -> Cell:
    """An image as a ``data:`` URL, which needs nothing from elsewhere."""
    if coerce.missing(value):
        return None
    if type(value) is str:
        return value
    found = re.search(r'src="(data:image/[^"]+)"', to_html(value))
    return found[1] if found else coerce.text(value)
