"""The axes of a chart: the range each shows, and the ticks on it.

Ticks are counted in integers and written from them, so that there are never more than asked for, no two are written
alike, and none is written as a number that it is not, whatever range the data has.
``console/src/elements/chart/axis.ts`` follows the same rules; both run the cases of ``tests/fixtures/axis_cases.json``.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from livedeck.deck.numerals import exponential, format_day, moment_of, month_name

CHARACTER = 6.2
"""How wide a digit of a tick is, in pixels: those of the axes' 11 px face, or a little more."""
ROOM = 10
"""Characters that a tick may have; longer ones are written as their distance from a number that is named once."""
_GAP = 14  # pixels between two ticks of a horizontal axis
_LARGEST = 1.7976931348623157e308
_SMALLEST = 1e-300
_FLAT = 256  # units in the last place below which a difference is what arithmetic leaves
_COMPACT = 6  # characters within which a large tick is written with a letter for its thousands
_UNITS = ((12, "T"), (9, "B"), (6, "M"), (3, "K"))
_DAY = 86_400
_WEEK = 7 * _DAY
_SPANS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
    _DAY,
    2 * _DAY,
    _WEEK,
    2 * _WEEK,
)
_MONDAY = 4 * _DAY  # 1970-01-05
_MONTHS = (1, 2, 3, 6, *(12 * years for years in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)))
_MONTH = 30.6 * _DAY


class Ticks(NamedTuple):
    """The ticks of one axis."""

    positions: list[float]
    """Where they are, as values of the data, ascending."""
    labels: list[str]
    """What is written at each."""
    base: str = ""
    """What is said once for all of them: the number that they are counted from, or day and time zone."""


class Whole(NamedTuple):
    """Ticks as multiples of a power of ten, which holds them exactly."""

    counts: list[int]
    power: int


def plain_range(low: float, high: float, around: float = 1.0) -> tuple[float, float]:
    """The range that shows values from ``low`` to ``high`` and no more; ``around`` a single value, so much."""
    return _widened(low - around, high + around, 4) if low == high else _widened(low, high, 4)


def roomy_range(low: float, high: float) -> tuple[float, float]:
    """A tenth of room above and below, but none below zero for what is not negative; a flat line is in the middle."""
    low, high = _widened(low, high, _FLAT)
    room = high / 10 - low / 10
    least = 0.0 if low >= 0 and low - room < 0 else max(low - room, -_LARGEST)
    return least, 0.0 if high <= 0 and high + room > 0 else min(high + room, _LARGEST)


def log_range(low: float, high: float) -> tuple[float, float]:
    """A little room above and below, in ratios; ``low`` is positive."""
    first, last = math.log10(low), math.log10(high)
    room = max(0.04, (last - first) * 0.04)
    least = max(10 ** (first - room), 5e-324)
    most = 10 ** (last + room) if last + room < 308.2 else _LARGEST
    return least, min(max(most, least * 2), _LARGEST)


def number_ticks(low: float, high: float, most: int, *, least: float = 0.0) -> Ticks:
    """At most about ``most`` round numbers from ``low`` to ``high``, at least ``least`` apart."""
    whole = _multiples(low, high, most, least)
    labels, base = _labels(whole, ROOM)
    return Ticks([_value(count, whole.power) for count in whole.counts], labels, base)


def log_ticks(low: float, high: float, most: int) -> Ticks:
    """Powers of ten, with 2 and 5 between them while there are few; round numbers where there is no power of ten."""
    powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    if not powers:
        return number_ticks(low, high, most)
    stride = max(1, math.ceil(len(powers) / most))
    factors = (1, 2, 5) if len(powers) * 3 <= most + 2 else (1,)
    around = range(powers[0] - 1, powers[-1] + 1) if len(factors) > 1 else powers
    found = [(factor, power) for power in around if power % stride == 0 for factor in factors]
    shown = [(factor, power) for factor, power in found if low <= _value(factor, power) <= high]
    return Ticks([_value(*tick) for tick in shown], [_short([factor], power)[0] for factor, power in shown])


