"""Messages from their bytes: large ones beside the event loop, and a piece at a time.

protobuf parses in C and holds the interpreter's lock from the first byte to the last: 64 MB of literals would stop
everything else for half a second, in a thread as much as on the loop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

SMALL: Final = 256 * 1024
"""Bytes that are parsed at once."""
PIECE: Final = 4 * 1024
"""Bytes that are parsed without letting anything else run: some 0.04 ms, three times that for the entries of a map."""
_LEVELS: Final = 100
"""How deep messages may nest, as for protobuf itself."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


async def parse_into(message: Message, data: bytes, offload: Callable[..., Awaitable[Any]] = asyncio.to_thread) -> None:
    """Set a message, which is empty, from its bytes.

    Args:
        message: What is set.
        data: Its bytes.
        offload: Runs what takes long; in a thread by default.

    Raises:
        DecodeError: The bytes are no such message.
    """
    if len(data) <= SMALL:
        message.ParseFromString(data)
    else:
        await offload(merge, message, data)


def merge(message: Message, data: bytes | memoryview, level: int = 0, piece: int = PIECE) -> None:
    """Merge a serialized message into one, with the interpreter's lock let go between pieces.

    Args:
        message: What is set.
        data: The bytes.
        level: How deep ``message`` lies within another.
        piece: Bytes that are parsed without letting anything else run.

    Raises:
        DecodeError: The bytes are no such message.
    """
    view = memoryview(data)
    if len(view) <= piece:
        message.MergeFromString(bytes(view))
        return
    if level > _LEVELS:
        raise DecodeError(f"it nests deeper than {_LEVELS} levels")
    begin = at = 0
    while (at := _past_short(view, at, begin + piece)) < len(view):
        tag, start, end = _field(view, at)
        field = message.DESCRIPTOR.fields_by_number.get(tag >> 3)
        if end - at > piece and tag & 7 == _BYTES and field and field.message_type:
            message.MergeFromString(bytes(view[begin:at]))
            _merge_field(message, field, view[start:end], level + 1, piece)
            begin = end
        elif end - begin > piece:
            message.MergeFromString(bytes(view[begin:end]))
            begin = end
        at = end
    message.MergeFromString(bytes(view[begin:]))


def _past_short(view: memoryview, at: int, stop: int) -> int:
    """Return where the first field begins that is not both short and of bytes, or that lies beyond ``stop``.

    A large message is mostly short literals, of which there may be millions: each costs a fraction of `_field` here.
    """
    last = min(stop, len(view) - 1)
    while at < last and view[at] & 0x87 == _BYTES and view[at + 1] < 0x80:
        at += 2 + view[at + 1]
    if at > len(view):
        raise DecodeError("it is cut short")
    return at


def _merge_field(message: Message, field: Any, data: memoryview, level: int, piece: int) -> None:
    held: Any = getattr(message, field.name)
    if not field.is_repeated:
        held.SetInParent()
        merge(held, data, level, piece)
    elif field.message_type.GetOptions().map_entry:
        _merge_entry(held, field.message_type, data, level, piece)
    else:
        merge(held.add(), data, level, piece)


def _merge_entry(held: Any, kind: Any, data: memoryview, level: int, piece: int) -> None:
    """Set an item of a map: a key (field 1) and a value (field 2), which may be large."""
    entry: Any = GetMessageClass(kind)()
    values = []
    at = 0
    while at < len(data):
        tag, start, end = _field(data, at)
        if tag == 2 << 3 | _BYTES:
            values.append(data[start:end])
        else:
            entry.MergeFromString(bytes(data[at:end]))
        at = end
    if kind.fields_by_name["value"].message_type is None:
        entry.MergeFromString(bytes(data))
        held[entry.key] = entry.value
        return
    held.pop(entry.key, None)
    value = held[entry.key]
    for each in values:
        merge(value, each, level, piece)


def _field(view: memoryview, at: int) -> tuple[int, int, int]:
    """Return the tag of the field that begins at ``at``, and where its content begins and ends."""
    tag, at = _varint(view, at)
    kind = tag & 7
    if kind == _BYTES:
        length, at = _varint(view, at)
        end = at + length
    elif kind == _VARINT:
        _, end = _varint(view, at)
    elif kind in {_FIXED32, _FIXED64}:
        end = at + (4 if kind == _FIXED32 else 8)
    else:
        raise DecodeError(f"a field at byte {at} has the unknown type {kind}")
    if end > len(view):
        raise DecodeError("it is cut short")
    return tag, at, end


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    for at in range(at, min(at + 10, len(view))):  # noqa: B020, PLR1704 - goes on from there
        byte = view[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + 1
        shift += 7
    raise DecodeError("it is cut short within a number")
