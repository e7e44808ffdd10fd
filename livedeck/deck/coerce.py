"""What users hand to a Deck, made into what a Deck can hold. Nothing here raises: the task never pays."""

import itertools
import math
import operator
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from livedeck.deck import user_code
from livedeck.deck.digits import EXACT, Number, near
from livedeck.deck.numerals import format_duration, format_moment

MOST = 1_000_000
"""How many items are taken of what need not hold them: an iterator may have no end, and a range any length."""
_WRITTEN = 10**21  # beyond it integers are shown with an exponent
_SHOWN = 40  # characters of a value that words about it show
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TOLD_APART = 2**33 * 1_000_000  # microseconds from 1970 up to which floats of seconds tell neighbouring ones apart


class Position(NamedTuple):
    """Where a point stands on the horizontal axis."""

    x: float
    zone: str | None
    """None for a number; for a time, the name of its time zone, or nothing."""
    digits: str | None = None
    """Where it stands exactly, if a float cannot say it."""

    @property
    def exact(self) -> Number:
        """Where it stands, exactly."""
        return self.x if self.digits is None else self.digits


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
    if kind is int and -EXACT <= value <= EXACT:
        return int(value)
    try:
        found = user_code.call(_float, value)
    except Exception:  # a user's __float__ may raise anything
        return None
    return found if math.isfinite(found) else None


def _float(value: Any) -> float:
    return float(value.timestamp() if hasattr(value, "timestamp") else value)


def exact(value: Any) -> Number | None:
    """A finite number as charts hold it: an integer that a browser's floats cannot hold as its digits."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is int and -EXACT <= value <= EXACT:
        return int(value)
    try:
        return user_code.call(_exact, value)
    except Exception:  # a user's item(), __index__ or __float__ may raise anything
        return None


def _exact(value: Any) -> Number | None:
    whole = _whole(_item(value))
    if whole is not None and not -EXACT <= whole <= EXACT and abs(whole) < _WRITTEN:
        return int.__repr__(whole)
    found = _float(value)
    return found if math.isfinite(found) else None


def _whole(plain: Any) -> int | None:
    """A value as an integer, if it is one."""
    if isinstance(plain, int):
        return plain
    if isinstance(plain, Decimal):
        return int(plain) if plain.is_finite() and abs(plain) < _WRITTEN and plain == int(plain) else None
    return operator.index(plain) if hasattr(type(plain), "__index__") else None


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
        return _placed(exact(value))
    try:
        return user_code.call(_position, value)
    except Exception:  # a user's own code may raise anything, and a time of pandas may be none
        return None


def _placed(found: Number | None) -> Position | None:
    if found is None:
        return None
    return Position(near(found), None, found if isinstance(found, str) else None)


def _position(value: Any) -> Position | None:
    plain, nanoseconds = _moment(value)
    if isinstance(plain, datetime):
        zone = "" if plain.tzinfo is None else "UTC"
        moment = plain.replace(tzinfo=UTC) if plain.tzinfo is None else plain
        seconds = moment.timestamp()
        if not math.isfinite(seconds):  # what pandas has for a time that is not there
            return None
        return Position(seconds, zone, _digits_of((moment - _EPOCH) // _MICROSECOND, nanoseconds))
    if isinstance(plain, date):
        return Position(datetime(plain.year, plain.month, plain.day, tzinfo=UTC).timestamp(), "")
    return _placed(plain.total_seconds() if isinstance(plain, timedelta) else _exact(plain))


def _moment(value: Any) -> tuple[Any, int]:
    """A value as Python has it, and the nanoseconds of a time that Python has no room for."""
    if type(value).__name__ == "datetime64" and str(value.dtype) == "datetime64[ns]" and value == value:  # noqa: PLR0124 - NaT is not
        whole, rest = divmod(int(value.astype("int64")), 1000)
        return datetime(1970, 1, 1) + whole * _MICROSECOND, rest  # noqa: DTZ001 - numpy's times have no zone
    of_pandas: Any = value
    if isinstance(value, datetime) and hasattr(value, "to_pydatetime"):
        return of_pandas.to_pydatetime(warn=False), of_pandas.nanosecond
    return (value if isinstance(value, date) else _item(value)), 0


def _digits_of(micros: int, nanoseconds: int) -> str | None:
    """The seconds of a time, in digits; None where the float nearest to them is no other time's."""
    if not nanoseconds and (-_TOLD_APART <= micros <= _TOLD_APART or micros % 1_000_000 == 0):
        return None
    total = micros * 1000 + nanoseconds
    whole, rest = divmod(abs(total), 1_000_000_000)
    return f"{'-' if total < 0 else ''}{whole}.{rest:09}".rstrip("0")


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
            return plain if -EXACT <= plain <= EXACT else _written(plain)
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
        of_pandas = type(array).__module__.partition(".")[0] == "pandas"  # which makes times of its own
        return _moments(array) if dated and not of_pandas else array.tolist()
    return list(itertools.islice(array, most))


def _moments(array: Any) -> list[Any]:
    """The times of an array of numpy's as Python's; those with nanoseconds as they are."""
    found: list[Any] = array.astype("datetime64[us]").tolist()
    if str(array.dtype) == "datetime64[ns]" and array.ndim == 1:
        finer = (array.astype("int64") % 1000 != 0) & (array == array)  # noqa: PLR0124 - NaT is not
        for place in finer.nonzero()[0].tolist():
            found[place] = array[place]
    return found


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
