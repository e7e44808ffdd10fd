"""What users hand to a Deck, made into what a Deck can hold. Nothing here raises: the task never pays."""

import itertools
import math
import operator
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from livedeck.deck import user_code
from livedeck.deck.numerals import format_duration, format_moment

MOST = 1_000_000
"""How many items are taken of what need not hold them: an iterator may have no end, and a range any length."""
_EXACT = 2**53  # beyond it a browser no longer tells neighbouring integers apart
_WRITTEN = 10**21  # beyond it integers are shown with an exponent
_SHOWN = 40  # characters of a value that words about it show


class Position(NamedTuple):
    """Where a point stands on the horizontal axis."""

    x: float
    zone: str | None
    """None for a number; for a time, the name of its time zone, or nothing."""


def text(value: Any) -> str:
    """A text; of something that cannot say what it is, its type."""
    if type(value) is str:
        return value
    try:
        return str.__str__(user_code.call(str, value))  # an exact one, of a subclass whose methods may be anything
    except Exception:  # a user's __str__ may raise anything
        return _large(value) if type(value) is int else f"<{type(value).__name__}>"


def _large(whole: int) -> str:
    """An integer of more digits than Python writes out."""
    size = math.log10(abs(whole))
    mantissa = f"{10 ** (size - math.floor(size)):.5f}".rstrip("0").rstrip(".")
    return f"{'-' if whole < 0 else ''}{mantissa}e+{math.floor(size)}"


def shown(value: Any) -> str:
    """A value as words about it show it: as in code, and short."""
    try:
        words = str.__str__(user_code.call(repr, value))
    except Exception:  # a user's __repr__ may raise anything
        words = _large(value) if type(value) is int else f"<{type(value).__name__}>"
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"


def key(value: Any, default: str) -> str:
    """The id that the user gave an element, or the default if none was given."""
    return default if value is None or (type(value) is str and not value) else text(value)


def flag(value: Any) -> bool:
    """Whether something is true; what cannot say so is not."""
    try:
        return user_code.call(bool, value)
    except Exception:  # an array of several items, or a user's __bool__ that raises anything
        return False


def number(value: Any) -> float | None:
    """A finite number from anything number-like (numpy, torch, Decimal, datetime); None when there is none."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is int and -_EXACT <= value <= _EXACT:
        return int(value)
    try:
        found = user_code.call(_float, value)
    except Exception:  # a user's __float__ may raise anything
        return None
    return found if math.isfinite(found) else None


def _float(value: Any) -> float:
    return float(value.timestamp() if hasattr(value, "timestamp") else value)


def length(values: Any) -> int | None:
    """How many items there are; None where that cannot be known before they were gone through."""
    try:
        return user_code.call(len, values)
    except Exception:  # it has no length, or a user's __len__ raises anything
        return None


def missing(value: Any) -> bool:
    """Whether it stands for a value that is not there: None, NaN, or what pandas has for it."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    try:
        return user_code.call(math.isnan, value)
    except Exception:  # no number, or a user's __float__ that raises anything
        return False


def position(value: Any) -> Position | None:
    """Where a number, date or time stands on an axis; None for anything else.

    A time with a zone stands where it is in UTC; one without, and a date, where the clock shows it.
    """
    if type(value) is int or type(value) is float:
        found = number(value)
        return None if found is None else Position(found, None)
    try:
        return user_code.call(_position, value)
    except Exception:  # a user's own code may raise anything, and a time of pandas may be none
        return None


def _position(value: Any) -> Position | None:
    plain = value if isinstance(value, date) else _item(value)
    if isinstance(plain, datetime):
        zone = "" if plain.tzinfo is None else "UTC"
        moment = plain.replace(tzinfo=UTC) if plain.tzinfo is None else plain
        found, zoned = moment.timestamp(), zone
    elif isinstance(plain, date):
        found, zoned = datetime(plain.year, plain.month, plain.day, tzinfo=UTC).timestamp(), ""
    else:
        number_of = plain.total_seconds() if isinstance(plain, timedelta) else _float(plain)
        return Position(number_of, None) if math.isfinite(number_of) else None
    return Position(found, zoned) if math.isfinite(found) else None


def scalar(value: Any) -> float | int | str | bool | None:
    """What a value tile can show: a number or a word as it is, a time or duration in words, anything else as text."""
    kind = type(value)
    if value is None or kind in {bool, str}:
        return value  # type: ignore[no-any-return]
    try:
        plain = user_code.call(_plain, value)
    except Exception:  # a user's item(), __index__ or __float__ may raise anything
        return text(value)
    if isinstance(plain, timedelta):
        return format_duration(plain.total_seconds())
    if isinstance(plain, date) and (found := position(plain)) is not None:
        return format_moment(found.x, zone=found.zone or "")
    return _held(plain)


def _held(plain: Any) -> float | int | str | bool | None:
    """A plain value as it is, where JSON and a browser can hold it, else as text."""
    match plain:
        case None | bool():
            return plain
        case int():
            return plain if -_EXACT <= plain <= _EXACT else _written(plain)
        case float() if math.isfinite(plain):
            return plain
        case _:
            return text(plain)


def _written(whole: int) -> str:
    """An integer that a browser could not hold, written as it would be."""
    return f"{whole:,}" if abs(whole) < _WRITTEN else _large(whole)


def _plain(value: Any) -> Any:
    """The Python value inside a scalar of numpy or torch, or what a value says that it is as a number."""
    plain = _item(value)
    if plain is None or type(plain) in {bool, int, float, str} or isinstance(plain, date | timedelta):
        return plain
    try:
        return operator.index(plain)
    except Exception:  # no integer
        return float(plain) if hasattr(plain, "__float__") else plain


def _item(value: Any) -> Any:
    """The Python value inside a scalar of numpy or torch."""
    try:
        if type(value).__name__ == "datetime64":
            value = value.astype("datetime64[us]")  # nanoseconds come out as an integer
        return value.item() if hasattr(value, "item") else value
    except Exception:  # an array of more than one item, for one
        return value


def column(values: Any, most: int = MOST) -> list[Any] | None:
    """The items of a sequence, array or iterator; None for anything that is one value.

    Args:
        values: Anything.
        most: How many items are taken of what is no list, tuple or array.
    """
    kind = type(values)
    if kind is list:
        return values  # type: ignore[no-any-return]
    if kind in {str, bytes, int, float}:
        return None
    if kind is tuple:
        return list(values)
    if kind is range:
        return list(values[:most])
    try:
        items = user_code.call(lambda held: _items(held, most), values)
    except Exception:  # iterating may run a user's code
        return None
    return items if isinstance(items, list) else None


def _items(values: Any, most: int) -> Any:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        return None
    array: Any = values
    if hasattr(array, "tolist"):
        dated = getattr(getattr(array, "dtype", None), "kind", "") == "M"
        return (array.astype("datetime64[us]") if dated else array).tolist()
    return list(itertools.islice(array, most))


def named(values: Any) -> dict[Any, Any]:
    """The items of a mapping (a dict, a row of a frame); none of what is not one."""
    if type(values) is dict:
        return values
    try:
        return user_code.call(_entries, values)
    except Exception:  # a user's mapping may raise anything
        return {}


def _entries(values: Any) -> dict[Any, Any]:
    return dict(values.items()) if isinstance(values, Mapping) or hasattr(values, "items") else {}
