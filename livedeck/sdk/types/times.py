"""``datetime``, ``date`` and ``timedelta``.

A ``datetime`` without a time zone is in UTC, as in flytekit; a task always receives one with a zone. A ``date``
travels as its midnight in UTC.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import wire
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.scalars import unboxed

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_LONGEST = timedelta(seconds=315_576_000_000)
"""Limit of ``google.protobuf.Duration``: 10,000 years."""

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds"}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|d|h|m|s)\s*", re.IGNORECASE)
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")


class _Time(Handler):
    """What the handlers of ``datetime``, ``date`` and ``timedelta`` share."""

    format: str
    example: str
    light = True

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": self.format}

    def describe(self) -> str:
        return f"{super().describe()}, such as {self.example}"


class DatetimeHandler(_Time):
    """``datetime``."""

    tag, format, example = "datetime", "date-time", "2026-11-24T15:04:05Z"

    def accept(self, value: Any) -> datetime:
        moment = self._plain(value)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        try:
            moment.astimezone(UTC)
        except (OverflowError, ValueError):
            raise self.mismatch(value, "in UTC it leaves the years 1 to 9999") from None
        return moment

    def _plain(self, value: Any) -> datetime:
        """Return a value of exactly ``datetime``, without a time zone put in."""
        if type(value) is datetime:
            return value
        moment = unboxed(value)
        if not isinstance(moment, datetime):
            raise self.mismatch(value, "use datetime.combine(...)" if isinstance(moment, date) else "")
        if getattr(moment, "nanosecond", 0):
            raise self.mismatch(value, 'a datetime has no nanoseconds: use .round("us")')
        try:  # a pandas.Timestamp is a datetime, and so is its NaT, whose year is NaN
            day = date(moment.year, moment.month, moment.day)
            clock = time(moment.hour, moment.minute, moment.second, moment.microsecond, moment.tzinfo, fold=moment.fold)
        except (TypeError, ValueError):
            raise self.mismatch(value) from None
        return datetime.combine(day, clock)

    def copy(self, value: datetime) -> datetime:
        return value.astimezone(UTC).replace(fold=0)

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.simple("DATETIME")

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        primitive = wire.literals.Primitive()
        primitive.datetime.FromDatetime(value.astimezone(UTC).replace(tzinfo=None))
        return wire.literals.Literal(scalar=wire.literals.Scalar(primitive=primitive))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> datetime:
        if not literal.scalar.primitive.HasField("datetime"):
            raise self.wrong_literal(literal)
        return literal.scalar.primitive.datetime.ToDatetime(UTC)

    def pack(self, value: Any, data: "DataPlane") -> str:
        # Inside a record a missing time zone stays missing, as with mashumaro (see record_fields.MomentHandler).
        return self._plain(value).isoformat()

    def unpack(self, plain: Plain, data: "DataPlane") -> datetime:
        return self.from_json(plain)

    def from_json(self, obj: Any) -> datetime:
        return self.accept(self._parsed(obj))

    def _parsed(self, obj: Any) -> datetime:
        if not isinstance(obj, str):
            raise self.mismatch(obj, f"write it as {self.example}")
        try:
            return datetime.fromisoformat(obj)
        except ValueError:
            raise self.mismatch(obj, f"write it as {self.example}") from None

    def to_json(self, value: Any) -> str:
        return self.accept(value).isoformat()


class DateHandler(_Time):
    """``date``; a ``datetime`` is not taken for one, since its time would be lost."""

    tag, format, example = "date", "date", "2026-11-24"

    def accept(self, value: Any) -> date:
        if type(value) is date:
            return value
        day = unboxed(value)
        if isinstance(day, datetime) or not isinstance(day, date):
            raise self.mismatch(value, "use .date()" if isinstance(day, datetime) else "")
        return date(day.year, day.month, day.day)

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.simple("DATETIME")

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        primitive = wire.literals.Primitive()
        primitive.datetime.FromDatetime(datetime.combine(value, time.min))
        return wire.literals.Literal(scalar=wire.literals.Scalar(primitive=primitive))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> date:
        if not literal.scalar.primitive.HasField("datetime"):
            raise self.wrong_literal(literal)
        stamp = literal.scalar.primitive.datetime
        moment = stamp.ToDatetime(UTC)
        if stamp.seconds % 86_400 or stamp.nanos:
            raise self.mismatch(moment, "its time of day would be lost: declare datetime")
        return moment.date()

    def pack(self, value: Any, data: "DataPlane") -> str:
        return self.accept(value).isoformat()

    def unpack(self, plain: Plain, data: "DataPlane") -> date:
        return self.from_json(plain)

    def from_json(self, obj: Any) -> date:
        if not isinstance(obj, str):
            raise self.mismatch(obj, f"write it as {self.example}")
        try:
            return date.fromisoformat(obj)
        except ValueError:
            raise self.mismatch(obj, f"write it as {self.example}") from None

    def to_json(self, value: Any) -> str:
        return self.accept(value).isoformat()


class TimedeltaHandler(_Time):
    """``timedelta``; in JSON a number of seconds or ``1h30m``, written back as protobuf does: ``5400s``."""

    tag, format, example = "timedelta", "time-delta", "90s, 1h30m or 2d"

    def accept(self, value: Any) -> timedelta:
        span = unboxed(value)
        if not isinstance(span, timedelta):
            raise self.mismatch(value)
        if getattr(span, "nanoseconds", 0):
            raise self.mismatch(value, 'a timedelta has no nanoseconds: use .round("us")')
        try:  # like a Timestamp, a pandas.Timedelta is one, and so is NaT
            span = span if type(span) is timedelta else timedelta(span.days, span.seconds, span.microseconds)
        except (TypeError, ValueError):
            raise self.mismatch(value) from None
        if abs(span) > _LONGEST:
            raise self.mismatch(value, "Flyte's durations end at 10,000 years")
        return span

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.simple("DURATION")

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        primitive = wire.literals.Primitive()
        primitive.duration.FromTimedelta(value)
        return wire.literals.Literal(scalar=wire.literals.Scalar(primitive=primitive))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> timedelta:
        if not literal.scalar.primitive.HasField("duration"):
            raise self.wrong_literal(literal)
        return literal.scalar.primitive.duration.ToTimedelta()

    def pack(self, value: Any, data: "DataPlane") -> float:
        return self.accept(value).total_seconds()

    def unpack(self, plain: Plain, data: "DataPlane") -> timedelta:
        return self.from_json(plain)

    def from_json(self, obj: Any) -> timedelta:
        try:
            span = _span(obj)
        except (ValueError, OverflowError):
            span = None
        if span is None:
            raise self.mismatch(obj, f"write a number of seconds, or {self.example}")
        return self.accept(span)

    def to_json(self, value: Any) -> str:
        span = self.accept(value)
        sign, span = ("-", -span) if span < timedelta(0) else ("", span)
        fraction = f"{span.microseconds:06d}".rstrip("0")
        return f"{sign}{span.days * 86_400 + span.seconds}{'.' if fraction else ''}{fraction}s"

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "format": self.format}


def _span(obj: Any) -> timedelta | None:
    """Return the span that JSON stands for: seconds, ``1h30m``, ``01:30:00`` or ISO 8601's ``PT1H30M``."""
    if isinstance(obj, int | float) and not isinstance(obj, bool):
        return timedelta(seconds=obj)
    if not isinstance(obj, str):
        return None
    text = obj.strip()
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    if clock := _CLOCK.fullmatch(text):
        return sign * timedelta(hours=int(clock[1]), minutes=int(clock[2]), seconds=float(clock[3] or 0))
    if text[:1] in {"P", "p"}:
        text = text[1:].replace("T", "").replace("t", "")
    total, end = timedelta(0), 0
    for part in _PART.finditer(text):
        if part.start() != end:
            return None
        total += _exact(part[1], _UNITS[part[2].lower()])
        end = part.end()
    return sign * total if text and end == len(text) else None


def _exact(number: str, unit: str) -> timedelta:
    """Return ``number`` of ``unit`` without the rounding of large floats: whole and fraction apart."""
    whole, _, fraction = number.partition(".")
    return timedelta(**{unit: int(whole)}) + timedelta(**{unit: float(f"0.{fraction or 0}")})


_TIMES: Mapping[type, Callable[[Any], Handler]] = {
    datetime: DatetimeHandler,
    date: DateHandler,
    timedelta: TimedeltaHandler,
}


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is one of the three."""
    make = _TIMES.get(python_type) if isinstance(python_type, type) else None
    return make(python_type) if make else None
