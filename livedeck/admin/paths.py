"""Sets a field of a message by its dotted path, from text: what URLs say about requests."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from google.protobuf import json_format
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from livedeck.errors import InvalidRequest

_SHORT: Final = 100


def set_field(message: Message, path: str, values: Sequence[str]) -> None:
    """Set ``a.b.c`` of a message; names may be in snake or camel case.

    Args:
        message: The message.
        path: ``filters``, ``sort_by.key``, ``id.project``.
        values: One text, or several for a repeated field.

    Raises:
        InvalidRequest: There is no such field, or the text is not a value for it.
    """
    *parents, name = path.split(".")
    owner = message
    for parent in parents:
        field = _field(owner, parent, path)
        if field.message_type is None or field.is_repeated:
            raise InvalidRequest(f"parameter {path!r}: {parent!r} has no fields of its own")
        owner = getattr(owner, field.name)
    field = _field(owner, name, path)
    _assign(owner, field, path, values)


def _field(owner: Message, name: str, path: str) -> FieldDescriptor:
    descriptor = owner.DESCRIPTOR
    found = descriptor.fields_by_name.get(name) or descriptor.fields_by_camelcase_name.get(name)
    if found is None:
        raise InvalidRequest(f"parameter {path!r} is not known: {descriptor.name} has no field {name!r}")
    return cast("FieldDescriptor", found)


def _assign(owner: Message, field: FieldDescriptor, path: str, values: Sequence[str]) -> None:
    if not field.is_repeated and len(values) > 1:
        raise InvalidRequest(f"parameter {path!r} is given {len(values)} times; it has one value")
    try:
        if field.message_type is not None:
            _assign_message(owner, field, values)
        elif field.is_repeated:
            getattr(owner, field.name).extend(_scalar(field, value) for value in values)
        else:
            setattr(owner, field.name, _scalar(field, values[0]))
    except (ValueError, KeyError, TypeError, OverflowError, json_format.ParseError) as error:
        shown = values[0][:_SHORT]
        raise InvalidRequest(f"parameter {path!r}: {shown!r} is not a value that it can have") from error


def _assign_message(owner: Message, field: FieldDescriptor, values: Sequence[str]) -> None:
    """Messages with a text of their own in JSON: times, durations, wrappers."""
    kind = field.message_type
    if field.is_repeated or kind is None or not kind.full_name.startswith("google.protobuf."):
        raise ValueError("give its fields one by one")
    json_format.ParseDict({field.json_name: values[0]}, owner)


def _scalar(field: FieldDescriptor, value: str) -> Any:
    if field.enum_type is not None:
        return _enum(field.enum_type, value)
    parse = _PARSERS.get(field.cpp_type)
    if parse is None or field.type == FieldDescriptor.TYPE_BYTES:
        raise ValueError("not a field for a URL")
    return parse(value)


def _enum(enum: EnumDescriptor, value: str) -> int:
    number = int(value) if value.isdecimal() else enum.values_by_name[value.upper()].number
    return enum.values_by_number[number].number


def _boolean(value: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[value.lower()]


_PARSERS: Final[Mapping[int, Callable[[str], Any]]] = {
    FieldDescriptor.CPPTYPE_INT32: int,
    FieldDescriptor.CPPTYPE_INT64: int,
    FieldDescriptor.CPPTYPE_UINT32: int,
    FieldDescriptor.CPPTYPE_UINT64: int,
    FieldDescriptor.CPPTYPE_DOUBLE: float,
    FieldDescriptor.CPPTYPE_FLOAT: float,
    FieldDescriptor.CPPTYPE_BOOL: _boolean,
    FieldDescriptor.CPPTYPE_STRING: str,
}
