"""Structs as JSON, decoded and encoded in slices, for a process in which other threads have something to do.

msgspec holds the interpreter's lock from the first byte of a call to the last: 40 MB would stop every other thread for
a tenth of a second. Here a first call finds where long values lie, which takes a fraction of that, and each further one
handles about `SLICE` bytes.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Any, Final, Generic, TypeVar, Union, cast, get_args, get_origin

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

SLICE: Final = 32 * 1024
"""Bytes, or characters, that one call handles: a tenth of a millisecond.

Another thread waits for one such call each time that it wants the interpreter's lock. Starting an execution wants it
about a hundred times.
"""
AT_ONCE: Final = 256 * 1024
"""Bytes of JSON that are better decoded by one call, which takes less than a millisecond."""
_NUMBER: Final = 32
"""Bytes of a number, at most."""
_NUMBERS: Final = frozenset({int, float, bool, type(None)})
_HOLE: Final = b"\0"
"""Where the parts of a value go. JSON holds no such byte: in its strings it is escaped."""
_ESCAPE: Final = 6
"""Bytes of the longest escape: ``\\u`` and four digits."""

_BACKSLASHES: Final = re.compile(rb"\\*")

_encode: Final = msgspec.json.Encoder().encode
_text: Final = msgspec.json.Decoder(str).decode


class Decoder(Generic[T]):
    """Decodes structs of one kind, such as a segment.

    Args:
        kind: The class. Fields of it, and of the structs in it, that are texts or lists may be of any length.
        size: Bytes of a slice: more than a character takes, as an escape.
    """

    def __init__(self, kind: type[T], size: int = SLICE) -> None:
        self._size = size
        self._outlines = msgspec.json.Decoder(_outline(kind))

    def decode(self, data: bytes) -> T:
        """Decode one.

        Raises:
            msgspec.MsgspecError: It is not JSON, or not that of such a struct.
            UnicodeDecodeError: A text in it is not UTF-8.
            RecursionError: It nests too deep.
        """
        return cast("T", _filled(self._outlines.decode(data), self._size))


def encode(value: Any, size: int = SLICE) -> Iterator[bytes]:
    """Yield the JSON of a struct, a list or a text in pieces, each of about a slice at most and many much smaller.

    Args:
        value: What is encoded.
        size: Characters of a slice.
    """
    if isinstance(value, str) and len(value) > size:
        yield b'"'
        for start in range(0, len(value), size):
            yield _encode(value[start : start + size])[1:-1]
        yield b'"'
    elif isinstance(value, list) and value:
        yield b"["
        yield from _items(value, size)
        yield b"]"
    elif isinstance(value, msgspec.Struct) and (parts := _parts(value, size)):
        # The encoder does not mind the class of what stands in a field.
        shell = _encode(msgspec.structs.replace(value, **dict.fromkeys(parts, msgspec.Raw(_HOLE)))).split(_HOLE)
        for before, part in zip(shell, parts.values(), strict=False):
            yield before
            yield from encode(part, size)
        yield shell[-1]
    else:
        yield _encode(value)


def holds_more(data: bytes, most: int, size: int = SLICE) -> bool:
    """Tell whether JSON holds more objects and arrays than so many, without decoding it."""
    if len(data) <= most:
        return False
    # Those in texts are counted first, too: only where all together are many it is seen where texts begin and end.
    spans = range(0, len(data), size)
    brackets = sum(data.count(bracket, at, at + size) for at in spans for bracket in (b"{", b"["))
    return brackets > most and _outside_texts(data, most, size) > most


def _outside_texts(data: bytes, most: int, size: int) -> int:
    """The brackets that open objects and arrays; once they are more than ``most``, no more are counted."""
    count, begin, in_text = 0, 0, False
    while begin < len(data) and count <= most:
        end = begin + size
        if data[end - 1 : end] == b"\\":
            further = _BACKSLASHES.match(data, end)
            end = (further.end() if further else end) + 1
        piece = data[begin:end].replace(b"\\\\", b"").replace(b'\\"', b"")
        parts = piece.split(b'"')
        outside = b"".join(parts[in_text::2])
        count += outside.count(b"{") + outside.count(b"[")
        in_text ^= len(parts) % 2 == 0
        begin = end
    return count


def joined(pieces: Iterator[bytes], size: int = SLICE) -> Iterator[bytes]:
    """Put small pieces together, up to about a size."""
    held, length = [], 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)


def _parts(struct: msgspec.Struct, size: int) -> dict[str, Any]:
    """The fields of a struct that are encoded by themselves, in the order in which they are written."""
    found = {}
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        is_long = len(value) > size if isinstance(value, str) else isinstance(value, list) and value
        if is_long or (isinstance(value, msgspec.Struct) and _parts(value, size)):
            found[name] = value
    return found


def _items(values: list[Any], size: int) -> Iterator[bytes]:
    if not isinstance(values[0], msgspec.Struct | list | str):
        step = max(1, size // _NUMBER)
        for start in range(0, len(values), step):
            yield (b"," if start else b"") + _encode(values[start : start + step])[1:-1]
        return
    held: list[Any] = []  # small ones, which are encoded together: there may be millions
    length, comma = 0, b""
    for value in values:
        takes = _length(value, size)
        if held and length + takes > size:
            yield comma + _encode(held)[1:-1]
            held, length, comma = [], 0, b","
        if takes > size:
            yield comma
            yield from encode(value, size)
            comma = b","
        else:
            held.append(value)
            length += takes
    if held:
        yield comma + _encode(held)[1:-1]


def _length(value: Any, most: int) -> int:
    """About how many bytes a value takes; of one that takes more than so many, that it is more."""
    if value.__class__ is str:
        return len(value)
    if isinstance(value, list):
        length, parts = _NUMBER * len(value), iter(value)
    elif isinstance(value, msgspec.Struct):
        length, parts = _NUMBER, (getattr(value, name) for name in value.__struct_fields__)
    else:
        return _NUMBER
    for part in parts:
        if length > most:
            break
        if part.__class__ not in _NUMBERS:
            length += _length(part, most)
    return length


class _Outline(msgspec.Struct, gc=False):
    """A struct as it is decoded first: its texts and its lists of numbers are left as they stand in the JSON."""


@cache
def _outline(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The class of a struct's outlines."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        kept = (field.name, _outlined(field.type))
        if field.default_factory is not msgspec.NODEFAULT:
            fields.append((*kept, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append(kept if field.required else (*kept, field.default))
    config = kind.__struct_config__
    made = msgspec.defstruct(
        kind.__name__, fields, bases=(_Outline,), tag=config.tag, tag_field=config.tag_field, gc=False
    )
    _FILL[made] = (
        kind,
        {field.name: filler for field in msgspec.structs.fields(kind) if (filler := _filler(field.type))},
    )
    return made


_Filler = Callable[[Any, int], Any]
"""Takes what is outlined of a field, and the bytes of a slice; returns the field's value."""

