"""Numbers, durations, ages, times and sizes as livedeck writes them.

``console/src/core/numerals.ts`` follows the same rules; both run the cases of ``tests/fixtures/written_cases.json``.
"""

import math
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from livedeck.deck.digits import Number, near

EXACT_DIGITS = 12
"""A number with at most so many digits is written in full: somebody has chosen them. Arithmetic leaves more."""
_DIGITS = 6  # of the others
_DECIMALS = 2  # of the others at least, where they have an integer part
_TINY = -4  # exponent below which a number is written with one
_HUGE = 15  # exponent from which a whole number of few digits is written with one
_ENDLESS = 21  # exponent from which every number is
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_number(value: Number, resolution: float = 0.0) -> str:
    """A number with no more digits than it needs, and never as a number that it is not.

    Whole numbers are written in full. So is what has at most twelve digits. Of the rest six digits are shown, two
    decimals at least, and more where fewer would make a whole number of it.

    Args:
        value: The number, or its digits.
        resolution: A difference that must be visible, such as the step between the marks of an axis; 0 for none.
    """
    if not math.isfinite(near(value)):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(near(value), "NaN")
    exact = _stripped(Decimal(value) if isinstance(value, int | str) else Decimal(repr(float(value))))
    if exact.is_zero():
        return "0"
    shown = _rounded(exact, resolution)
    digits, exponent = len(shown.as_tuple().digits), shown.adjusted()
    whole = digits <= exponent + 1
    if exponent < _TINY or exponent >= _ENDLESS or (whole and exponent >= _HUGE and digits <= _DIGITS):
        return exponential(shown)
    return f"{shown:,f}"


def exponential(number: Decimal) -> str:
    """A number as mantissa and exponent, with all its digits: ``-1.5e-7``."""
    if number.is_zero():
        return "0"
    sign, digits, _ = _stripped(number).as_tuple()
    first, *rest = map(str, digits)
    mantissa = f"{first}.{''.join(rest)}" if rest else first
    return f"{'-' if sign else ''}{mantissa}e{number.adjusted():+d}"


def format_value(value: float | str | None) -> str:
    """A value tile's content."""
    if value is None:
        return "–"  # noqa: RUF001 - an en dash, as in the console
    if isinstance(value, bool):
        return "true" if value else "false"
    return format_number(value) if isinstance(value, int | float) else value


def format_briefly(value: Number) -> str:
    """A number where there is little room: three digits, and one behind the point at least.

    So it is seen to have been rounded: 0.9996 is ``1.000``, and 1234.56 is ``1,234.6``.
    """
    if isinstance(value, str) or not math.isfinite(value) or value == math.floor(value):
        return format_number(value)
    exact = Decimal(repr(float(value)))
    decimals = max(1, 2 - exact.adjusted())
    if -int(exact.as_tuple().exponent) <= decimals:
        return format_number(value)
    shown = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{shown:,f}" if shown == shown.to_integral_value() else format_number(float(shown))


def format_share(share: float) -> str:
    """A part of a whole in per cent, to a tenth, rounded towards nothing: what is not all is not ``100 %``."""
    if not math.isfinite(share):
        return f"{format_number(share)} %"
    percent = Decimal(repr(float(share))).scaleb(2)
    kept = percent.quantize(Decimal("0.1"), ROUND_DOWN) if percent.adjusted() < _ENDLESS else percent
    return f"{format_number(float(kept))} %"


def format_delta(delta: float) -> str:
    """A change, without its sign: an arrow beside it says which way."""
    return format_number(abs(delta))


def format_duration(seconds: float) -> str:
    """``8 ms``, ``0.4 s``, ``12 s``, ``3 min 4 s``, ``2 h 5 min``, ``3 d 4 h``."""
    if not math.isfinite(seconds):
        return "–"  # noqa: RUF001 - as in format_value
    if seconds < 0:
        return f"-{format_duration(-seconds)}"
    if seconds < 0.0995:
        return "0 s" if seconds == 0 else f"{_fixed(seconds * 1000, 1 if seconds < 0.00995 else 0)} ms"
    if seconds < 9.95:
        return f"{_fixed(seconds, 1)} s"
    whole = max(10, math.floor(seconds))
    if whole < 60:
        return f"{whole} s"
    units = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
    large, name, small, part = next(each for each in units if whole >= each[0])
    return f"{whole // large:,} {name} {whole % large // small} {part}"


