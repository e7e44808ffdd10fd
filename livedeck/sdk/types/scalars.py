"""``bool``, ``int``, ``float``, ``str`` and ``None``.

A scalar of numpy is taken for the Python scalar that it stands for (``numpy.float32(0.5)`` where a ``float`` is
declared): numeric code returns them without noticing. flytekit refuses them.
"""

import math
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import bulk, wire
from livedeck.sdk.types.handler import Handler, Plain, Resolve

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def unboxed(value: Any) -> Any:
    """Return the Python scalar that a numpy scalar stands for, anything else as it is."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    return value


class _Scalar(Handler):
    """What the scalars share: their plain and JSON forms are themselves."""

    simple: str
    json_name: str
    light = True

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.simple(self.simple)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self.accept(value)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        return self.accept(plain)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return type(plain) is self.type

    def from_json(self, obj: Any) -> Any:
        return self.accept(obj)

    def to_json(self, value: Any) -> Any:
        return self.accept(value)

    def schema(self) -> dict[str, Any]:
        return {"type": self.json_name}


class NoneHandler(_Scalar):
    """``None``."""

    tag, simple, json_name = "none", "NONE", "null"

    def accept(self, value: Any) -> None:
        if value is not None:
            raise self.mismatch(value)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return plain is None

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        return wire.literals.Literal(scalar=wire.literals.Scalar(none_type=wire.literals.Void()))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> None:
        if not literal.scalar.HasField("none_type"):
            raise self.wrong_literal(literal)


class _Primitive(_Scalar):
    """A scalar that is a field of ``flyteidl.core.Primitive``."""

    field: str

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        literal = wire.literals.Literal()  # filled in place, which is five times as fast as copying messages
        self.encode_into(literal, value, data)
        return literal

    def encode_into(self, literal: "wire.literals.Literal", value: Any, data: "DataPlane") -> None:
        setattr(literal.scalar.primitive, self.field, value)

    def decode_each(self, literals: "Iterable[wire.literals.Literal]", data: "DataPlane") -> Iterator[Any]:
        field = self.field
        for literal in literals:
            value = getattr(literal.scalar.primitive, field)
            # A field that is not set reads as 0 or "": only values that read so have to be asked for their kind.
            yield value or self.decode(literal, data)

    def accepts_as_is(self, values: Collection[Any]) -> bool:
        return set(map(type, values)) <= {self.type}

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        primitive = literal.scalar.primitive
        kind = primitive.WhichOneof("value")
        if kind == self.field:
            return getattr(primitive, kind)
        return self.read_other(literal, kind)

    def read_other(self, literal: "wire.literals.Literal", kind: str | None) -> Any:
        """Return the value of a primitive of another kind, if that loses nothing."""
        raise self.wrong_literal(literal)


class BoolHandler(_Primitive):
    """``bool``, and numpy's."""

    tag, simple, json_name, field = "bool", "BOOLEAN", "boolean", "boolean"

    def accept(self, value: Any) -> bool:
        if value is True or value is False:
            return value
        plain = unboxed(value)
        if type(plain) is bool:
            return plain
        raise self.mismatch(value)

    def describe(self) -> str:
        return "true or false"


class IntHandler(_Primitive):
    """``int`` within 64 bits; a ``bool`` is not one."""

    tag, simple, json_name, field = "int", "INTEGER", "integer", "integer"

    def accepts_as_is(self, values: Collection[Any]) -> bool:
        return super().accepts_as_is(values) and (
            not values or (min(values) >= -(1 << 63) and max(values) < 1 << 63)  # the bounds of 64 bits
        )

    def accept(self, value: Any) -> int:
        plain = value if type(value) is int else unboxed(value)
        if type(plain) is not int:
            if isinstance(plain, bool) or not isinstance(plain, int):
                raise self.mismatch(value, _int_hint(plain))
            plain = int(plain)
        if not -(1 << 63) <= plain < 1 << 63:
            raise self.mismatch(value, "Flyte's integers have 64 bits")
        return plain

    def in_bulk(self, values: Sequence[Any]) -> Iterator[bytes] | None:
        return bulk.integers(values) if self.accepts_as_is(values) else None

    def unpack(self, plain: Plain, data: "DataPlane") -> int:
        return int(plain) if type(plain) is float and plain.is_integer() else self.accept(plain)

    def read_other(self, literal: "wire.literals.Literal", kind: str | None) -> int:
        number = literal.scalar.primitive.float_value
        if kind == "float_value" and number.is_integer():
            return int(number)
        raise self.wrong_literal(literal)


class FloatHandler(_Primitive):
    """``float``; an ``int`` is taken for one, as everywhere in Python."""

    tag, simple, json_name, field = "float", "FLOAT", "number", "float_value"

    def in_bulk(self, values: Sequence[Any]) -> Iterator[bytes] | None:
        return bulk.floats(values) if self.accepts_as_is(values) else None

    def accept(self, value: Any) -> float:
        if type(value) is float:
            return value
        plain = unboxed(value)
        if isinstance(plain, bool) or not isinstance(plain, int | float):
            raise self.mismatch(value)
        try:
            return float(plain)
        except OverflowError:
            raise self.mismatch(value, "it is too large for a float") from None

    def read_other(self, literal: "wire.literals.Literal", kind: str | None) -> float:
        if kind == "integer":
            return float(literal.scalar.primitive.integer)
        raise self.wrong_literal(literal)

    def unpack(self, plain: Plain, data: "DataPlane") -> float:
        return self.from_json(plain)  # protobuf's Struct has words for NaN and infinity, too

    def from_json(self, obj: Any) -> float:
        if isinstance(obj, str) and obj in _NOT_FINITE:
            return _NOT_FINITE[obj]
        return self.accept(obj)

    def to_json(self, value: Any) -> float | str:
        number = self.accept(value)
        if math.isfinite(number):
            return number
        # JSON has no words for these; protobuf's JSON form writes them so.
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"

    def describe(self) -> str:
        return "number"


class StrHandler(_Primitive):
    """``str`` that can be written as UTF-8."""

    tag, simple, json_name, field = "str", "STRING", "string", "string_value"

    def accepts_as_is(self, values: Collection[Any]) -> bool:
        return super().accepts_as_is(values) and all(map(str.isascii, values))

    def accept(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.mismatch(value)
        text = value if type(value) is str else str.__str__(value)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise self.mismatch(value, f"it holds half a character (a lone surrogate) at {error.start}") from None
        return text

    def describe(self) -> str:
        return "text"


def _int_hint(value: Any) -> str:
    if isinstance(value, bool):
        return "a bool is not taken for a number here"
    return "use int(...) or round(...) if that is meant" if isinstance(value, float) else ""


_SCALARS: Mapping[Any, Callable[[Any], Handler]] = {
    bool: BoolHandler,
    int: IntHandler,
    float: FloatHandler,
    str: StrHandler,
    type(None): NoneHandler,
    None: NoneHandler,
}


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is one of the scalars."""
    try:
        make = _SCALARS.get(python_type)
    except TypeError:  # the type is an Annotated whose metadata cannot be hashed
        return None
    return make(python_type) if make else None
