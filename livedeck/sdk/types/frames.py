"""Frames of pandas, polars and pyarrow: Parquet files in the store, read back as whatever the reader declares."""

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livedeck.errors import UnknownEntity, UnsupportedType
from livedeck.sdk.types import paths, wire
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import type_name

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_PARQUET = "parquet"
_PART = "00000"
"""Name of the one file below a frame's URI, as flytekit writes it."""


@dataclass(frozen=True)
class Library:
    """How one library writes and reads Parquet, and reads CSV."""

    write: Callable[[Any, Path], None]
    read: Callable[[Sequence[Path]], Any]
    read_csv: Callable[[Sequence[Path]], Any]
    columns: Callable[[Any], list[str]]
    lazy: bool = False
    """Whether what was read still needs its files."""
    writers: tuple[str, ...] = ()
    """Modules of which it needs one for Parquet; empty: none but itself."""


def _write_pandas(frame: Any, path: Path) -> None:
    frame.to_parquet(path)


def _read_pandas(paths: Sequence[Path]) -> Any:
    import pandas as pd

    return _joined(pd.read_parquet, paths, lambda frames: pd.concat(frames, ignore_index=True))


def _csv_pandas(paths: Sequence[Path]) -> Any:
    import pandas as pd

    return _joined(pd.read_csv, paths, lambda frames: pd.concat(frames, ignore_index=True))


def _write_polars(frame: Any, path: Path) -> None:
    frame.write_parquet(path)


def _read_polars(paths: Sequence[Path]) -> Any:
    import polars as pl

    return pl.read_parquet(list(paths))


def _csv_polars(paths: Sequence[Path]) -> Any:
    import polars as pl

    return _joined(pl.read_csv, paths, pl.concat)


def _write_lazy(frame: Any, path: Path) -> None:
    _write_polars(frame.collect(), path)


def _read_lazy(paths: Sequence[Path]) -> Any:
    import polars as pl

    return pl.scan_parquet(list(paths))


def _csv_lazy(paths: Sequence[Path]) -> Any:
    return _csv_polars(paths).lazy()


def _write_arrow(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path)


