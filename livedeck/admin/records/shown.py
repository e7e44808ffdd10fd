"""What JSON has no form for: refused where it arrives, left out where it is stored already.

One such value in one entity would otherwise keep every list that the entity is in from being shown.
"""

import json
import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor import Descriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.errors import InvalidRequest

_MOST_LEVELS: Final = 80
"""How deep a message may nest. Protobuf reads 100 levels, and in an answer an entity stands some levels down."""

_NO_FORM: Final = (json_format.Error, ValueError, TypeError, DecodeError)
"""What protobuf raises for a value without a JSON form: a time out of range, NaN, an ``Any`` of an unknown type."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Fault:
    """One value that JSON has no form for."""

    path: str
    """Where it is: ``spec.metadata.scheduled_at``."""
    reason: str
    holder: Message
    """The message that the value is a field of."""
    field: str


def check_shown(what: str, message: Message) -> None:
    """Refuse a message that no list could show.

    Args:
        what: What it is, for the refusal: ``task p/d/train@v1``.
        message: What was sent.

    Raises:
        InvalidRequest: It holds a time that no calendar has, NaN or infinity in a struct, or an ``Any`` of a type
            that is not Flyte's; or it nests too deep.
    """
    for fault in _faults(message):
        raise InvalidRequest(f"{what} cannot be shown as JSON: {fault.path} {fault.reason}; send another value")


def as_dict(message: Message) -> dict[str, Any]:
    """Return the JSON form of a message, enums by name; what has no such form is left out, and the log says so."""
    try:
        return json_format.MessageToDict(message)
    except _NO_FORM:
        mended = type(message)()
        mended.CopyFrom(message)
    identifier = " ".join(str(getattr(message, "id", "")).split())
    for fault in list(_faults(mended)):
        extra = {"kind": message.DESCRIPTOR.name, "id": identifier, "at": fault.path, "reason": fault.reason}
        _log.warning("no_json_form", extra=extra)
        _leave_out(fault)
    return json_format.MessageToDict(mended)


def _leave_out(fault: _Fault) -> None:
    if isinstance(fault.holder, Value):  # what a field of type double says in its place
        fault.holder.string_value = json.dumps(fault.holder.number_value)
    else:
        fault.holder.ClearField(fault.field)


def _faults(message: Message, path: str = "", level: int = 0) -> Iterator[_Fault]:
    if isinstance(message, Value) and not math.isfinite(message.number_value):
        yield _Fault(path, f"is {message.number_value}", message, "number_value")
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        here = f"{path}.{field.name}" if path else field.name
        reason = _no_form(value) if level < _MOST_LEVELS else f"nests deeper than {_MOST_LEVELS} levels"
        if reason:
            yield _Fault(here, reason, message, field.name)
        elif field.is_repeated:
            # An entry of a map is a level of its own on the wire.
            for label, item in _items(field.message_type, value):
                yield from _faults(item, f"{here}[{label}]", level + 2)
        else:
            yield from _faults(value, here, level + 1)


def _no_form(value: object) -> str:
    """Say why one of the types with a JSON form of their own has none; nothing for all others."""
    if isinstance(value, Timestamp | Duration | AnyMessage):
        try:
            json_format.MessageToDict(value)
        except _NO_FORM as error:
            return f"is not possible ({error})"
    return ""


def _items(kind: Descriptor, value: Any) -> Iterable[tuple[object, Message]]:
    """The messages in a list or map, each with what to call it; of a map of plain values, none."""
    if not kind.GetOptions().map_entry:
        return ((_name(item) or at, item) for at, item in enumerate(value))
    of_messages = kind.fields_by_name["value"].message_type is not None
    return value.items() if of_messages else ()


def _name(item: Message) -> str:
    """The name of an entity in a list, for who reads the log."""
    return str(getattr(getattr(item, "id", None), "name", ""))
