"""Bars in slots, categories or bins, as SVG: for pages where no script draws them."""

from collections.abc import Sequence

from livedeck.deck import axis
from livedeck.deck.svg import COLOURS, SIZE, Axis, Span

_UPWARDS = 5  # ticks

Slot = tuple[float, float]
Values = Sequence[float | None]


def upwards(values: Sequence[float], *, log_y: bool) -> Span:
    """The range that shows bars of some values, from zero on."""
    placed = [value for value in values if value > 0] if log_y else list(values)
    if not placed:
        return Span(0.1, 1.0, True) if log_y else Span(0.0, 1.0)
    if log_y:
        return Span(*axis.log_range(min(placed) / 1.5, max(placed)), True)
    return Span(*axis.roomy_range(min(0.0, *placed), max(0.0, *placed)))


def upward_axis(y: Span) -> Axis:
    """The range with its ticks."""
    return Axis(y, (axis.log_ticks if y.logarithmic else axis.number_ticks)(y.low, y.high, _UPWARDS))


def drawn(slots: Sequence[Slot], values: Values, x: Span, y: Span, index: int, style: str = "") -> str:  # noqa: PLR0917 - a private one
    """Bars of one colour, as SVG.

    Args:
        slots: Where each begins, and how wide it is.
        values: How high each is; None where there is none.
        x: The horizontal axis.
        y: The vertical axis.
        index: Which series they are of.
        style: CSS besides the colour.
    """
    base = 0.0 if y.logarithmic or y.low > 0 else 1.0 if y.high < 0 else y.share(0.0)
    parts = []
    for (left, width), value in zip(slots, values, strict=True):
        if value is None or (y.logarithmic and value <= 0):
            continue
        low, high = sorted((base, y.share(value)))
        begin, end = x.share(left) * SIZE, x.share(left + width) * SIZE
        height = max((high - low) * SIZE, 0.0 if value == 0 else 6.0)
        parts.append(f"M{begin:.1f},{(1 - high) * SIZE:.1f}h{max(1.0, end - begin):.1f}v{height:.1f}H{begin:.1f}z")
    return f'<path style="fill:var(--ld-series-{index % COLOURS}){style}" d="{"".join(parts)}"/>'
