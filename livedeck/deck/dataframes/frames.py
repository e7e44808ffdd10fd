"""Data of which rows and columns are taken by their places. No part of it is copied but what is asked for."""

import importlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from livedeck.deck import coerce, tabular

MOST_COLUMNS: Final = 10_000
"""Columns that are looked at."""
PLAIN_CELLS: Final = 100_000
"""Values that are looked at where they are objects of Python's, each of which takes its time."""
CELLS: Final = 5_000_000
"""Values that are looked at where a library does it."""
_BLOCKS: Final = 64
"""Pieces, of a column that is too long to be looked at as a whole."""
_TRIED: Final = 10_000
"""Objects of a column that tell what it holds."""


class ColumnPart(NamedTuple):
    """A column, or as much of it as is looked at."""

    name: str
    rows: int
    """How many values that is."""
    values: Any
    """As the library has them."""


class LookedAt(NamedTuple):
    """How many values are looked at, at most."""

    cells: int = CELLS
    """Where a library does it."""
    plain_cells: int = PLAIN_CELLS
    """Where they are objects of Python's."""


MOST: Final = LookedAt()


class DataFrame(NamedTuple):
    """Rows and columns of whatever library's data."""

    data: Any
    """The data itself."""
    width: int
    """How many columns there are; of records, about."""
    total: int
    """How many rows there are."""
    take: Callable[[list[int]], Any]
    """The rows at some places, as data of the same kind."""
    columns: Callable[[LookedAt], Iterator[ColumnPart]]
    """What is to be looked at of the columns."""


def opened(data: Any) -> DataFrame | None:
    """The rows and columns of data that is there as a whole; None of what is not, such as an iterator."""
    if isinstance(data, Mapping):
        return _of_columns(data) if data and all(map(_has_places, data.values())) else None
    if isinstance(data, list | tuple):
        return _of_records(data) if data and not hasattr(data, "_asdict") else None
    return _of_library(data)


def _of_library(data: Any) -> DataFrame | None:
    match type(data).__module__.partition(".")[0]:
        case "numpy" if hasattr(data, "ndim"):
            return _array(data)
        case "pandas" if hasattr(data, "iloc"):
            return _pandas(data if hasattr(data, "columns") else data.to_frame())
        case "polars" if hasattr(data, "get_columns"):
            return _polars(data)
        case "pyarrow" if hasattr(data, "column_names") and hasattr(data, "take"):
            return _pyarrow(data)
        case _:
            return None


def of_rows(taken: tabular.Tabular) -> DataFrame:
    """Rows that were taken of data that is not there any more."""

    def take(rows: list[int]) -> Any:
        return [dict(zip(taken.names, taken.rows[row], strict=False)) for row in rows]

    return DataFrame(taken.rows, len(taken.names), len(taken.rows), take, lambda most: _turned(taken, most))


def places(total: int, count: int) -> list[int]:
    """Places of some rows, ascending: the same ones each time, and in step with nothing that the rows repeat."""
    return sorted(random.Random(total).sample(range(total), min(total, count)))  # noqa: S311 - nothing secret


