"""Frames of pandas, polars and pyarrow, and ``StructuredDataset``: files in the store, read as the reader declares."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livedeck.errors import UnknownEntity, UnsupportedType
from livedeck.sdk.types import columns, paths, wire
from livedeck.sdk.types.codecs import StructuredDatasetTransformerEngine as Engine
from livedeck.sdk.types.columns import FrameNotes
from livedeck.sdk.types.datasets import StructuredDataset
from livedeck.sdk.types.frame_libraries import CSV, PARQUET, Library, library_of
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch, type_name
from livedeck.sdk.types.registry import handler_for

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_PART = "00000"
"""Name of the one file below the URI of a frame in Parquet, as flytekit writes it."""
_CSV_PART = ".csv"
"""The same for CSV."""


class DatasetHandler(Handler):
    """What frames and ``StructuredDataset`` share: how they are written and found again."""

    tag = "StructuredDataset Transformer"

    def __init__(self, python_type: Any, notes: FrameNotes, resolve: Resolve) -> None:
        super().__init__(python_type)
        self._notes = notes
        self._resolve = resolve

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.types.LiteralType(structured_dataset_type=self._notes.dataset_type(self._resolve))

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        return wire.literals.Literal(scalar=wire.literals.Scalar(structured_dataset=self._stored(value, data)))

    def _stored(self, value: Any, data: "DataPlane") -> "wire.literals.StructuredDataset":
        """Return where a value is, which is written if it is not yet."""
        raise NotImplementedError

    def _frame_stored(self, dataset: StructuredDataset, data: "DataPlane") -> "wire.literals.StructuredDataset":
        """Write the frame of a dataset."""
        frame = dataset.dataframe
        kind, library = type(frame), library_of(type(frame))
        format = self._notes.format or dataset.file_format or Engine.DEFAULT_FORMATS.get(kind, "")
        declared = self._notes.dataset_type(self._resolve)
        if library is None or Engine.encodes(kind, format):
            return self._encoded(dataset, format, declared, data)
        declared.format = format or PARQUET
        uri = self._written(library, frame, dataset.uri, declared.format, data)
        return _located(uri, declared)

    def _encoded(
        self,
        dataset: StructuredDataset,
        format: str,
        declared: "wire.types.StructuredDatasetType",
        data: "DataPlane",
    ) -> "wire.literals.StructuredDataset":
        """Write the frame of a dataset with the encoder that is registered for it."""
        from livedeck.sdk.types.file_access import FlyteContext

        kind = type(dataset.dataframe)
        if not Engine.knows(kind):
            raise self.mismatch(dataset.dataframe)
        encoder = Engine.get_encoder(kind, _scheme(dataset.uri or data.new_uri()), format)
        made = encoder.encode(FlyteContext(data), dataset, declared)
        stored = _located(made.uri, made.metadata.structured_dataset_type)
        found = stored.metadata.structured_dataset_type
        if not found.columns:
            found.columns.extend(declared.columns)
        found.format = encoder.supported_format or found.format
        return stored

    def _written(self, library: Library, frame: Any, uri: str | None, format: str, data: "DataPlane") -> str:
        writers = {PARQUET: (library.write, _PART), CSV: (library.write_csv, _CSV_PART)}
        if format not in writers:
            raise self.mismatch(frame, f"its format is to be {format!r}: parquet and csv can be written")
        write, name = writers[format]
        path = data.new_folder() / name
        try:
            self._write(write, frame, path, format)
            return data.put_file(path, name).rpartition("/")[0] if uri is None else _put_below(uri, path, data)
        finally:
            path.unlink(missing_ok=True)

    def _write(self, write: Any, frame: Any, path: Path, format: str) -> None:
        words = {PARQUET: "Parquet", CSV: "CSV"}[format]
        try:
            write(frame, path)
        except ImportError as error:
            raise UnknownEntity(f"a frame needs a library to be written as {words}: {error}") from error
        except (ValueError, TypeError, NotImplementedError) as error:  # pyarrow's errors are ValueErrors
            raise self.mismatch(frame, f"it cannot be written as {words}: {error}") from error

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        kind = literal.scalar.WhichOneof("value")
        if kind == "structured_dataset":
            return self._found(literal.scalar.structured_dataset, data)
        if kind == "schema":  # flytekit wrote frames as schemas before 1.0
            return self._found(
                _located(literal.scalar.schema.uri, wire.types.StructuredDatasetType(format=PARQUET)), data
            )
        raise self.wrong_literal(literal)

    def _found(self, stored: "wire.literals.StructuredDataset", data: "DataPlane") -> Any:
        """Return the value of what was stored."""
        raise NotImplementedError

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        stored = self._stored(self.accept(value), data)
        return {"uri": stored.uri, "file_format": stored.metadata.structured_dataset_type.format}

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        if not isinstance(plain, dict) or not isinstance(plain.get("uri"), str):
            raise self.mismatch(plain)
        kind = wire.types.StructuredDatasetType(format=plain.get("file_format") or PARQUET)
        return self._found(_located(plain["uri"], kind), data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, dict) and plain.keys() == {"uri", "file_format"}

    def schema(self) -> dict[str, Any]:
        text = {"type": "string"}
        properties = {"uri": text, "file_format": text}
        return {"type": "object", "title": "StructuredDataset", "properties": properties, "additionalProperties": False}

    def describe(self) -> str:
        return "path of a .parquet or .csv file"


class FrameHandler(DatasetHandler):
    """A frame. One of another library is converted to the declared one, as it would be on its way through the store."""

    def __init__(self, python_type: Any, library: Library, notes: FrameNotes, resolve: Resolve) -> None:
        super().__init__(python_type, notes, resolve)
        self._library = library

    def accept(self, value: Any) -> Any:
        if isinstance(value, self.type):
            return value
        if isinstance(value, StructuredDataset):
            return value.open(self.type).all()
        other = library_of(type(value))
        if other is None:
            raise self.mismatch(value)
        import tempfile

        with tempfile.TemporaryDirectory(prefix="livedeck-") as folder:
            path = Path(folder, _PART)
            self._write(other.write, value, path, PARQUET)
            frame = self._library.read([path], None)
            # A LazyFrame reads its file later, when the folder is gone.
            return frame.collect().lazy() if hasattr(frame, "collect") else frame

    def _stored(self, value: Any, data: "DataPlane") -> "wire.literals.StructuredDataset":
        return self._frame_stored(StructuredDataset(dataframe=value), data)

    def _found(self, stored: "wire.literals.StructuredDataset", data: "DataPlane") -> Any:
        return _loaded(self, stored, self.type, self._notes.names, data)

    def from_json(self, obj: Any) -> Any:
        path = obj if isinstance(obj, str) else ""
        readers = {".parquet": self._library.read, ".csv": self._library.read_csv}
        reader = readers.get(os.path.splitext(path)[1].lower())  # may hold a NUL
        if reader is None:
            raise self.mismatch(obj, "write the path of a .parquet or .csv file")
        if obstacle := paths.obstacle(path):
            raise self.mismatch(obj, obstacle)
        return reader([Path(path)], self._notes.names)

    def to_json(self, value: Any) -> Any:
        frame = self.accept(value)
        names = self._library.columns(frame)
        kind = f"{self.type.__module__.partition('.')[0]}.{self.type.__name__}"
        rows = {"rows": len(frame)} if hasattr(frame, "__len__") else {}  # a lazy frame does not know
        return {"type": kind, "columns": names, **rows}


class EncodedHandler(DatasetHandler):
    """A frame of a type whose encoder or decoder was registered."""

    def accept(self, value: Any) -> Any:
        if isinstance(value, self.type):
            return value
        if isinstance(value, StructuredDataset):
            return value.open(self.type).all()
        raise self.mismatch(value)

    def _stored(self, value: Any, data: "DataPlane") -> "wire.literals.StructuredDataset":
        return self._frame_stored(StructuredDataset(dataframe=value), data)

    def _found(self, stored: "wire.literals.StructuredDataset", data: "DataPlane") -> Any:
        return _loaded(self, stored, self.type, self._notes.names, data)

    def from_json(self, obj: Any) -> Any:
        raise self.mismatch(obj, "such a frame cannot be written as JSON: let a task make it")

    def to_json(self, value: Any) -> Any:
        return {"type": type_name(self.type)}

    def describe(self) -> str:
        return f"{type_name(self.type)}, which cannot be given here"


class StructuredDatasetHandler(DatasetHandler):
    """``StructuredDataset``. A frame is taken for the dataset that it makes."""

    def accept(self, value: Any) -> StructuredDataset:
        if isinstance(value, StructuredDataset):
            if value.dataframe is None and not value.uri:
                raise self.mismatch(value, "give it a dataframe or a uri")
            return value
        if library_of(type(value)) is not None or Engine.knows(type(value)):
            return StructuredDataset(dataframe=value)
        raise self.mismatch(value)

    def _stored(self, value: StructuredDataset, data: "DataPlane") -> "wire.literals.StructuredDataset":
        if value.literal is not None:  # it came from another task
            return value.literal
        if value.dataframe is not None:
            return self._frame_stored(value, data)
        kind = self._notes.dataset_type(self._resolve)
        uri = str(value.uri)
        kind.format = kind.format or value.file_format or _format_of(uri)
        return _located(uri if "://" in uri else self._uploaded(uri, data), kind)

    def _uploaded(self, path: str, data: "DataPlane") -> str:
        if os.path.isdir(path):
            return data.put_folder(Path(path))
        if obstacle := paths.obstacle(path):
            raise self.mismatch(path, obstacle)
        return data.put_file(Path(path))

    def _found(self, stored: "wire.literals.StructuredDataset", data: "DataPlane") -> StructuredDataset:
        kind = stored.metadata.structured_dataset_type
        declared = self._notes.dataset_type(self._resolve)
        metadata = wire.literals.StructuredDatasetMetadata(structured_dataset_type=kind)
        if declared.columns:
            del metadata.structured_dataset_type.columns[:]
            metadata.structured_dataset_type.columns.extend(declared.columns)
        found = StructuredDataset(uri=stored.uri, metadata=metadata, file_format=kind.format)
        found._literal, found._data = stored, data  # private to this package
        found._columns = [each.name for each in metadata.structured_dataset_type.columns] or None
        return found

    def from_json(self, obj: Any) -> StructuredDataset:
        if isinstance(obj, dict) and isinstance(obj.get("uri"), str):
            return StructuredDataset(uri=obj["uri"], file_format=obj.get("file_format") or _format_of(obj["uri"]))
        if not isinstance(obj, str) or not obj:
            raise self.mismatch(obj, "write the path or URI of a .parquet or .csv file")
        if "://" not in obj and not os.path.isdir(obj) and (obstacle := paths.obstacle(obj)):
            raise self.mismatch(obj, obstacle)
        return StructuredDataset(uri=obj, file_format=_format_of(obj))

    def to_json(self, value: Any) -> Any:
        dataset = self.accept(value)
        what = {"dataframe": type(dataset.dataframe).__name__} if dataset.uri is None else {"uri": dataset.uri}
        return {"type": "StructuredDataset", **what, "format": dataset.file_format or PARQUET}

    def describe(self) -> str:
        return "path or URI of a .parquet or .csv file"


def read_dataset(dataset: StructuredDataset, kind: Any, *, pieces: bool) -> Any:
    """Return the frame of a dataset as one of another type, or its pieces.

    Raises:
        TypeMismatch: it cannot be written or read in its format.
        UnknownEntity: frames of the type cannot be read.
        StoreError: it cannot be read.
    """
    try:
        return _read_dataset(dataset, kind, pieces=pieces)
    except Mismatch as mismatch:
        raise mismatch.at(None) from None


def _read_dataset(dataset: StructuredDataset, kind: Any, *, pieces: bool) -> Any:
    from livedeck.sdk.types.dataplane import current_data_plane

    data = dataset._data or current_data_plane()
    handler = StructuredDatasetHandler(StructuredDataset, FrameNotes(), handler_for)
    if dataset.dataframe is not None and isinstance(dataset.dataframe, kind) and not pieces:
        return dataset.dataframe
    stored = dataset.literal or handler._stored(dataset, data)
    if pieces and not Engine.knows(kind):
        return _pieces(handler, stored, kind, dataset._columns, data)
    return _loaded(handler, stored, kind, dataset._columns, data)


def _loaded(
    handler: Handler,
    stored: "wire.literals.StructuredDataset",
    kind: Any,
    names: list[str] | None,
    data: "DataPlane",
) -> Any:
    """Read what was stored as a frame of a type."""
    format = stored.metadata.structured_dataset_type.format
    names = names or [each.name for each in stored.metadata.structured_dataset_type.columns] or None
    library = library_of(kind)
    if library is None or Engine.decodes(kind, format):
        from livedeck.sdk.types.file_access import FlyteContext

        decoder = Engine.get_decoder(kind, _scheme(stored.uri), format)
        metadata = wire.literals.StructuredDatasetMetadata(
            structured_dataset_type=stored.metadata.structured_dataset_type
        )
        return decoder.decode(FlyteContext(data), stored, metadata)
    folder, files = _fetched(handler, stored.uri, format, data)
    try:
        return _reader(handler, library, format, stored.uri)(files, names)
    finally:
        if not library.lazy:
            shutil.rmtree(folder)


def _pieces(
    handler: Handler,
    stored: "wire.literals.StructuredDataset",
    kind: Any,
    names: list[str] | None,
    data: "DataPlane",
) -> Iterator[Any]:
    """Yield the frame of each file of what was stored."""
    format = stored.metadata.structured_dataset_type.format
    library = library_of(kind)
    if library is None:
        raise UnknownEntity(f"there is no decoder of {kind!r}: register one with StructuredDatasetTransformerEngine")
    folder, files = _fetched(handler, stored.uri, format, data)
    try:
        for file in files:
            yield _reader(handler, library, format, stored.uri)([file], names)
    finally:
        if not library.lazy:
            shutil.rmtree(folder)


def _reader(handler: Handler, library: Library, format: str, uri: str) -> Any:
    readers = {PARQUET: library.read, "": library.read, CSV: library.read_csv}
    if format not in readers:
        raise handler.mismatch(uri, f"its format is {format!r}: parquet and csv can be read")
    return readers[format]


def _fetched(handler: Handler, uri: str, format: str, data: "DataPlane") -> tuple[Path, Sequence[Path]]:
    """Download a frame's files; return their folder, and them."""
    if format not in (PARQUET, "", CSV):
        raise handler.mismatch(uri, f"its format is {format!r}: parquet and csv can be read")
    folder, found = data.fetch_folder(uri)
    files = [path for path in found if not path.name.startswith(("_", ".")) or path.name == _CSV_PART]
    if not files:  # the URI is not that of a folder, but of the one file
        folder = data.fetch_file(uri).parent
        files = list(folder.iterdir())
    return folder, files