def format_age(seconds: float) -> str:
    """How long ago something was: ``0.3 s ago``, ``12 s ago``, ``5 min ago``, ``2 h ago``, ``3 d ago``.

    Args:
        seconds: Its age. A negative one is taken for 0: clocks differ by little.
    """
    if not math.isfinite(seconds):
        return "–"  # noqa: RUF001 - as in format_value
    if seconds < 9.95:
        return f"{_fixed(max(0.0, seconds), 1)} s ago"
    whole = max(10, math.floor(seconds))
    large, name = next(each for each in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")) if whole >= each[0])
    return f"{whole // large:,} {name} ago"


def format_size(count: float) -> str:
    """A number of bytes: ``512 bytes``, ``3.42 KiB``, ``64 MiB``."""
    unit = "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if count < (1024 if unit == "bytes" else 999.5):  # what would round to a thousand is a part of the next unit
            break
        count, unit = count / 1024, larger
    decimals = 0 if unit == "bytes" or count >= 99.95 else 1 if count >= 9.995 else 2
    text = _fixed(count, decimals)
    return (
        f"{text.rstrip('0').rstrip('.') if '.' in text else text} {'byte' if count == 1 and unit == 'bytes' else unit}"
    )


def format_moment(seconds: Number, *, zone: str = "") -> str:
    """A moment: ``1 May 2024, 12:05:30 UTC``; a day alone where it is midnight and no zone is given.

    Args:
        seconds: Since 1970-01-01, as the clock of the zone shows them: to the microsecond, in digits to the nanosecond.
        zone: Written behind it.
    """
    whole, fraction = _split(seconds)
    moment = moment_of(whole)
    if moment is None:
        return format_number(seconds)
    day = format_day(moment)
    if not zone and whole % 86_400 == 0 and not fraction:
        return day
    return f"{day}, {moment:%H:%M:%S}{fraction}{f' {zone}' if zone else ''}"


def _split(seconds: Number) -> tuple[float, str]:
    """The whole seconds, rounded down, and what is written behind them."""
    if isinstance(seconds, str):
        exact = Decimal(seconds)
        whole = float(exact.to_integral_value(ROUND_FLOOR))
        digits = f"{exact - exact.to_integral_value(ROUND_FLOOR):f}".partition(".")[2]
    else:
        whole = float(math.floor(seconds))
        micros = math.floor((seconds - whole) * 1_000_000 + 0.5)
        if micros == 1_000_000:
            whole, micros = whole + 1, 0
        digits = f"{micros:06}"
    return whole, f".{digits}".rstrip("0").rstrip(".")


def format_day(moment: datetime, *, year: bool = True) -> str:
    """``1 May 2024``, or ``1 May``; month names are English wherever this runs."""
    return f"{moment.day} {month_name(moment.month)}{f' {moment.year}' if year else ''}"


def month_name(month: int) -> str:
    """``May`` for 5."""
    return _MONTHS[month - 1]


def moment_of(seconds: float) -> datetime | None:
    """The date and time of a number of seconds since 1970, to the microsecond; None outside of the years 1 to 9999."""
    whole = math.floor(seconds)
    micros = math.floor((seconds - whole) * 1_000_000 + 0.5)  # half of them have no float of their own
    try:
        moment = datetime.fromtimestamp(whole + micros // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(microsecond=micros % 1_000_000)


def _rounded(exact: Decimal, resolution: float) -> Decimal:
    """As many digits of a number as are shown."""
    digits = len(exact.as_tuple().digits)
    integers = exact.adjusted() + 1
    if digits <= EXACT_DIGITS or digits <= integers <= _ENDLESS:
        return exact
    keep = max(_DIGITS, integers + _DECIMALS if 0 < integers <= _ENDLESS else 0)
    if resolution > 0 and math.isfinite(resolution):
        keep = max(keep, integers - Decimal(repr(float(resolution))).adjusted() + 1)
    while keep < digits:
        shown = _stripped(Context(prec=keep, rounding=ROUND_HALF_UP).plus(exact))
        # It has a fraction, as the number itself, or an exponent so large that nobody takes it for exact.
        if len(shown.as_tuple().digits) > shown.adjusted() + 1 or integers > _ENDLESS:
            return shown
        keep += 1
    return exact


def _stripped(number: Decimal) -> Decimal:
    """Without zeros at the end of its digits; ``Decimal.normalize`` would round to 28 digits."""
    sign, digits, exponent = number.as_tuple()
    kept = len(digits)
    while kept > 1 and digits[kept - 1] == 0:
        kept -= 1
    return Decimal((sign, digits[:kept], int(exponent) + len(digits) - kept))


def _fixed(value: float, decimals: int) -> str:
    """Rounded half away from zero by the shortest form of the number, as a reader of it would."""
    return f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"
