"""What is like JSON, as the text of it: dicts, lists, dataclasses, models of pydantic, arrays and scalars, nested.

The text is taken when the task hands the data over, for it may change afterwards; so it is made without recursion, and
no longer than asked for. Integers are written with all their digits, NaN and infinities as Python does.
"""

import dataclasses
import enum
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from json.encoder import encode_basestring
from typing import Any, Final, NamedTuple

from livedeck.deck import coerce, user_code
from livedeck.deck.numerals import format_size

INDENTED: Final = 3
"""Levels that have a line for each member."""
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_ARRAY: Final = 1_000_000  # items of an array that are written out

Pair = tuple[str | None, Any]


class Written(NamedTuple):
    """Data as a text."""

    text: str
    note: str
    """What is missing of it; empty: nothing."""


class _Open(NamedTuple):
    """A list or object whose members are being written."""

    members: Iterator[Pair]
    end: str
    identity: int


def written(value: Any, most: int) -> Written:
    """Data as JSON.

    Args:
        value: Anything; what is not like JSON is written as a text of what it says that it is.
        most: How many characters it may be, or a little more; what comes after that is left out.
    """
    out: list[str] = []
    size, cut = 0, False
    opened: list[_Open] = []
    within: set[int] = set()
    pending: Pair | None = (None, value)
    first = True
    while pending is not None or opened:
        if pending is None:
            frame = opened[-1]
            pending = next(frame.members, None)
            if pending is not None and (cut or size > most):
                pending, cut = None, True
            if pending is None:
                opened.pop()
                within.discard(frame.identity)
                out.append(_line(len(opened)) + frame.end if not first and len(opened) < INDENTED else frame.end)
                first = False
                continue
            out.append(("" if first else ",") + _line(len(opened) if len(opened) <= INDENTED else INDENTED + 1))
        key, held = pending
        pending = None
        name = "" if key is None else f"{_text(key)}: "
        inside, shape = _members(held, within)
        if inside is None:
            words = name + shape
            cut = size + len(words) > most
            out.append(name + _text("left out: there is too much") if cut else words)
            size += len(words) if not cut else 0
            first = False
        else:
            out.append(name + shape[0])
            size += len(name) + 2
            within.add(id(held))
            opened.append(_Open(inside, shape[1], id(held)))
            first = True
    note = f"Only the first {format_size(size)} of it are here: it is too large for this Deck." if cut else ""
    return Written("".join(out), note)


def _line(level: int) -> str:
    """What separates a member from the one before."""
    return "\n" + "  " * level if level <= INDENTED else ""


def _text(words: str) -> str:
    return encode_basestring(words)


def _members(value: Any, within: set[int]) -> tuple[Iterator[Pair] | None, str]:  # noqa: PLR0911 - by kinds of values
    """The members of a value with the signs around them; of one without members None, and its text."""
    kind = type(value)
    if kind in _PLAIN:
        return None, _scalar(value)
    if id(value) in within:
        return None, _text(f"<this {kind.__name__} is inside of itself>")
    if kind is dict:
        return _pairs(list(value.items())), "{}"
    if kind is list or kind is tuple:
        return ((None, each) for each in list(value)), "[]"
    try:
        found = user_code.call(_unfolded, value)
    except Exception:  # noqa: BLE001 - a user's own code may raise anything
        return None, _text(coerce.text(value))
    if isinstance(found, dict):
        return _pairs(list(found.items())), "{}"
    if isinstance(found, list):
        return ((None, each) for each in found), "[]"
    return None, _scalar(found)


def _pairs(items: Iterable[tuple[Any, Any]]) -> Iterator[Pair]:
    return ((key if type(key) is str else coerce.text(key), each) for key, each in items)


def _scalar(value: Any) -> str:
    kind = type(value)
    if value is None or kind is bool:
        return {None: "null", True: "true", False: "false"}[value]
    if kind is float:
        if math.isfinite(value):
            return repr(value)
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if kind is int:
        try:
            return str(value)
        except ValueError:  # of more digits than Python writes out
            return _text(coerce.text(value))
    return _text(coerce.text(value))


def _unfolded(value: Any) -> Any:  # noqa: C901, PLR0911 - one for each thing that data is made of
    """One level of a value: a dict or list of its members, or a scalar that it is."""
    if isinstance(value, enum.Enum):
        return value.value if type(value.value) in _PLAIN else value.name
    fields = _fields(value)
    if fields is not None:
        return fields
    if isinstance(value, Mapping):
        return dict(value.items())
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        if getattr(value, "size", 0) > _ARRAY:
            return f"<{type(value).__name__} {value.dtype} {tuple(value.shape)}>"
        return value.tolist()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{format_size(len(value))}>"
    if isinstance(value, date | time | timedelta):
        return str(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool | int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, Iterable):
        return list(itertools.islice(value, coerce.MOST))
    return value.item() if hasattr(value, "item") else str(value)


def _fields(value: Any) -> dict[str, Any] | None:
    """The fields of a dataclass, a named tuple, or a model of pydantic, attrs or msgspec; None for anything else."""
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        names: Iterable[str] = [field.name for field in dataclasses.fields(kind)]
    elif isinstance(getattr(kind, "model_fields", None), dict):
        names = kind.model_fields
    elif isinstance(value, tuple) and hasattr(kind, "_fields"):
        names = kind._fields
    elif hasattr(kind, "__struct_fields__"):
        names = kind.__struct_fields__
    elif hasattr(kind, "__attrs_attrs__"):
        names = [field.name for field in kind.__attrs_attrs__]
    else:
        return None
    return {name: getattr(value, name) for name in names if hasattr(value, name)}
