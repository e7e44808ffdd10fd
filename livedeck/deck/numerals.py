"""Numbers as a Deck shows them; the same rules as ``console/src/frame/numbers.ts``."""

import math
from decimal import ROUND_HALF_UP, Decimal

_TINY = 1e-4
_HUGE = 1e15


def format_number(value: float) -> str:
    """Six significant digits; whole numbers in full; very small and very large ones with an exponent."""
    if not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    size = abs(value)
    if size >= _HUGE or 0 < size < _TINY:
        return _exponential(value)
    if value == int(value):
        return f"{int(value):,}"
    digits = 5 - math.floor(math.log10(size))
    # Decimal rounds the shortest form of the number half away from zero, as browsers do.
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{rounded:,.{max(0, digits)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_value(value: float | str | None) -> str:
    """A value tile's content."""
    if value is None:
        return "–"  # noqa: RUF001 - an en dash, as in the console
    if isinstance(value, bool):
        return "true" if value else "false"
    return format_number(value) if isinstance(value, int | float) else value


def format_delta(delta: float) -> str:
    """A change, without its sign: an arrow beside it says which way."""
    return format_number(abs(delta))


def _exponential(value: float) -> str:
    mantissa, _, exponent = f"{value:.3e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent):+d}"