def time_ticks(low: float, high: float, most: int, zone: str) -> Ticks:
    """Round times; values are seconds since 1970, as the clock of the zone shows them."""
    rough = high / most - low / most
    if moment_of(low) is None or moment_of(high) is None:
        return number_ticks(low, high, most)
    if rough > 2 * _WEEK:
        return _calendar_ticks(low, high, rough, zone)
    if rough < 0.5:
        whole = _multiples(low, high, most)
        positions = [_value(count, whole.power) for count in whole.counts]
        labels = [_clock(count, whole.power) for count in whole.counts]
        return Ticks(positions, labels, _said(low, high, zone, 1))
    span = next((span for span in _SPANS if span >= rough), _SPANS[-1])
    shift = _MONDAY if span >= _WEEK else 0
    counts = range(math.ceil((low - shift) / span), math.floor((high - shift) / span) + 1)
    positions = [float(count * span + shift) for count in counts]
    return Ticks(positions, [_time_label(position, span) for position in positions], _said(low, high, zone, span))


def across(low: float, high: float, width: float, *, whole: bool = False, zone: str | None = None) -> Ticks:
    """The ticks of a horizontal axis: as many as can be read beside each other on so many pixels.

    Args:
        low: Where it begins.
        high: Where it ends.
        width: Pixels from one to the other.
        whole: Whether there is nothing between whole numbers (steps, epochs).
        zone: For an axis of times, what is said of their time zone; None for one of numbers.
    """
    for most in (8, 6, 5, 4, 3):
        if zone is None:
            ticks = number_ticks(low, high, most, least=1.0 if whole else 0.0)
        else:
            ticks = time_ticks(low, high, most, zone)
        if _fits(ticks, low, high, width):
            return ticks
    return Ticks(ticks.positions[:1], ticks.labels[:1], ticks.base)


def _fits(ticks: Ticks, low: float, high: float, width: float) -> bool:
    span = high / 2 - low / 2
    positions = [(position / 2 - low / 2) / span * width for position in ticks.positions]
    widths = [len(label) * CHARACTER for label in ticks.labels]
    pairs = zip(itertools.pairwise(positions), itertools.pairwise(widths), strict=True)
    return all(right - left >= (one + other) / 2 + _GAP for (left, right), (one, other) in pairs)


def _widened(low: float, high: float, least: int) -> tuple[float, float]:
    """A range that numbers can be told apart in."""
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    largest = max(abs(low), abs(high))
    if low == high:
        room = largest * 0.1 or 1.0
    elif high / 2 - low / 2 >= max(math.ulp(largest) * least, _SMALLEST) / 2:
        return low, high
    else:
        room = max(math.ulp(largest) * least, _SMALLEST)
    return max(low - room, -_LARGEST), min(high + room, _LARGEST)


