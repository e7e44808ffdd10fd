"""Tasks with defaults, several outputs and every simple type."""

import datetime
import enum
from typing import NamedTuple, Optional

from flytekit import task, workflow


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


Split = NamedTuple("Split", [("whole", int), ("rest", float)])


@task
def double(value: int = 4) -> int:
    return 2 * value


@task
def split(value: float) -> Split:
    return Split(int(value), value - int(value))


@task
def describe(color: Color, moment: datetime.datetime, lasting: datetime.timedelta, text: str) -> str:
    return f"{text}: {color.value} {moment.isoformat()} {lasting.total_seconds()}"


@task
def later(moment: datetime.datetime, lasting: datetime.timedelta) -> datetime.datetime:
    return moment + lasting


@task
def other(color: Color) -> Color:
    return Color.GREEN if color is Color.RED else Color.RED


@task
def maybe(value: Optional[int]) -> Optional[str]:
    return None if value is None else str(value)


@task
def count(words: list[str]) -> dict[str, int]:
    return {word: len(word) for word in words}


@workflow
def arithmetic(start: float = 3.25) -> tuple[int, float]:
    parts = split(value=start)
    return double(value=parts.whole), parts.rest


@workflow
def types(
    color: Color, moment: datetime.datetime, lasting: datetime.timedelta, value: Optional[int] = None
) -> tuple[str, datetime.datetime, Color, Optional[str], dict[str, int]]:
    words = describe(color=color, moment=moment, lasting=lasting, text="then")
    return (
        words,
        later(moment=moment, lasting=lasting),
        other(color=color),
        maybe(value=value),
        count(words=["a", "bcd"]),
    )


MOMENT = datetime.datetime(2026, 3, 4, 5, 6, 7, 80900, tzinfo=datetime.timezone.utc)
RUNS = [
    (double, {"value": 21}),
    (split, {"value": 1.5}),
    (arithmetic, {}),
    (arithmetic, {"start": 8.125}),
    (types, {"color": Color.RED, "moment": MOMENT, "lasting": datetime.timedelta(hours=3, microseconds=5)}),
    (types, {"color": Color.GREEN, "moment": MOMENT, "lasting": datetime.timedelta(0), "value": 7}),
]
