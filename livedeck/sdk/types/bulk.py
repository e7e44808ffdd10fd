"""The literals of very many numbers as bytes, several times as fast as a message is made for each.

A list of numbers is the field ``literals`` again and again, each time with a literal, in it a scalar, in it a
primitive, in it the number: a few bytes of which only the lengths and the number differ.
"""

import functools
import struct
from collections.abc import Iterator, Sequence
from itertools import chain, repeat

LEAST = 256
"""Numbers that are worth it."""
_AT_ONCE = 8192
"""Numbers in a piece."""

_LOW = 14
"""Bits of a number that are looked up; those above them are, too, where they are not more."""
_BELOW = 1 << _LOW


def integers(values: Sequence[int]) -> Iterator[bytes]:
    """Yield a collection of literals in pieces.

    Args:
        values: integers of 64 bits.
    """
    low, high, heads, small = _tables()
    for start in range(0, len(values), _AT_ONCE):
        yield b"".join(
            [
                heads[above] + low[value & (_BELOW - 1)] + high[above]
                if 0 < (above := value >> _LOW) < _BELOW
                else small[value]
                if above == 0
                else _integer(value)
                for value in values[start : start + _AT_ONCE]
            ]
        )


def floats(values: Sequence[float]) -> Iterator[bytes]:
    """Yield a collection of literals in pieces.

    Args:
        values: the numbers.
    """
    for start in range(0, len(values), _AT_ONCE):
        some = values[start : start + _AT_ONCE]
        yield _floats(len(some)).pack(*chain.from_iterable(zip(repeat(_FLOAT), some)))


_FIELD, _INTEGER, _DOUBLE = 0x0A, 0x08, 0x11
"""Tags: of the first field, a message, at every level; of a primitive's integer; of its float."""
_FLOAT = bytes((_FIELD, 13, _FIELD, 11, _FIELD, 9, _DOUBLE))


@functools.lru_cache(2)  # of a whole piece, and of the last one
def _floats(count: int) -> struct.Struct:
    return struct.Struct("<" + f"{len(_FLOAT)}sd" * count)


@functools.cache
def _tables() -> tuple[list[bytes], list[bytes], list[bytes], list[bytes]]:
    """Return low bits as they are written, bits above them, what stands before a number with these; small numbers."""
    low = [bytes((bits & 0x7F | 0x80, bits >> 7 | 0x80)) for bits in range(_BELOW)]
    high = [_varint(bits) for bits in range(_BELOW)]
    heads = [_head(2 + len(bits)) for bits in high]
    return low, high, heads, [_head(len(bits)) + bits for bits in high]


def _integer(value: int) -> bytes:
    written = _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    return _head(len(written)) + written


def _head(length: int) -> bytes:
    return bytes((_FIELD, length + 5, _FIELD, length + 3, _FIELD, length + 1, _INTEGER))


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
