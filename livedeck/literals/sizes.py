"""How large messages are, without looking at all of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

SMALL: Final = 32 * 1024
"""Bytes of texts, about, of a message that is small: Python code looks at all of it in some 10 ms."""
_VALUE: Final = 16
"""Bytes that each value of a message counts for beside its text."""


def is_small(message: Message, limit: int = SMALL) -> bool:
    """Tell whether a message takes no more than about so many bytes; of a larger one no more than that is looked at.

    ``ByteSize`` would tell exactly, but serializes all of the message, during which nothing else runs.
    """
    return _left(message, limit) >= 0


def _left(value: Any, left: int) -> int:
    """What is left of a number of bytes after a value; less than zero once it is used up."""
    left -= _VALUE
    if isinstance(value, Message):
        for _, each in value.ListFields():
            left = _left(each, left)
            if left < 0:
                break
        return left
    if isinstance(value, str | bytes):
        return left - len(value)
    if isinstance(value, Mapping):
        return _left_of_all((part for item in value.items() for part in item), left)
    if isinstance(value, Iterable):
        return _left_of_all(value, left)
    return left


def _left_of_all(values: Iterable[Any], left: int) -> int:
    for each in values:
        left = _left(each, left)
        if left < 0:
            break
    return left
