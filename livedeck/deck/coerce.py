"""What users hand to a Deck, made into what a Deck can hold. Nothing here raises: the task never pays."""

import math
from collections.abc import Iterable
from typing import Any

_EXACT = 2**53  # beyond it a browser no longer tells neighbouring integers apart


def text(value: Any) -> str:
    """A text; of something that cannot say what it is, its type."""
    if type(value) is str:
        return value
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"<{type(value).__name__}>"


def number(value: Any) -> float | None:
    """A finite number from anything number-like (numpy, torch, Decimal, datetime); None when there is none."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is int and -_EXACT <= value <= _EXACT:
        return int(value)
    try:
        found = float(value.timestamp() if hasattr(value, "timestamp") else value)
    except Exception:  # noqa: BLE001 - a user's __float__ may raise anything
        return None
    return found if math.isfinite(found) else None


def scalar(value: Any) -> float | int | str | bool | None:
    """What a value tile can show: a number or a word as it is, anything else as text."""
    if value is None or type(value) in {bool, str}:
        return value  # type: ignore[no-any-return]
    kind = type(value)
    if kind is int or hasattr(value, "__index__"):
        try:
            whole = int(value)
        except Exception:  # noqa: BLE001
            return text(value)
        return whole if -_EXACT <= whole <= _EXACT else str(whole)
    found = number(value) if kind is float or hasattr(value, "__float__") else None
    return text(value) if found is None else found


def column(values: Any) -> list[Any] | None:
    """The items of a sequence or array, None for anything that is one value."""
    if isinstance(values, str | bytes) or not hasattr(values, "__len__") or not isinstance(values, Iterable):
        return None
    try:
        items = values.tolist() if hasattr(values, "tolist") else list(values)
    except Exception:  # noqa: BLE001
        return None
    return items if isinstance(items, list) else None
