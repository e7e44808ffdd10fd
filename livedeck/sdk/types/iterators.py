"""``Iterator[T]``: a list that is read one value at a time; and ``Iterator[JSON]``, a file with a value a line."""

import collections.abc
import json
import os
import typing
from collections.abc import Callable, Iterator, Sequence, Sized
from typing import TYPE_CHECKING, Any, Self, Union

from livedeck.errors import TypeMismatch
from livedeck.sdk.types import paths, streams, wire
from livedeck.sdk.types.blobs import blob, blob_type
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.lists import ListHandler
from livedeck.sdk.types.mismatches import shorten

if TYPE_CHECKING:
    from pathlib import Path

    from livedeck.sdk.types.dataplane import DataPlane

JSON = Union[dict[str, Any], list[Any], bool, float, int, str]  # noqa: UP007 - as flytekit's users compare it
"""What a line of a file of JSON lines holds."""

_FORMAT = "jsonl"
_TAG = "json iterator"
"""What flytekit notes in the type."""


class Values(Iterator[Any], Sized):
    """The values of a list, made one by one as they are asked for.

    Args:
        length: how many there are.
        begin: yields them from the first on.
    """

    def __init__(self, length: int, begin: Callable[[], Iterator[Any]]) -> None:
        self._length = length
        self._begin = begin
        self._rest = begin()

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Self:
        self._rest = self._begin()
        return self

    def __next__(self) -> Any:
        return next(self._rest)


class IteratorHandler(ListHandler):
    """An iterator, or what a generator yields: a list to everybody else."""

    tag = "Typed Iterator"

    @property
    def light(self) -> bool:
        return False

    def accept(self, value: Any) -> Any:
        if isinstance(value, Values):
            return value
        if isinstance(value, str | bytes) or not isinstance(value, collections.abc.Iterable):
            raise self.mismatch(value)
        return super().accept(list(value))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        if not literal.HasField("collection"):
            raise self.wrong_literal(literal)
        literals = literal.collection.literals
        return Values(len(literals), lambda: self._item.decode_each(literals, data))

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        values = super().unpack(plain, data)
        return Values(len(values), lambda: iter(values))

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return super().pack(list(value), data)

    def to_json(self, value: Any) -> list[Any]:
        return super().to_json(list(value))


class JsonLinesHandler(Handler):
    """JSON, a value a line, in a file that is written and read line by line."""

    tag = "JSON Iterator"

    def accept(self, value: Any) -> Any:
        if isinstance(value, str | bytes | dict) or not isinstance(value, collections.abc.Iterable):
            raise self.mismatch(value)
        return value

    def literal_type(self) -> "wire.types.LiteralType":
        literal_type = wire.types.LiteralType(blob=blob_type(_FORMAT))
        literal_type.metadata.update({"format": _TAG})
        return literal_type

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        return blob(self._upload(value, data), blob_type(_FORMAT))

    def _upload(self, value: Any, data: "DataPlane") -> str:
        path = data.new_folder() / "lines.jsonl"
        self._write(value, path)
        try:
            return data.put_file(path)
        finally:
            path.unlink()

    def _write(self, values: Any, path: "Path") -> None:
        with path.open("w", encoding="utf-8") as file:
            for number, each in enumerate(values, 1):
                try:
                    line = json.dumps(each)
                except (TypeError, ValueError) as error:
                    raise self.mismatch(each, f"value {number} has no form in JSON: {error}") from error
                file.write(f"{line}\n")

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Iterator[Any]:
        if not literal.scalar.HasField("blob"):
            raise self.wrong_literal(literal)
        return self._lines(literal.scalar.blob.uri, data)

    def _lines(self, uri: str, data: "DataPlane") -> Iterator[Any]:
        with streams.open_to_read(uri, "r", retry=data.retry, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise TypeMismatch(f"line {number} of {uri} is no JSON: {shorten(line)}: {error}") from error

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return {"path": self._upload(self.accept(value), data)}

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        if not isinstance(plain, dict) or not isinstance(plain.get("path"), str):
            raise self.mismatch(plain)
        return self._lines(plain["path"], data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, dict) and plain.keys() == {"path"}

    def from_json(self, obj: Any) -> Any:
        if isinstance(obj, list):
            return iter(obj)
        if not isinstance(obj, str) or not obj:
            raise self.mismatch(obj, "write a JSON list, or the path of a .jsonl file")
        if obstacle := paths.obstacle(obj):
            raise self.mismatch(obj, obstacle)
        from livedeck.sdk.types.dataplane import DataPlane

        return self._lines(f"file://{os.path.abspath(obj)}", DataPlane(""))

    def to_json(self, value: Any) -> Any:
        return {"type": "JSON lines"}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "properties": {"path": {"type": "string"}}, "additionalProperties": False}

    def describe(self) -> str:
        return "JSON list, or path of a .jsonl file"


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is an iterator, or what a generator is annotated with."""
    origin = typing.get_origin(python_type)
    if origin not in (collections.abc.Iterator, collections.abc.Generator):
        return None
    item: Sequence[Any] = typing.get_args(python_type)
    if item[0] == JSON:
        return JsonLinesHandler(python_type)
    return IteratorHandler(python_type, resolve(item[0]))
