"""What inputs and outputs have in the store: where it is, and under which names it is copied to this machine."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from livedeck.errors import UserError

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Blob, Literal, LiteralMap, Scalar


@dataclass(frozen=True)
class StoredFile:
    """One object behind a file, folder or frame."""

    name: str
    """The object's name; in a folder its path below that, with slashes."""
    url: str
    """Where it can be downloaded for an hour."""


Kind = OneOf["file", "folder", "frame", "pickle", "value"]

_SUFFIXES: Mapping[str, str] = {"PythonPickle": ".pickle", "NumpyArray": ".npy"}
"""File name extensions of formats that are not written as their extension."""

_PICKLED = "PythonPickle"
_ESCAPE = re.compile(r"%(?=[0-9A-Fa-f]{2})")
"""What would be taken for what stands for a character."""


@dataclass(frozen=True)
class StoredValue:
    """A value of which the literal holds only the address."""

    name: str
    """The input or output, and the way into it: ``model``, ``plots/0``, ``parts/train``."""
    uri: str
    kind: Kind
    """``pickle``: a value of a type that has no form of its own, written by cloudpickle; ``value``: one that is large,
    a serialised ``flyteidl.core.Literal``."""
    suffix: str
    """Extension of its file, with the dot; empty if it is not known, or of a folder."""

    def paths(self, folder: Path, names: Sequence[str]) -> list[Path]:
        """Return where its objects go in a folder: a single file under the value's name, several in a folder of it.

        Args:
            folder: what they go into.
            names: of the objects, as the server tells them: the last part of the URI, or a path below it.

        Raises:
            UserError: a name leads out of the folder.
        """
        own = path_below(folder, self.name)
        if self.kind == "folder":
            return [path_below(own, name) for name in names]
        if len(names) == 1:
            return [own if own.name.endswith(self.suffix) else own.with_name(f"{own.name}{self.suffix}")]
        return [path_below(own, name if PurePosixPath(name).suffix else f"{name}{self.suffix}") for name in names]


def stored_in(literals: "LiteralMap") -> Iterator[StoredValue]:
    """Yield each file, folder, frame, pickle and large value in literals, also those in lists and dicts."""
    for name, literal in sorted(literals.literals.items()):
        yield from _stored(name, literal)


def _stored(name: str, literal: "Literal") -> Iterator[StoredValue]:
    kind = literal.WhichOneof("value")
    if kind == "collection":
        for index, each in enumerate(literal.collection.literals):
            yield from _stored(f"{name}/{index}", each)
    elif kind == "map":
        for key, each in sorted(literal.map.literals.items()):
            yield from _stored(f"{name}/{_place_of(key)}", each)
    elif kind == "offloaded_metadata":
        yield StoredValue(name, literal.offloaded_metadata.uri, "value", ".pb")
    elif kind == "scalar":
        yield from _of_scalar(name, literal.scalar)


def _place_of(key: str) -> str:
    """Return the way that a key of a dict, which may be any text, says into it: one that leads nowhere else.

    Slashes lead into folders. Parts that would lead elsewhere, or nowhere, are written as in a URL, so that no two keys
    say the same.
    """
    return "/".join(map(_part_of, key.split("/")))


def _part_of(part: str) -> str:
    if part in {"", ".", ".."}:
        return part.replace(".", "%2E") or "%2F"
    return _ESCAPE.sub("%25", part).replace("\\", "%5C").replace("\0", "%00")


def _of_scalar(name: str, scalar: "Scalar") -> Iterator[StoredValue]:
    kind = scalar.WhichOneof("value")
    if kind == "union":
        yield from _stored(name, scalar.union.value)
    elif kind == "blob" and scalar.blob.uri:
        yield _of_blob(name, scalar.blob)
    elif kind == "structured_dataset" and scalar.structured_dataset.uri:
        dataset = scalar.structured_dataset
        yield _of_frame(name, dataset.uri, dataset.metadata.structured_dataset_type.format)
    elif kind == "schema" and scalar.schema.uri:
        yield _of_frame(name, scalar.schema.uri, "")


def _of_blob(name: str, blob: "Blob") -> StoredValue:
    kind = blob.metadata.type
    if kind.dimensionality == kind.MULTIPART:
        return StoredValue(name, blob.uri, "folder", "")
    suffix = PurePosixPath(blob.uri).suffix or _suffix(kind.format)
    return StoredValue(name, blob.uri, "pickle" if kind.format == _PICKLED else "file", suffix)


def _of_frame(name: str, uri: str, format: str) -> StoredValue:  # Flyte's name
    return StoredValue(name, uri, "frame", PurePosixPath(uri).suffix or _suffix(format or "parquet"))


def _suffix(format: str) -> str:  # Flyte's name
    """Return the extension of a format; empty if it is no word that could be one."""
    return _SUFFIXES.get(format) or (f".{format}" if format.isalnum() else "")


def path_below(folder: Path, name: str) -> Path:
    """Return where a file of that name goes in a folder.

    Raises:
        UserError: it would lie outside of it: names come from tasks.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or any(part in {"/", "..", "."} or "\0" in part for part in parts):
        raise UserError(f"a file called {name!r} is not written below {folder}")
    return folder.joinpath(*parts)
