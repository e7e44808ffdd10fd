"""From what is typed to the literal of a signal, of which the type alone is known."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from flyteidl.core.literals_pb2 import (
    Binary,
    Literal,
    LiteralCollection,
    LiteralMap,
    Primitive,
    Scalar,
    Union,
    Void,
)
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from livedeck.errors import TypeMismatch
from livedeck.sdk.gates import NO, YES


def literal_of(value: Any, literal_type: LiteralType, text: str | None = None) -> Literal:
    """Return the literal.

    Args:
        value: what JSON made of the text.
        literal_type: the signal's.
        text: what was typed: where the signal is a text it is that, also if it could be JSON.

    Raises:
        TypeMismatch: it is none of that type, or of a type that cannot be typed.
    """
    match literal_type.WhichOneof("type"):
        case "simple":
            simple = literal_type.simple
            given = text if simple == SimpleType.STRING and text is not None else value
            return Literal(scalar=_scalar(given, simple))
        case "collection_type" if isinstance(value, list):
            items = [literal_of(item, literal_type.collection_type) for item in value]
            return Literal(collection=LiteralCollection(literals=items))
        case "map_value_type" if isinstance(value, dict):
            entries = {key: literal_of(item, literal_type.map_value_type) for key, item in value.items()}
            return Literal(map=LiteralMap(literals=entries))
        case "union_type":
            return _of_union(value, literal_type, text)
        case "enum_type" if value in literal_type.enum_type.values:
            return Literal(scalar=Scalar(primitive=Primitive(string_value=str(value))))
        case kind:
            raise TypeMismatch(f"{value!r} is no value of the signal, which is of {kind} {literal_type}".strip())


def _of_union(value: Any, literal_type: LiteralType, text: str | None) -> Literal:
    reasons = []
    for variant in literal_type.union_type.variants:
        try:
            return Literal(scalar=Scalar(union=Union(value=literal_of(value, variant, text), type=variant)))
        except TypeMismatch as error:
            reasons.append(str(error))
    raise TypeMismatch("; ".join(reasons))


def _scalar(value: Any, simple: int) -> Scalar:
    if simple == SimpleType.STRUCT and isinstance(value, dict):
        return Scalar(binary=Binary(value=msgspec.msgpack.encode(value), tag="msgpack"))
    if simple == SimpleType.NONE and value is None:
        return Scalar(none_type=Void())
    return Scalar(primitive=_primitive(value, simple))


def _primitive(value: Any, simple: int) -> Primitive:
    made = Primitive()
    match simple, value:
        case SimpleType.BOOLEAN, bool():
            made.boolean = value
        case SimpleType.BOOLEAN, str() if value.lower() in (*YES, *NO):
            made.boolean = value.lower() in YES
        case SimpleType.INTEGER, int() if not isinstance(value, bool) and -(2**63) <= value < 2**63:
            made.integer = value
        case SimpleType.FLOAT, int() | float() if not isinstance(value, bool):
            made.float_value = value
        case SimpleType.STRING, str():
            made.string_value = value
        case SimpleType.DATETIME, str():
            made.datetime.FromDatetime(_time(value))
        case SimpleType.DURATION, int() | float() if not isinstance(value, bool):
            made.duration.FromTimedelta(timedelta(seconds=value))
        case _:
            kind = SimpleType.Name(simple).lower()
            form = {"datetime": " (2026-01-31T12:00:00Z)", "duration": " (seconds)"}.get(kind, "")
            raise TypeMismatch(f"{value!r} is no value of the signal, which is {kind}{form}")
    return made


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise TypeMismatch(f"{text!r} is no time, such as 2026-01-31T12:00:00Z") from error