def _located(uri: str, kind: "wire.types.StructuredDatasetType") -> "wire.literals.StructuredDataset":
    metadata = wire.literals.StructuredDatasetMetadata(structured_dataset_type=kind)
    return wire.literals.StructuredDataset(uri=uri, metadata=metadata)


def _put_below(uri: str, path: Path, data: "DataPlane") -> str:
    """Upload a file into a folder that was named, a local one too; return the folder's URI."""
    from livedeck.sdk.types import transfers

    folder = uri.rstrip("/") if "://" in uri else f"file://{os.path.abspath(uri)}"
    transfers.put_file(path, f"{folder}/{path.name}", retry=data.retry)
    return folder


def _scheme(uri: str) -> str:
    return uri.partition("://")[0] if "://" in uri else "file"


def _format_of(uri: str) -> str:
    """Return the format that a file's name says; Parquet where it says none."""
    return CSV if uri.lower().endswith(".csv") else PARQUET


def family(python_type: Any, resolve: Resolve, annotations: Iterable[Any] = ()) -> Handler | None:
    """Return the handler if ``python_type`` is ``StructuredDataset``, or a frame of a library that is loaded.

    Args:
        python_type: the type, without ``Annotated``.
        resolve: finds the handlers of columns.
        annotations: what stood beside it in ``Annotated``.

    Raises:
        UnsupportedType: nothing is installed that writes such a frame down.
    """
    is_dataset = isinstance(python_type, type) and issubclass(python_type, StructuredDataset)
    library = library_of(python_type)
    if not is_dataset and library is None and not Engine.knows(python_type):
        return None
    notes = columns.read(tuple(annotations))
    if is_dataset:
        return StructuredDatasetHandler(python_type, notes, resolve)
    if library is None:
        return EncodedHandler(python_type, notes, resolve)
    if library.writers and not any(map(importlib.util.find_spec, library.writers)):
        raise UnsupportedType(
            f"{type_name(python_type)}: it travels as Parquet, and {sys.prefix} has nothing that writes it: "
            f"install {library.writers[0]} there, as in {sys.executable} -m pip install {library.writers[0]}"
        )
    return FrameHandler(python_type, library, notes, resolve)