_FILL: Final[dict[type[msgspec.Struct], tuple[type[msgspec.Struct], dict[str, _Filler]]]] = {}
"""By class of outlines: that of the structs, and how the fields come about that are no more than outlined."""


def _outlined(kind: Any) -> Any:
    if kind is str:
        return msgspec.Raw
    if _is_struct(kind):
        return _outline(kind)
    if get_origin(kind) in {Union, UnionType} and all(map(_is_struct, get_args(kind))):
        return reduce(or_, map(_outline, get_args(kind)))
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        return list[_outlined(item)] if _outlined(item) != item else msgspec.Raw  # type: ignore[misc]
    return kind


def _filler(kind: Any) -> _Filler | None:
    """What makes a field's value of what is outlined of it; None where that is the value already."""
    if kind is str:
        return _filled_text
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        each = _filler(item)
        return _numbers(kind) if each is None else lambda held, size: [each(one, size) for one in held]
    return None if _outlined(kind) == kind else _filled


def _filled(outline: Any, size: int) -> Any:
    """The struct that an outline is of; what is a struct already is a field's default."""
    if not isinstance(outline, _Outline):
        return outline
    kind, fillers = _FILL[type(outline)]
    values = {name: getattr(outline, name) for name in outline.__struct_fields__}
    for name, filler in fillers.items():
        values[name] = filler(values[name], size)
    return kind(**values)


def _filled_text(held: msgspec.Raw | str, size: int) -> str:
    if isinstance(held, str):  # the field's default
        return held
    data = memoryview(held)
    if len(data) <= size or bytes(data[:1]) != b'"':  # what is no text is refused with words for it
        return _text(data)
    pieces = []
    begin, last = 1, len(data) - 1
    while begin < last:
        end = begin + size
        end = last if end >= last else _cut(data, begin, end)
        pieces.append(_text(b'"%s"' % data[begin:end]))
        begin = end
    return "".join(pieces)


def _cut(data: memoryview, begin: int, end: int) -> int:
    """Where a text in JSON may be cut, at ``end`` or shortly before: not within a character or an escape."""
    while data[end] & 0xC0 == 0x80 and end > begin + 1:
        end -= 1
    near = bytes(data[begin:end])
    last = near.rfind(b"\\", max(0, len(near) - _ESCAPE))
    if last < 0:
        return end
    before = len(near[:last]) - len(near[:last].rstrip(b"\\"))
    escape = last - before % 2  # backslashes come in pairs, but for the one that begins another escape
    if b"udc" <= bytes(data[begin + escape + 1 : begin + escape + 4]).lower() <= b"udf":
        escape -= _ESCAPE  # the second half of a character beyond 0xFFFF stays with the first
    return begin + escape if escape > 0 else end


@cache
def _numbers(kind: Any) -> _Filler:
    """What decodes a list of numbers, given its type."""
    decode = msgspec.json.Decoder(kind).decode

    def numbers(held: Any, size: int) -> list[Any]:
        if not isinstance(held, msgspec.Raw):  # the field's default
            return list(held)
        data = memoryview(held)
        if len(data) <= size or bytes(data[:1]) != b"[":  # what is no list is refused with words for it
            return decode(data)  # type: ignore[no-any-return]
        found: list[Any] = []
        begin, last = 1, len(data) - 1
        while begin < last:
            end = _comma(data, begin + size, last)
            found += decode(b"[%s]" % data[begin:end])
            begin = end + 1
        return found

    return numbers


def _comma(data: memoryview, begin: int, last: int) -> int:
    """Where the next comma is; ``last`` if there is none."""
    for start in range(begin, last, _NUMBER):
        at = bytes(data[start : min(start + _NUMBER, last)]).find(b",")
        if at >= 0:
            return start + at
    return last


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
