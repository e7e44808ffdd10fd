"""Attribute paths: what lies inside a literal, found as Flyte finds it.

Through collections, maps, and the MessagePack and Struct scalars that dataclasses and pydantic models travel in; what
is found in MessagePack stays MessagePack, except that a list becomes a collection.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from flyteidl.core.literals_pb2 import Binary, Literal, LiteralCollection, Primitive, Scalar, Void
from flyteidl.core.types_pb2 import PromiseAttribute
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from livedeck.errors import InvalidWorkflow


def attribute(literal: Literal, path: Sequence[PromiseAttribute], name: str) -> Literal:
    """Walk an attribute path.

    Args:
        literal: where to start.
        path: the indexes and keys to take, one after the other.
        name: what to call the literal in messages.

    Raises:
        InvalidWorkflow: there is nothing at an index or key, or nothing that has any.
    """
    for at, step in enumerate(path):
        literal = _unwrapped(literal)
        scalar = literal.scalar.WhichOneof("value") if literal.WhichOneof("value") == "scalar" else None
        if scalar == "binary":
            return _in_binary(literal.scalar.binary, path[at:], name)
        if scalar == "generic":
            return _in_struct(literal.scalar.generic, path[at:], name)
        literal = _take(_children(literal), step, name)
        name = _named(name, step)
    return literal


def _unwrapped(literal: Literal) -> Literal:
    while literal.scalar.WhichOneof("value") == "union":
        literal = literal.scalar.union.value
    return literal


def _children(literal: Literal) -> Any:
    match literal.WhichOneof("value"):
        case "collection":
            return literal.collection.literals
        case "map":
            return literal.map.literals
        case kind:
            return kind


def _key(step: PromiseAttribute) -> str | int:
    return step.int_value if step.WhichOneof("value") == "int_value" else step.string_value


def _named(name: str, step: PromiseAttribute) -> str:
    key = _key(step)
    return f"{name}[{key}]" if isinstance(key, int) else f"{name}.{key}"


def _may_be_key(key: str | int, holder: Any) -> bool:
    return isinstance(key, str) or isinstance(holder, dict)  # maps of protobuf raise on keys that are no text


def _take(holder: Any, step: PromiseAttribute, name: str) -> Any:
    """Take one step into a list-like or dict-like value, or say why there is none."""
    key = _key(step)
    if hasattr(holder, "keys"):
        if _may_be_key(key, holder) and key in holder:
            return holder[key]
        raise InvalidWorkflow(f"{name} has no {key!r}; it has {sorted(map(str, holder))}")
    if hasattr(holder, "__len__") and not isinstance(holder, str | bytes):
        if isinstance(key, int) and -len(holder) <= key < len(holder):
            return holder[key]
        raise InvalidWorkflow(f"{name} has no item {key!r}; it has {len(holder)}")
    raise InvalidWorkflow(f"{name} is a single value: there is no {key!r} in it")


def _in_binary(binary: Binary, path: Sequence[PromiseAttribute], name: str) -> Literal:
    if binary.tag != "msgpack":
        raise InvalidWorkflow(f"{name} is binary data tagged {binary.tag!r}: only 'msgpack' can be looked into")
    try:
        value: Any = msgspec.msgpack.decode(binary.value)
    except msgspec.DecodeError as error:
        raise InvalidWorkflow(f"{name} is not the MessagePack that its tag says: {error}") from error
    for step in path:
        value = _take(value, step, name)
        name = _named(name, step)
    return _packed(value)


def _packed(value: Any) -> Literal:
    if isinstance(value, list):
        return Literal(collection=LiteralCollection(literals=[_packed(item) for item in value]))
    return Literal(scalar=Scalar(binary=Binary(value=msgspec.msgpack.encode(value), tag="msgpack")))


def _in_struct(struct: Struct, path: Sequence[PromiseAttribute], name: str) -> Literal:
    value = Value(struct_value=struct)
    for step in path:
        kind = value.WhichOneof("kind")
        holder: Any = None
        if kind == "struct_value":
            holder = value.struct_value.fields
        elif kind == "list_value":
            holder = value.list_value.values
        value = _take(holder, step, name)
        name = _named(name, step)
    return _from_value(value)


def _from_value(value: Value) -> Literal:
    match value.WhichOneof("kind"):
        case "struct_value":
            return Literal(scalar=Scalar(generic=value.struct_value))
        case "list_value":
            return _from_list(value.list_value)
        case "number_value":
            return Literal(scalar=Scalar(primitive=_number(value.number_value)))
        case "string_value":
            return Literal(scalar=Scalar(primitive=Primitive(string_value=value.string_value)))
        case "bool_value":
            return Literal(scalar=Scalar(primitive=Primitive(boolean=value.bool_value)))
        case _:
            return Literal(scalar=Scalar(none_type=Void()))


def _number(number: float) -> Primitive:
    """Return the number of a Struct, which has only floats: a whole one as an int, as in Flyte, if it fits into one."""
    if number.is_integer() and -(2.0**63) <= number < 2.0**63:
        return Primitive(integer=int(number))
    return Primitive(float_value=number)


def _from_list(values: ListValue) -> Literal:
    return Literal(collection=LiteralCollection(literals=[_from_value(value) for value in values.values]))
