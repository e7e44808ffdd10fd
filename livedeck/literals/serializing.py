"""Literals as bytes, with the interpreter's lock let go between pieces, as `parsing` reads them.

protobuf serializes in C and holds the lock from the first byte to the last: the 60 MB of a list of eight million
numbers would stop everything else for half a second, in a thread as much as on the event loop.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from livedeck.literals.parsing import parse_into
from livedeck.literals.sizes import SMALL, is_small

_ITEM: Final = 64
"""Bytes of an item of a list, more or less: tells how many are serialized without letting anything else run."""
_AT_ONCE: Final = 64
"""Values of a list, for each byte of a piece, that are serialized in one call all the same: some two million, which
takes a tenth of a second. Pieces take ten times as long together, and all that time slow down what runs beside them."""
_COLLECTION: Final = 2
_MAP: Final = 3
"""Numbers of the fields of a literal that may hold very many others."""


async def serialize(literals: LiteralMap, size: int = SMALL) -> bytes:
    """Return the bytes of literals, in the order of their names; of very many in a thread.

    Args:
        literals: Which.
        size: Bytes that are serialized without letting anything else run.
    """
    if is_small(literals, size):
        return bytes(literals.SerializeToString(deterministic=True))
    return await asyncio.to_thread(_map, literals, size)


async def serialize_one(literal: Literal, size: int = SMALL) -> bytes:
    """Return the bytes of one literal; of a very large one in a thread.

    Args:
        literal: Which.
        size: Bytes that are serialized without letting anything else run.
    """
    if is_small(literal, size):
        return bytes(literal.SerializeToString(deterministic=True))
    return await asyncio.to_thread(_literal, literal, size)


async def copy(literals: Mapping[str, Literal]) -> LiteralMap:
    """Return a map of copies of literals; of very many they are made in a thread."""
    if all(map(is_small, literals.values())):
        return LiteralMap(literals=literals)
    copied = LiteralMap()
    await parse_into(copied, await asyncio.to_thread(_entries, literals, SMALL))
    return copied


def _map(literals: LiteralMap, size: int) -> bytes:
    if len(UnknownFieldSet(literals)):  # of a newer version: known to protobuf alone
        return bytes(literals.SerializeToString(deterministic=True))
    return _entries(literals.literals, size)


def _entries(literals: Mapping[str, Literal], size: int) -> bytes:
    """The entries of a map, each with its key as field 1 and its value as field 2."""
    pieces = []
    for name in sorted(literals, key=str.encode):
        entry = _field(1, name.encode()) + _field(2, _literal(literals[name], size))
        pieces.append(_field(1, entry))
    return b"".join(pieces)


def _literal(literal: Literal, size: int) -> bytes:
    held = literal.WhichOneof("value")
    if held == "collection" and not is_small(literal, size):
        return _with_rest(literal, _field(_COLLECTION, _list(literal.collection, size)))
    if held == "map" and not is_small(literal, size):
        return _with_rest(literal, _field(_MAP, _map(literal.map, size)))
    return bytes(literal.SerializeToString(deterministic=True))


def _with_rest(literal: Literal, value: bytes) -> bytes:
    """A value, and what else a literal says: its hash and its metadata, whose fields have higher numbers."""
    if len(UnknownFieldSet(literal)):
        return bytes(literal.SerializeToString(deterministic=True))
    rest = Literal()
    for field, held in literal.ListFields():
        if field.containing_oneof is None:
            _set(rest, field.name, held)
    return value + bytes(rest.SerializeToString(deterministic=True))


def _set(message: Message, name: str, value: Any) -> None:
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.is_repeated or field.message_type is not None:
        getattr(message, name).MergeFrom(value)
    else:
        setattr(message, name, value)


def _list(collection: LiteralCollection, size: int) -> bytes:
    if len(UnknownFieldSet(collection)):
        return bytes(collection.SerializeToString(deterministic=True))
    if (
        len(collection.literals) <= _AT_ONCE * size
        and collection.literals
        and collection.literals[0].HasField("scalar")
    ):
        return bytes(collection.SerializeToString(deterministic=True))
    pieces = []
    step = max(1, size // _ITEM)
    for start in range(0, len(collection.literals), step):
        some = collection.literals[start : start + step]
        if all(each.HasField("scalar") for each in some):
            pieces.append(LiteralCollection(literals=some).SerializeToString(deterministic=True))
        else:
            pieces.extend(_field(1, _literal(each, size)) for each in some)
    return b"".join(pieces)


def _field(number: int, data: bytes) -> bytes:
    """A field of bytes."""
    left, length = len(data), b""
    while left > 0x7F:
        length += bytes([left & 0x7F | 0x80])
        left >>= 7
    return bytes([number << 3 | 2]) + length + bytes([left]) + data
