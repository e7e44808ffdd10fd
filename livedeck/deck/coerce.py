"""What users hand to a Deck, made into what a Deck can hold. Nothing here raises: the task never pays."""

import math
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from livedeck.deck import user_code

_EXACT = 2**53  # beyond it a browser no longer tells neighbouring integers apart


def text(value: Any) -> str:
    """A text; of something that cannot say what it is, its type."""
    if type(value) is str:
        return value
    try:
        return str.__str__(user_code.call(str, value))  # an exact one, of a subclass whose methods may be anything
    except Exception:  # noqa: BLE001 - a user's __str__ may raise anything
        return _large(value) if type(value) is int else f"<{type(value).__name__}>"


def _large(whole: int) -> str:
    """An integer of more digits than Python writes out."""
    sign = "-" if whole < 0 else ""
    exponent = math.floor(math.log10(abs(whole)))
    digits = 10 ** (math.log10(abs(whole)) - exponent)
    return f"{sign}{digits:.6g}e+{exponent}"


def key(value: Any, default: str) -> str:
    """The id that the user gave an element, or the default if none was given."""
    return default if value is None or (type(value) is str and not value) else text(value)


def flag(value: Any) -> bool:
    """Whether something is true; what cannot say so is not."""
    try:
        return user_code.call(bool, value)
    except Exception:  # noqa: BLE001 - an array of several items, or a user's __bool__ that raises anything
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
    except Exception:  # noqa: BLE001 - a user's __float__ may raise anything
        return None
    return found if math.isfinite(found) else None


def _float(value: Any) -> float:
    return float(value.timestamp() if hasattr(value, "timestamp") else value)


def scalar(value: Any) -> float | int | str | bool | None:
    """What a value tile can show: a number or a word as it is, anything else as text."""
    kind = type(value)
    if value is None or kind in {bool, str}:
        return value  # type: ignore[no-any-return]
    try:
        plain = user_code.call(_plain, value)
    except Exception:  # noqa: BLE001 - a user's item(), __index__ or __float__ may raise anything
        return text(value)
    match plain:
        case None | bool():
            return plain
        case int():
            return plain if -_EXACT <= plain <= _EXACT else text(plain)
        case float() if math.isfinite(plain):
            return plain
        case _:
            return text(plain)


def _plain(value: Any) -> Any:
    """The Python value inside a scalar of numpy or torch, or what a value says that it is as a number."""
    try:
        plain = value.item() if hasattr(value, "item") else value
    except Exception:  # noqa: BLE001 - an array of more than one item, for one
        plain = value
    if plain is None or type(plain) in {bool, int, float, str}:
        return plain
    try:
        return operator.index(plain)
    except Exception:  # noqa: BLE001 - no integer
        return float(plain) if hasattr(plain, "__float__") else plain


def column(values: Any) -> list[Any] | None:
    """The items of a sequence or array, None for anything that is one value."""
    if type(values) is list:
        return values
    if type(values) in {str, bytes}:
        return None
    try:
        items = user_code.call(_items, values)
    except Exception:  # noqa: BLE001 - a user's __iter__ or __len__ may raise anything
        return None
    return items if isinstance(items, list) else None


def _items(values: Any) -> Any:
    if isinstance(values, str | bytes) or not hasattr(values, "__len__") or not isinstance(values, Iterable):
        return None
    return values.tolist() if hasattr(values, "tolist") else list(values)


def named(values: Any) -> dict[Any, Any]:
    """The items of a mapping (a dict, a row of a frame); none of what is not one."""
    if type(values) is dict:
        return values
    try:
        return user_code.call(_entries, values)
    except Exception:  # noqa: BLE001 - a user's mapping may raise anything
        return {}


def _entries(values: Any) -> dict[Any, Any]:
    return dict(values.items()) if isinstance(values, Mapping) or hasattr(values, "items") else {}
