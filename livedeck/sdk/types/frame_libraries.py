"""How pandas, polars and pyarrow write and read their frames, as Parquet and as CSV."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

Columns = list[str] | None
PARQUET = "parquet"
CSV = "csv"


@dataclass(frozen=True)
class Library:
    """How one library writes and reads Parquet and CSV. Readers are given the columns to read, None for all."""

    write: Callable[[Any, Path], None]
    read: Callable[[Sequence[Path], Columns], Any]
    write_csv: Callable[[Any, Path], None]
    read_csv: Callable[[Sequence[Path], Columns], Any]
    columns: Callable[[Any], list[str]]
    lazy: bool = False
    """Whether what was read still needs its files."""
    writers: tuple[str, ...] = ()
    """Modules of which it needs one for Parquet; empty: none but itself."""


def _write_pandas(frame: Any, path: Path) -> None:
    frame.to_parquet(path)


def _read_pandas(paths: Sequence[Path], columns: Columns) -> Any:
    import pandas as pd

    return _joined(partial(pd.read_parquet, columns=columns), paths, _concat_pandas)


def _concat_pandas(frames: list[Any]) -> Any:
    import pandas as pd

    return pd.concat(frames, ignore_index=True)


def _write_csv_pandas(frame: Any, path: Path) -> None:
    frame.to_csv(path, index=False)


def _csv_pandas(paths: Sequence[Path], columns: Columns) -> Any:
    import pandas as pd

    frame = _joined(partial(pd.read_csv, usecols=columns), paths, _concat_pandas)
    return frame if columns is None else frame[columns]  # pandas has them in the file's order, whatever was asked for


def _write_polars(frame: Any, path: Path) -> None:
    frame.write_parquet(path)


def _read_polars(paths: Sequence[Path], columns: Columns) -> Any:
    import polars as pl

    return pl.read_parquet(list(paths), columns=columns)


def _write_csv_polars(frame: Any, path: Path) -> None:
    frame.write_csv(path)


def _csv_polars(paths: Sequence[Path], columns: Columns) -> Any:
    import polars as pl

    return _joined(partial(pl.read_csv, columns=columns), paths, pl.concat)


def _write_lazy(frame: Any, path: Path) -> None:
    _write_polars(frame.collect(), path)


def _read_lazy(paths: Sequence[Path], columns: Columns) -> Any:
    import polars as pl

    frame = pl.scan_parquet(list(paths))
    return frame if columns is None else frame.select(columns)


def _write_csv_lazy(frame: Any, path: Path) -> None:
    _write_csv_polars(frame.collect(), path)


def _csv_lazy(paths: Sequence[Path], columns: Columns) -> Any:
    return _csv_polars(paths, columns).lazy()


def _write_arrow(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path)


def _read_arrow(paths: Sequence[Path], columns: Columns) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    return _joined(partial(pq.read_table, columns=columns), paths, pa.concat_tables)


def _write_csv_arrow(table: Any, path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(table, path)


def _csv_arrow(paths: Sequence[Path], columns: Columns) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    options = csv.ConvertOptions(include_columns=columns)
    return _joined(partial(csv.read_csv, convert_options=options), paths, pa.concat_tables)


def _joined(read: Callable[[Path], Any], paths: Sequence[Path], join: Callable[[list[Any]], Any]) -> Any:
    return read(paths[0]) if len(paths) == 1 else join([read(path) for path in paths])


LIBRARIES: Mapping[tuple[str, str], Library] = {
    ("pandas", "DataFrame"): Library(
        _write_pandas,
        _read_pandas,
        _write_csv_pandas,
        _csv_pandas,
        lambda frame: [str(name) for name in frame.columns],
        writers=("pyarrow", "fastparquet"),
    ),
    ("polars", "DataFrame"): Library(
        _write_polars, _read_polars, _write_csv_polars, _csv_polars, lambda frame: list(frame.columns)
    ),
    ("polars", "LazyFrame"): Library(
        _write_lazy,
        _read_lazy,
        _write_csv_lazy,
        _csv_lazy,
        lambda frame: frame.collect_schema().names(),
        lazy=True,
    ),
    ("pyarrow", "Table"): Library(
        _write_arrow, _read_arrow, _write_csv_arrow, _csv_arrow, lambda table: list(table.column_names)
    ),
}


def library_of(python_type: Any) -> Library | None:
    """Return how frames of exactly this type are written; a library that is not loaded has no types yet."""
    for (module, name), library in LIBRARIES.items():
        if module in sys.modules and python_type is getattr(sys.modules[module], name, None):
            return library
    return None