def blocks(total: int, most: int) -> list[slice]:
    """Parts of a column that hold no more than so many values, spread evenly over it."""
    if total <= most:
        return [slice(0, total)]
    count = max(1, min(_BLOCKS, most))
    size = max(1, most // count)
    return [slice(start, start + size) for start in (total * each // count for each in range(count))]


def _part(name: Any, column: Any, width: int, most: LookedAt, *, plain: bool) -> ColumnPart:
    """As much of a column as may be looked at where there are so many."""
    total = len(column)
    looked_at = blocks(total, (most.plain_cells if plain else most.cells) // max(1, width))
    held = column.iloc if hasattr(column, "iloc") else column
    rows = sum(min(each.stop, total) - each.start for each in looked_at)
    return ColumnPart(coerce.text(name), rows, _joined([held[each] for each in looked_at]))


def _array(array: Any) -> DataFrame | None:
    names: list[Any] = list(array.dtype.names or ())
    if not names and array.ndim not in {1, 2}:
        return None
    width = len(names) or (1 if array.ndim == 1 else array.shape[1])

    def columns(most: LookedAt) -> Iterator[ColumnPart]:
        for place in range(min(width, MOST_COLUMNS)):
            column = array[names[place]] if names else array if array.ndim == 1 else array[:, place]
            yield _part(names[place] if names else place, column, width, most, plain=column.dtype.hasobject)

    return DataFrame(array, width, len(array), lambda rows: array[rows], columns)


def _pandas(frame: Any) -> DataFrame:
    levels = list(frame.index.names) if any(name is not None for name in frame.index.names) else []
    width = len(levels) + len(frame.columns)

    def columns(most: LookedAt) -> Iterator[ColumnPart]:
        for place, name in enumerate(levels):
            level = frame.index.get_level_values(place).to_series()
            yield _part(f"level_{place}" if name is None else name, level, width, most, plain=_is_plain(level))
        for place, name in enumerate(frame.columns[: MOST_COLUMNS - len(levels)]):
            series = frame.iloc[:, place]
            yield _part(name, series, width, most, plain=_is_plain(series))

    return DataFrame(frame, width, len(frame), lambda rows: frame.iloc[rows], columns)


def _is_plain(series: Any) -> bool:
    """Whether a series of pandas holds objects other than strings, as far as its first ones tell."""
    types = importlib.import_module("pandas.api.types")
    return bool(series.dtype == object and types.infer_dtype(series.iloc[:_TRIED], skipna=True) != "string")


def _polars(frame: Any) -> DataFrame:
    objects = importlib.import_module("polars").Object

    def columns(most: LookedAt) -> Iterator[ColumnPart]:
        for series in frame.get_columns()[:MOST_COLUMNS]:
            yield _part(series.name, series, frame.width, most, plain=series.dtype == objects)

    return DataFrame(frame, frame.width, frame.height, lambda rows: frame[rows], columns)


def _pyarrow(table: Any) -> DataFrame:
    def columns(most: LookedAt) -> Iterator[ColumnPart]:
        for place, name in enumerate(table.column_names[:MOST_COLUMNS]):
            yield _part(name, table.column(place), table.num_columns, most, plain=False)

    return DataFrame(table, table.num_columns, len(table), table.take, columns)


def _of_columns(data: Mapping[Any, Any]) -> DataFrame:
    def take(rows: list[int]) -> Any:
        return {name: _at(values, rows) for name, values in islice(data.items(), tabular.MOST_COLUMNS)}

    def columns(most: LookedAt) -> Iterator[ColumnPart]:
        for name, values in islice(data.items(), MOST_COLUMNS):
            yield _part(name, values, len(data), most, plain=isinstance(values, list | tuple | range))

    return DataFrame(data, len(data), max(map(len, data.values())), take, columns)


def _at(values: Any, rows: list[int]) -> Any:
    """What a column holds at some places, ascending; it may be shorter than others are."""
    there = [row for row in rows if row < len(values)]
    if isinstance(values, list | tuple | range):
        return [values[row] for row in there]
    return values.iloc[there] if hasattr(values, "iloc") else values[there]


def _of_records(records: Sequence[Any]) -> DataFrame:
    first = records[0]
    width = max(1, len(first) if isinstance(first, Mapping | list | tuple) else len(tabular.of_records([first]).names))

    def columns(most: LookedAt) -> Iterator[ColumnPart]:
        looked_at = blocks(len(records), most.plain_cells // width)
        return _turned(tabular.of_records(list(chain.from_iterable(records[each] for each in looked_at))), most)

    return DataFrame(records, width, len(records), lambda rows: [records[row] for row in rows], columns)


def _turned(taken: tabular.Tabular, most: LookedAt) -> Iterator[ColumnPart]:
    """Rows as columns."""
    looked_at = blocks(len(taken.rows), most.plain_cells // max(1, len(taken.names)))
    rows = list(chain.from_iterable(taken.rows[each] for each in looked_at))
    for place, name in enumerate(taken.names[:MOST_COLUMNS]):
        yield ColumnPart(name, len(rows), [row[place] if place < len(row) else None for row in rows])


def _has_places(values: Any) -> bool:
    """Whether a value of a dict is a column of which parts can be taken."""
    if isinstance(values, list | tuple | range):
        return not hasattr(values, "_asdict")
    library = type(values).__module__.partition(".")[0]
    return library in {"numpy", "pandas", "polars"} and getattr(values, "ndim", 1) == 1 and hasattr(values, "__len__")


def _joined(parts: Sequence[Any]) -> Any:
    """Parts of a column as one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    library = type(first).__module__.partition(".")[0]
    if library == "numpy":
        return importlib.import_module("numpy").concatenate(parts)
    if library in {"pandas", "polars"}:
        return importlib.import_module(library).concat(parts)
    if library == "pyarrow":
        chunks = chain.from_iterable(part.chunks for part in parts)
        return importlib.import_module("pyarrow").chunked_array(list(chunks), first.type)
    return list(chain.from_iterable(parts))
