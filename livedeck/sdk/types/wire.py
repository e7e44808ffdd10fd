"""The protobuf modules, loaded when the first literal is made: importing the SDK must not pay for them."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyteidl.core import literals_pb2 as literals
    from flyteidl.core import types_pb2 as types
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

__all__ = ["MSGPACK", "kind_of", "literals", "packed", "plain_of", "simple", "types"]

MSGPACK = "msgpack"
"""Tag of a binary scalar, as flytekit writes it."""


def simple(kind: str) -> "types.LiteralType":
    """Return the literal type of a scalar: ``simple("INTEGER")``."""
    return types.LiteralType(simple=kind)


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