def _read_arrow(paths: Sequence[Path]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    return _joined(pq.read_table, paths, pa.concat_tables)


def _csv_arrow(paths: Sequence[Path]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    return _joined(csv.read_csv, paths, pa.concat_tables)


def _joined(read: Callable[[Path], Any], paths: Sequence[Path], join: Callable[[list[Any]], Any]) -> Any:
    return read(paths[0]) if len(paths) == 1 else join([read(path) for path in paths])


LIBRARIES: Mapping[tuple[str, str], Library] = {
    ("pandas", "DataFrame"): Library(
        _write_pandas,
        _read_pandas,
        _csv_pandas,
        lambda frame: [str(name) for name in frame.columns],
        writers=("pyarrow", "fastparquet"),
    ),
    ("polars", "DataFrame"): Library(_write_polars, _read_polars, _csv_polars, lambda frame: list(frame.columns)),
    ("polars", "LazyFrame"): Library(
        _write_lazy, _read_lazy, _csv_lazy, lambda frame: frame.collect_schema().names(), lazy=True
    ),
    ("pyarrow", "Table"): Library(_write_arrow, _read_arrow, _csv_arrow, lambda table: list(table.column_names)),
}


def library_of(python_type: Any) -> Library | None:
    """Return how frames of exactly this type are written; a library that is not loaded has no types yet."""
    for (module, name), library in LIBRARIES.items():
        if module in sys.modules and python_type is getattr(sys.modules[module], name, None):
            return library
    return None


class FrameHandler(Handler):
    """A frame. One of another library is converted to the declared one, as it would be on its way through the store."""

    tag = "StructuredDataset Transformer"

    def __init__(self, python_type: Any, library: Library) -> None:
        super().__init__(python_type)
        self._library = library

    def accept(self, value: Any) -> Any:
        if isinstance(value, self.type):
            return value
        other = library_of(type(value))
        if other is None:
            raise self.mismatch(value)
        import tempfile

        with tempfile.TemporaryDirectory(prefix="livedeck-") as folder:
            path = Path(folder, _PART)
            self._write(other, value, path)
            frame = self._library.read([path])
            # A LazyFrame reads its file later, when the folder is gone.
            return frame.collect().lazy() if hasattr(frame, "collect") else frame

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.types.LiteralType(structured_dataset_type=wire.types.StructuredDatasetType())

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        kind = wire.types.StructuredDatasetType(format=_PARQUET)
        metadata = wire.literals.StructuredDatasetMetadata(structured_dataset_type=kind)
        dataset = wire.literals.StructuredDataset(uri=self._upload(value, data), metadata=metadata)
        return wire.literals.Literal(scalar=wire.literals.Scalar(structured_dataset=dataset))

    def _upload(self, value: Any, data: "DataPlane") -> str:
        path = data.new_folder() / _PART
        try:
            self._write(self._library, value, path)
            return data.put_file(path).rpartition("/")[0]
        finally:
            path.unlink(missing_ok=True)

    def _write(self, library: Library, value: Any, path: Path) -> None:
        try:
            library.write(value, path)
        except ImportError as error:
            raise UnknownEntity(f"a frame needs a library to be written as Parquet: {error}") from error
        except (ValueError, TypeError, NotImplementedError) as error:  # pyarrow's errors are ValueErrors
            raise self.mismatch(value, f"it cannot be written as Parquet: {error}") from error

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        kind = literal.scalar.WhichOneof("value")
        if kind == "structured_dataset":
            found = literal.scalar.structured_dataset
            return self._load(found.uri, found.metadata.structured_dataset_type.format, data)
        if kind == "schema":  # flytekit wrote frames as schemas before 1.0
            return self._load(literal.scalar.schema.uri, _PARQUET, data)
        raise self.wrong_literal(literal)

    def _load(self, uri: str, format: str, data: "DataPlane") -> Any:
        readers = {_PARQUET: self._library.read, "": self._library.read, "csv": self._library.read_csv}
        if format not in readers:
            raise self.mismatch(uri, f"its format is {format!r}: parquet and csv can be read")
        folder, paths = data.fetch_folder(uri)
        paths = [path for path in paths if not path.name.startswith(("_", ".")) or path.name == ".csv"]
        if not paths:  # the URI is not that of a folder, but of the one file
            folder = data.fetch_file(uri).parent
            paths = list(folder.iterdir())
        try:
            return readers[format](paths)
        finally:
            if not self._library.lazy:
                import shutil

                shutil.rmtree(folder)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return {"uri": self._upload(self.accept(value), data), "file_format": _PARQUET}

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        if not isinstance(plain, dict) or not isinstance(plain.get("uri"), str):
            raise self.mismatch(plain)
        return self._load(plain["uri"], plain.get("file_format") or _PARQUET, data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, dict) and plain.keys() == {"uri", "file_format"}

    def from_json(self, obj: Any) -> Any:
        path = obj if isinstance(obj, str) else ""
        readers = {".parquet": self._library.read, ".csv": self._library.read_csv}
        reader = readers.get(os.path.splitext(path)[1].lower())  # may hold a NUL
        if reader is None:
            raise self.mismatch(obj, "write the path of a .parquet or .csv file")
        if obstacle := paths.obstacle(path):
            raise self.mismatch(obj, obstacle)
        return reader([Path(path)])

    def to_json(self, value: Any) -> Any:
        frame = self.accept(value)
        names = self._library.columns(frame)
        kind = f"{self.type.__module__.partition('.')[0]}.{self.type.__name__}"
        rows = {"rows": len(frame)} if hasattr(frame, "__len__") else {}  # a lazy frame does not know
        return {"type": kind, "columns": names, **rows}

    def schema(self) -> dict[str, Any]:
        text = {"type": "string"}
        properties = {"uri": text, "file_format": text}
        return {"type": "object", "title": "StructuredDataset", "properties": properties, "additionalProperties": False}

    def describe(self) -> str:
        return "path of a .parquet or .csv file"


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is a frame of a library that is loaded.

    Raises:
        UnsupportedType: nothing is installed that writes such a frame down.
    """
    library = library_of(python_type)
    if library is None:
        return None
    if library.writers and not any(map(importlib.util.find_spec, library.writers)):
        raise UnsupportedType(
            f"{type_name(python_type)}: it travels as Parquet, and {sys.prefix} has nothing that writes it: "
            f"install {library.writers[0]} there, as in {sys.executable} -m pip install {library.writers[0]}"
        )
    return FrameHandler(python_type, library)
