"""Files, folders and frames among inputs and outputs: where they are, and copies of them on this machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from livedeck.errors import UserError

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal, LiteralMap, Scalar


@dataclass(frozen=True)
class StoredFile:
    """One object behind a file, folder or frame."""

    name: str
    """Its name; in a folder its path below that, with slashes."""
    url: str
    """Where it can be downloaded for an hour."""


def stored_in(literals: "LiteralMap") -> Iterator[tuple[str, str]]:
    """Yield name and URI of each file, folder and frame in literals, also those in lists and dicts.

    Names are paths: ``model``, ``plots/0``, ``parts/train``.
    """
    for name, literal in sorted(literals.literals.items()):
        yield from _stored(name, literal)


def _stored(name: str, literal: "Literal") -> Iterator[tuple[str, str]]:
    kind = literal.WhichOneof("value")
    if kind == "collection":
        for index, each in enumerate(literal.collection.literals):
            yield from _stored(f"{name}/{index}", each)
    elif kind == "map":
        for key, each in sorted(literal.map.literals.items()):
            yield from _stored(f"{name}/{key}", each)
    elif kind == "scalar":
        yield from _of_scalar(name, literal.scalar)


def _of_scalar(name: str, scalar: "Scalar") -> Iterator[tuple[str, str]]:
    kind = scalar.WhichOneof("value")
    if kind == "union":
        yield from _stored(name, scalar.union.value)
    elif kind in {"blob", "structured_dataset", "schema"} and (uri := getattr(scalar, kind).uri):
        yield name, uri


def path_below(folder: Path, name: str) -> Path:
    """Return where a file of that name goes in a folder.

    Raises:
        UserError: it would lie outside of it: names come from tasks.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or any(part in {"/", "..", "."} or "\0" in part for part in parts):
        raise UserError(f"a file called {name!r} is not written below {folder}")
    return folder.joinpath(*parts)
