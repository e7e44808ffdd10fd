"""``File`` and ``Directory`` as blobs: uploaded when they are local, passed on by URI when they are not."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import paths, wire
from livedeck.sdk.types.files import Directory, File, Stored, set_data_plane
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import type_name

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


def blob_type(format: str, dimensionality: str = "SINGLE") -> "wire.types.BlobType":
    """Return the type of a blob; ``dimensionality`` is ``SINGLE`` or ``MULTIPART``."""
    kind = wire.types.BlobType.BlobDimensionality.Value(dimensionality)
    return wire.types.BlobType(format=format, dimensionality=kind)  # type: ignore[arg-type]


def blob(uri: str, kind: "wire.types.BlobType") -> "wire.literals.Literal":
    """Return the literal of a blob."""
    metadata = wire.literals.BlobMetadata(type=kind)
    return wire.literals.Literal(scalar=wire.literals.Scalar(blob=wire.literals.Blob(metadata=metadata, uri=uri)))


class StoredHandler(Handler):
    """What files and folders share. A local path, as ``str`` or ``Path``, is taken for what lies there."""

    dimensionality: ClassVar[str]
    words: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]

    def accept(self, value: Any) -> Stored:
        stored = self._stored(value)
        if stored.downloaded and stored.remote_source is None and (obstacle := self._obstacle(stored.path)):
            raise self.mismatch(value, obstacle)
        return stored

    def _stored(self, value: Any) -> Stored:
        kind = File if issubclass(self.type, File) else Directory
        if isinstance(value, kind):
            return value
        if isinstance(value, Stored) or not isinstance(value, str | os.PathLike) or not value:
            raise self.mismatch(value)
        return cast("Stored", self.type(os.fspath(value)))

    def _obstacle(self, path: str) -> str:
        """Return why what lies at a local path cannot be stored; empty if it can."""
        raise NotImplementedError

    def _upload(self, stored: Stored, data: "DataPlane") -> str:
        raise NotImplementedError

    def _uri(self, value: Any, data: "DataPlane") -> str:
        stored = self.accept(value)
        return stored.remote_source or self._upload(stored, data)

    def _from_uri(self, uri: str, data: "DataPlane") -> Stored:
        stored: Stored = self.type(uri)
        set_data_plane(stored, data)
        return stored

    def _blob_type(self) -> "wire.types.BlobType":
        return blob_type(self.type.format, self.dimensionality)

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.types.LiteralType(blob=self._blob_type())

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        return blob(self._uri(value, data), self._blob_type())

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Stored:
        if not literal.scalar.HasField("blob"):
            raise self.wrong_literal(literal)
        found = literal.scalar.blob
        if found.metadata.type.dimensionality != self._blob_type().dimensionality:
            raise self.mismatch(found.uri, f"it is not a {self.words}")
        return self._from_uri(found.uri, data)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return {"path": self._uri(value, data)}

    def unpack(self, plain: Plain, data: "DataPlane") -> Stored:
        return self._from_uri(self._source(plain), data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, dict) and "path" in plain and plain.keys() <= set(self.fields)

    def _source(self, obj: Any) -> str:
        source = obj.get("path") if isinstance(obj, dict) else obj
        if not isinstance(source, str) or not source:
            raise self.mismatch(obj, "write a path or a URI")
        return source

    def from_json(self, obj: Any) -> Stored:
        return self.accept(self._source(obj))

    def to_json(self, value: Any) -> str:
        stored = self._stored(value)
        return stored.remote_source or stored.path

    def schema(self) -> dict[str, Any]:
        path = {"anyOf": [{"type": "string"}, {"type": "string", "format": "path"}], "default": None}
        strings = {"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"type": "string"}}
        metadata = {"anyOf": [strings, {"type": "null"}], "default": None}
        properties = {name: {"path": path, "metadata": metadata}[name] for name in self.fields}
        title = self.type.flyte_name
        return {"type": "object", "title": title, "properties": properties, "additionalProperties": False}

    def describe(self) -> str:
        return f"path or URI of a {self.words}"


class SavedHandler(Handler):
    """A value that is saved into a file of its own: the literal is the file's address."""

    _format: str
    """The file's format, as flytekit calls it."""

    def _upload(self, value: Any, data: "DataPlane") -> str:
        """Save a value; return the file's URI."""
        raise NotImplementedError

    def _load(self, uri: str, data: "DataPlane") -> Any:
        raise NotImplementedError

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.types.LiteralType(blob=blob_type(self._format))

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        return blob(self._upload(value, data), blob_type(self._format))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        if not literal.scalar.HasField("blob"):
            raise self.wrong_literal(literal)
        return self._load(literal.scalar.blob.uri, data)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return {"path": self._upload(self.accept(value), data)}

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        if not isinstance(plain, dict) or not isinstance(plain.get("path"), str):
            raise self.mismatch(plain)
        return self._load(plain["path"], data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, dict) and plain.keys() == {"path"}


