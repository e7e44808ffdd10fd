"""The functions that the SDK calls: a value and its declared type in, a checked or converted one out."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from livedeck.errors import TypeMismatch, UnsupportedType
from livedeck.sdk.types.mismatches import Location, Mismatch, shorten, type_name
from livedeck.sdk.types.registry import handler_for

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

    from livedeck.sdk.types.dataplane import DataPlane
    from livedeck.sdk.types.handler import Handler


def require(python_type: Any, location: Location | None = None) -> None:
    """Check that values of a type can be carried between tasks. Loads no protobuf.

    Raises:
        UnsupportedType: they cannot; the message names the place, the type and what to write instead.
    """
    try:
        reason = _refusal(handler_for(python_type), set(), 0)
    except UnsupportedType as error:
        if location is None:
            raise
        raise UnsupportedType(_placed(str(error), python_type, location)) from None
    if reason:
        raise UnsupportedType(_placed(reason, python_type, location))


def _placed(reason: str, python_type: Any, location: Location | None) -> str:
    """Return why a type is not supported, with the place; the type itself is named once."""
    if location is None:
        return reason
    name = type_name(python_type)
    if reason.startswith((f"{name}: ", f"{name} ")):
        reason = reason[len(name) :].lstrip(": ") if reason[len(name)] == ":" else f"it{reason[len(name) :]}"
    return f"{location} has the type {name}, but {reason}"


def _refusal(handler: "Handler", seen: set[int], depth: int) -> str:
    """Return why a type, or one inside it, cannot be a literal."""
    if handler.refusal:
        return f"{type_name(handler.type)} cannot be carried between tasks: {handler.refusal}"
    if depth > 20:  # protobuf reads at most 100 messages inside each other, and a union takes four
        return "types nested more than 20 deep cannot be written down: use a dataclass for the inner part"
    if id(handler) in seen:
        return ""
    seen.add(id(handler))
    reasons = (_refusal(part, seen, depth + 1) for part in handler.parts)
    return next((reason for reason in reasons if reason), "")


def literal_type(python_type: Any) -> "LiteralType":
    """Return Flyte's name of a type.

    Raises:
        UnsupportedType: values of the type cannot be carried between tasks.
    """
    require(python_type)
    return handler_for(python_type).literal_type()


def accept(value: Any, python_type: Any, location: Location | None = None) -> Any:
    """Return a value as a task that declares ``python_type`` receives it. Loads no protobuf.

    An ``int`` becomes a ``float`` where one is declared, an Enum's value or name its member, a numpy scalar a
    Python one, a ``datetime`` without a zone one in UTC. What needs no conversion is returned as it is.

    Raises:
        TypeMismatch: the value does not fit; the message names the place, the value and the type.
    """
    return _guarded(handler_for(python_type).accept, value, location)


def to_literal(value: Any, python_type: Any, data: "DataPlane", location: Location | None = None) -> "Literal":
    """Return the literal of a value, uploading what does not go into one.

    Raises:
        TypeMismatch: the value does not fit the type.
        StoreError: an upload failed.
    """
    handler = handler_for(python_type)

    def convert(value: Any) -> "Literal":
        return handler.encode(handler.accept(value), data)

    return _guarded(convert, value, location)  # type: ignore[no-any-return]


def from_literal(literal: "Literal", python_type: Any, data: "DataPlane", location: Location | None = None) -> Any:
    """Return the value of a literal.

    Raises:
        TypeMismatch: the literal is not of the type.
        StoreError: a download failed.
    """
    handler = handler_for(python_type)
    return _guarded(lambda literal: handler.decode(literal, data), literal, location)


def from_json(obj: Any, python_type: Any, location: Location | None = None) -> Any:
    """Return the value that parsed JSON stands for: dates as ISO 8601, Enums by value or name, files by path or URI.

    Raises:
        TypeMismatch: the JSON does not fit the type.
    """
    return _guarded(handler_for(python_type).from_json, obj, location)


def to_json(value: Any, python_type: Any, location: Location | None = None) -> Any:
    """Return a value as data that ``json.dumps`` takes, and ``from_json`` reads.

    Raises:
        TypeMismatch: the value does not fit the type.
    """
    return _guarded(handler_for(python_type).to_json, value, location)


def describe(python_type: Any) -> str:
    """Return words for a help text: what to write for a value of the type."""
    return handler_for(python_type).describe()


def _guarded(convert: Callable[[Any], Any], value: Any, location: Location | None) -> Any:
    """Convert, and say where it was that a value did not fit."""
    try:
        return convert(value)
    except Mismatch as mismatch:
        raise mismatch.at(location) from None
    except RecursionError:
        place = location or "value"
        raise TypeMismatch(f"{place} holds itself, or is nested too deeply: {shorten(value)}") from None
