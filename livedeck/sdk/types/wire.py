"""The protobuf modules, loaded when the first literal is made: importing the SDK must not pay for them."""

import importlib
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyteidl.core import literals_pb2 as literals
    from flyteidl.core import types_pb2 as types

    from livedeck.literals import order
else:

    class _Deferred:
        """A module that is imported on first use; afterwards an attribute costs what it costs on a module."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            value = getattr(importlib.import_module(self._name), attribute)
            setattr(self, attribute, value)
            return value

    literals = _Deferred("flyteidl.core.literals_pb2")
    types = _Deferred("flyteidl.core.types_pb2")
    order = _Deferred("livedeck.literals.order")

__all__ = ["MSGPACK", "kind_of", "literals", "note_schema", "order", "packed", "plain_of", "simple", "types"]

MSGPACK = "msgpack"
"""Tag of a binary scalar, as flytekit writes it."""


def simple(kind: str) -> "types.LiteralType":
    """Return the literal type of a scalar: ``simple("INTEGER")``."""
    return types.LiteralType(simple=kind)


def note_schema(literal_type: "types.LiteralType", schema: dict[str, Any]) -> None:
    """Note a JSON schema in a literal type, without the entries that the note, a ``Struct``, cannot hold.

    Those hold what JSON has no words for: NaN and infinity, bytes, keys that are no text, and integers that a double
    would round. Most are defaults; a field whose default is not told is still one that need not be given.
    """
    literal_type.metadata.update(_held(schema))


_EXACT = 1 << 53
"""Integers beyond it are not all doubles, and a ``Struct`` has no other numbers."""

_NAMED_SCHEMAS = {"properties", "$defs", "definitions", "patternProperties"}
"""Keywords of JSON schema that hold schemas by name."""
_VALUES = {"default", "const", "enum", "examples"}
"""Keywords that hold values, which are noted whole or not at all."""


def _held(schema: dict[str, Any]) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _NAMED_SCHEMAS:
            held[keyword] = {name: _held(inner) for name, inner in value.items()}
        elif isinstance(value, dict) and keyword not in _VALUES:
            held[keyword] = _held(value)
        elif isinstance(value, list) and keyword not in _VALUES:
            held[keyword] = [_held(inner) if isinstance(inner, dict) else inner for inner in value]
        elif _can_be_held(value):
            held[keyword] = value
    return held


def _can_be_held(value: Any) -> bool:
    match value:
        case None | bool() | str():
            return True
        case int():
            return -_EXACT <= value <= _EXACT
        case float():
            return math.isfinite(value)
        case list():
            return all(map(_can_be_held, value))
        case dict():
            return all(isinstance(key, str) and _can_be_held(inner) for key, inner in value.items())
    return False


def packed(plain: Any) -> "literals.Literal":
    """Return a binary literal that holds ``plain`` as MessagePack."""
    import msgspec

    binary = literals.Binary(value=msgspec.msgpack.encode(plain), tag=MSGPACK)
    return literals.Literal(scalar=literals.Scalar(binary=binary))


def plain_of(literal: "literals.Literal") -> tuple[bool, Any]:
    """Return ``(True, plain data)`` of a MessagePack or ``Struct`` literal, ``(False, None)`` of any other.

    A literal of any declared type may come like this: the engine answers attribute access on a dataclass's output
    with MessagePack, and web consoles send ``Struct``.
    """
    kind = literal.scalar.WhichOneof("value") if literal.WhichOneof("value") == "scalar" else None
    if kind == "binary" and literal.scalar.binary.tag == MSGPACK:
        import msgspec

        return True, msgspec.msgpack.decode(literal.scalar.binary.value)
    if kind == "generic":
        from google.protobuf.json_format import MessageToDict

        return True, MessageToDict(literal.scalar.generic)
    return False, None


def kind_of(literal: "literals.Literal") -> str:
    """Return which value a literal holds, in words for messages: ``integer``, ``collection``, ``blob``, ..."""
    kind = literal.WhichOneof("value") or "nothing"
    if kind != "scalar":
        return kind
    scalar = literal.scalar.WhichOneof("value") or "nothing"
    return (literal.scalar.primitive.WhichOneof("value") or "nothing") if scalar == "primitive" else scalar