class FileHandler(StoredHandler):
    """``File``."""

    tag, dimensionality, words, fields = "FlyteFilePath", "SINGLE", "file", ("path", "metadata")

    def _obstacle(self, path: str) -> str:
        found = paths.obstacle(path)
        return f"{found}, or declare Directory" if found and os.path.isdir(path) else found  # may hold a NUL

    def _upload(self, stored: Stored, data: "DataPlane") -> str:
        path = Path(stored.download())
        if stored.remote_path is None:
            return data.put_file(path)
        if stored.remote_path is False:
            return _local_uri(path)
        from livedeck.sdk.types import transfers

        transfers.put_file(path, stored.remote_path, retry=data.retry)
        return stored.remote_path

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        stored = self._stored(value)
        literal = super().encode(stored, data)
        literal.metadata.update(getattr(stored, "metadata", None) or {})
        return literal

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Stored:
        stored = super().read(literal, data)
        assert isinstance(stored, File)
        stored.metadata = dict(literal.metadata) or None
        return stored

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        stored = self._stored(value)
        metadata = getattr(stored, "metadata", None)
        return {**super().pack(stored, data), **({"metadata": metadata} if metadata else {})}

    def unpack(self, plain: Plain, data: "DataPlane") -> Stored:
        stored = super().unpack(plain, data)
        assert isinstance(stored, File)
        stored.metadata = (plain.get("metadata") if isinstance(plain, dict) else None) or None
        return stored


class DirectoryHandler(StoredHandler):
    """``Directory``."""

    tag, dimensionality, words, fields = "FlyteDirectory", "MULTIPART", "folder", ("path",)

    def _obstacle(self, path: str) -> str:
        found = paths.obstacle(path, folder=True)
        return f"{found}, or declare File" if found and os.path.isfile(path) else found  # may hold a NUL

    def _upload(self, stored: Stored, data: "DataPlane") -> str:
        from livedeck.sdk.types import transfers

        folder = Path(stored.download())
        for file in transfers.files_in(folder):
            if obstacle := paths.obstacle(str(file)):
                raise self.mismatch(str(file), obstacle)
        if stored.remote_path is None:
            return data.put_folder(folder)
        if stored.remote_path is False:
            return _local_uri(folder)
        transfers.put_folder(folder, stored.remote_path, retry=data.retry)
        return stored.remote_path


def _local_uri(path: Path) -> str:
    """Return the URI of what is not uploaded: whoever reads it must be on the same machine."""
    return f"file://{path.absolute()}"


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is ``File`` or ``Directory``, with or without a format."""
    if not isinstance(python_type, type):
        return None
    if issubclass(python_type, File):
        return FileHandler(python_type)
    if issubclass(python_type, Directory):
        return DirectoryHandler(python_type)
    if python_type is os.PathLike or python_type.__module__.partition(".")[0] == "pathlib":
        # A pickled path would point to nothing on another machine.
        raise UnsupportedType(f"{type_name(python_type)}: a path means nothing to another task: use File or Directory")
    return None