def _multiples(low: float, high: float, most: int, least: float = 0.0) -> Whole:
    """The multiples within a range of a step that is 1, 2 or 5 times a power of ten."""
    ulp = math.ulp(max(abs(low), abs(high)))
    rough = max(high / most - low / most, ulp, least, _SMALLEST)
    mantissa, _, exponent = f"{rough:.15e}".partition("e")
    power = int(exponent)
    factor = next(each for each in (1, 2, 5, 10) if float(mantissa) <= each * (1 + 1e-9))
    if factor == 10:
        factor, power = 1, power + 1
    first = math.floor(low / _value(factor, power)) - 1
    counts = [count * factor for count in range(first, first + most + 5)]
    inside = [count for count in counts if low <= _value(count, power) <= high]
    while inside and any(inside) and all(count % 10 == 0 for count in inside):
        inside, power = [count // 10 for count in inside], power + 1
    return Whole(inside, power)


def _labels(whole: Whole, room: int) -> tuple[list[str], str]:
    """What is written at the ticks, and the number that they are counted from where that is shorter."""
    counts, power = whole
    labels = _short(counts, power)
    if max(map(len, labels), default=0) <= room:
        return labels, ""
    base = _base(counts)
    if base == 0:
        return labels, ""
    away = _short([count - base for count in counts], power)
    if max(map(len, away)) + 1 > room:
        away = [exponential(_decimal(count - base, power)) for count in counts]
    signed = [label if label.startswith("-") else f"+{label}" for label in away]
    while base % 10 == 0:
        base, power = base // 10, power + 1
    return signed, _short([base], power, letters=False)[0]


def _base(counts: Sequence[int]) -> int:
    """The roundest number near the ticks, towards zero; 0 when zero is near."""
    if counts[0] < 0:
        return -_base([-count for count in reversed(counts)]) if counts[-1] < 0 else 0
    first, last = counts[0] - 3 * max(1, counts[-1] - counts[0]), counts[-1]
    if first <= 0:
        return 0
    step = 1
    while last // (step * 10) * (step * 10) >= first:
        step *= 10
    return last // step * step


def _short(counts: Sequence[int], power: int, *, letters: bool = True) -> list[str]:
    """The numbers, all in one notation: in full, in thousands, or with exponents."""
    largest = max((abs(count) for count in counts), default=0)
    top = len(str(largest)) - 1 + power
    if largest and (top >= 21 or top < -4 or (letters and top >= 15)):
        return [exponential(_decimal(count, power)) for count in counts]
    if letters and top >= 4:
        unit, letter = next(each for each in _UNITS if each[0] <= top)
        short = [f"{_full(count, power - unit)}{letter}" if count else "0" for count in counts]
        if max(map(len, short)) <= _COMPACT:
            return short
    return [_full(count, power) for count in counts]


def _full(count: int, power: int) -> str:
    return f"{_decimal(count, power) if power < 0 else count * 10**power:,}" if count else "0"


def _decimal(count: int, power: int) -> Decimal:
    digits = tuple(map(int, str(abs(count))))
    return Decimal((int(count < 0), digits, power))


def _value(count: int, power: int) -> float:
    """The number nearest to it that there is."""
    return float(f"{count}e{power}")


def _calendar_ticks(low: float, high: float, rough: float, zone: str) -> Ticks:
    """The first days of months or years."""
    step = next((months for months in _MONTHS if months * _MONTH >= rough), _MONTHS[-1])
    starts = list(_starts(low, high, step))
    positions = [start.timestamp() for start in starts]
    labels = [str(start.year) if step >= 12 or start.month == 1 else month_name(start.month) for start in starts]
    named = step >= 12 or any(start.month == 1 for start in starts)
    return Ticks(positions, labels, " ".join(filter(None, ("" if named else str(_moment(low).year), zone))))


def _starts(low: float, high: float, step: int) -> Iterator[datetime]:
    count = (_moment(low).year * 12 + _moment(low).month - 1) // step * step
    while count < 9999 * 12:
        if count >= 12:
            start = datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)
            if start.timestamp() > high:
                return
            if start.timestamp() >= low:
                yield start
        count += step


def _time_label(position: float, span: int) -> str:
    moment = _moment(position)
    if span >= _DAY or position % _DAY == 0:
        return format_day(moment, year=False)
    return f"{moment:%H:%M:%S}" if span < 60 else f"{moment:%H:%M}"


def _clock(count: int, power: int) -> str:
    """The time of day of so many parts of a second."""
    parts = 10 ** max(0, -power)
    seconds, rest = divmod(count * 10 ** max(0, power), parts)
    fraction = f".{rest:0{-power}}" if power < 0 else ""
    return f"{_moment(seconds):%H:%M:%S}{fraction}"


def _said(low: float, high: float, zone: str, span: int) -> str:
    """The day, or the years where the ticks are days, and the time zone."""
    first, last = _moment(low), _moment(high)
    day = format_day(first)
    if span >= _DAY:
        day = str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
    return f"{day}{f' {zone}' if zone else ''}"


def _moment(seconds: float) -> datetime:
    moment = moment_of(seconds)
    if moment is None:
        raise ValueError(f"{seconds} is outside of the years 1 to 9999")
    return moment
