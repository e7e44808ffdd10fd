"""What users hand to a Deck, made into what a Deck can hold. Nothing here raises: the task never pays."""

import math
import operator
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
    plain = _plain(value)
    kind = type(plain)
    if plain is None or kind in {bool, str}:
        return plain  # type: ignore[no-any-return]
    try:
        whole = operator.index(plain)
    except Exception:  # noqa: BLE001 - no integer, or a user's __index__ that raises anything
        found = number(plain) if kind is float or hasattr(plain, "__float__") else None
        return text(plain) if found is None else found
    return whole if -_EXACT <= whole <= _EXACT else str(whole)


def _plain(value: Any) -> Any:
    """The Python value inside a scalar of numpy or torch."""
    try:
        return value.item() if hasattr(value, "item") else value
    except Exception:  # noqa: BLE001 - an array of more than one item, for one
        return value


def column(values: Any) -> list[Any] | None:
    """The items of a sequence or array, None for anything that is one value."""
    if isinstance(values, str | bytes) or not hasattr(values, "__len__") or not isinstance(values, Iterable):
        return None
    try:
        items = values.tolist() if hasattr(values, "tolist") else list(values)
    except Exception:  # noqa: BLE001
        return None
    return items if isinstance(items, list) else None
