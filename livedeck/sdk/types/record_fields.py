"""Types that have a form only inside a record: tuples, sets, bytes, and what is written as a string.

As an input or output of its own Flyte has none of these. Inside, their form is that of mashumaro.
"""

import binascii
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import wire
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch
from livedeck.sdk.types.plain import AnyHandler
from livedeck.sdk.types.times import DatetimeHandler

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


class FieldHandler(Handler):
    """A type without a literal."""

    tag = ""

    @property
    def refusal(self) -> str:
        return "it has a form only inside a dataclass"

    def literal_type(self) -> "wire.types.LiteralType":
        # What flytekit notes for the field, though there is no pickle.
        literal_type = wire.types.LiteralType(blob=wire.types.BlobType(format="PythonPickle"))
        literal_type.metadata.update({"python_class_name": str(self.type)})
        return literal_type

    def field_type(self) -> "wire.types.LiteralType | None":
        return self.literal_type()

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        raise NotImplementedError(self.refusal)

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        raise NotImplementedError(self.refusal)


class SequenceHandler(FieldHandler):
    """``tuple[T, ...]``, ``tuple[A, B]``, a ``NamedTuple``, ``set[T]`` or ``frozenset[T]``, as a list."""

    def __init__(self, python_type: Any, kind: type, items: Sequence[Handler], *, fixed: bool) -> None:
        super().__init__(python_type)
        self._kind = kind
        self._items = items
        self._fixed = fixed

    def field_type(self) -> "wire.types.LiteralType | None":
        return None if issubclass(self._kind, tuple) else super().field_type()

    def _each(self, step: str, values: Any, *arguments: Any) -> list[Any]:
        values = list(values)
        if self._fixed and len(values) != len(self._items):
            raise self.mismatch(values, f"it has {len(values)} items")
        items = self._items if self._fixed else [self._items[0]] * len(values)
        done: list[Any] = []
        for handler, value in zip(items, values, strict=True):
            try:
                done.append(getattr(handler, step)(value, *arguments))
            except Mismatch as mismatch:
                raise mismatch.within(f"[{len(done)}]") from None
        return done

    def _of_kind(self, value: Any) -> Any:
        if not isinstance(value, self._kind):
            raise self.mismatch(value)
        return value

    def _list(self, value: Any) -> Any:
        if not isinstance(value, list):
            raise self.mismatch(value)
        return value

    def _built(self, items: list[Any]) -> Any:
        return self._kind(*items) if hasattr(self._kind, "_fields") else self._kind(items)

    def accept(self, value: Any) -> Any:
        return self._built(self._each("accept", self._of_kind(value)))

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self._each("pack", self._of_kind(value), data)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        return self._built(self._each("unpack", self._list(plain), data))

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        try:
            return all(self._each("writes", self._list(plain), data))
        except Mismatch:
            return False

    def from_json(self, obj: Any) -> Any:
        return self._built(self._each("from_json", self._list(obj)))

    def to_json(self, value: Any) -> Any:
        return self._each("to_json", self._of_kind(value))

    def schema(self) -> dict[str, Any]:
        if self._fixed:
            count = len(self._items)
            items = [item.schema() for item in self._items]
            return {"type": "array", "prefixItems": items, "maxItems": count, "minItems": count}
        schema = {"type": "array", "items": self._items[0].schema()}
        return schema if issubclass(self._kind, tuple) else schema | {"uniqueItems": True}


class BytesHandler(FieldHandler):
    """``bytes``; base64 in JSON."""

    def accept(self, value: Any) -> bytes:
        if not isinstance(value, bytes):
            raise self.mismatch(value)
        return value

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self.accept(value)

    def unpack(self, plain: Plain, data: "DataPlane") -> bytes:
        return plain if isinstance(plain, bytes) else self.from_json(plain)

    def from_json(self, obj: Any) -> bytes:
        try:
            return binascii.a2b_base64(obj, strict_mode=True)
        except (TypeError, ValueError):
            raise self.mismatch(obj, "write it as base64") from None

    def to_json(self, value: Any) -> str:
        return binascii.b2a_base64(self.accept(value), newline=False).decode()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "base64"}


class MomentHandler(DatetimeHandler):
    """``datetime``, which inside a record may be without a time zone."""

    def accept(self, value: Any) -> datetime:
        return self._plain(value)


class TextHandler(FieldHandler):
    """A type that is written as a string, and read back by its constructor."""

    def __init__(self, python_type: Any, format: str) -> None:
        super().__init__(python_type)
        self._format = format
        self._read = time.fromisoformat if python_type is time else python_type

    def accept(self, value: Any) -> Any:
        if not isinstance(value, self.type):
            raise self.mismatch(value)
        return value

    def pack(self, value: Any, data: "DataPlane") -> str:
        return self.to_json(value)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        return self.from_json(plain)

    def from_json(self, obj: Any) -> Any:
        if not isinstance(obj, str):
            raise self.mismatch(obj)
        try:
            return self._read(obj)
        except (ValueError, ArithmeticError):
            raise self.mismatch(obj) from None

    def to_json(self, value: Any) -> str:
        accepted = self.accept(value)
        return accepted.isoformat() if isinstance(accepted, time) else str(accepted)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": self._format}


_TEXTS: Mapping[tuple[str, str], str] = {
    ("decimal", "Decimal"): "decimal",
    ("uuid", "UUID"): "uuid",
    ("datetime", "time"): "time",
    ("pathlib", "Path"): "path",
    ("pathlib", "PurePath"): "path",
}
"""By name, so as not to load what nobody uses; with the format that their JSON schema says."""

_KINDS: Mapping[Any, type] = {tuple: tuple, set: set, frozenset: frozenset}


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is one of these."""
    if python_type is Any or python_type is object:
        return AnyHandler(python_type)
    if python_type is datetime:
        return MomentHandler(python_type)
    if python_type is bytes:
        return BytesHandler(python_type)
    text_format = _TEXTS.get((getattr(python_type, "__module__", ""), getattr(python_type, "__name__", "")))
    if text_format:
        return TextHandler(python_type, text_format)
    if isinstance(python_type, type) and issubclass(python_type, tuple) and hasattr(python_type, "_fields"):
        hints = typing.get_type_hints(python_type, include_extras=True)
        items = [resolve(hints.get(name, Any)) for name in python_type._fields]
        return SequenceHandler(python_type, python_type, items, fixed=True)
    kind = _KINDS.get(typing.get_origin(python_type) or (python_type if isinstance(python_type, type) else None))
    return _sequence(python_type, kind, resolve) if kind else None


def _sequence(python_type: Any, kind: type, resolve: Resolve) -> Handler:
    arguments = typing.get_args(python_type)
    if kind is tuple and arguments and arguments[-1] is not ...:
        return SequenceHandler(python_type, kind, [resolve(item) for item in arguments], fixed=True)
    item = resolve(arguments[0]) if arguments else AnyHandler(Any)
    return SequenceHandler(python_type, kind, [item], fixed=False)
