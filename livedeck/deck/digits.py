"""Numbers that a browser's floats cannot hold, as their digits: integers beyond 2**53, times to the nanosecond."""

from collections.abc import Sequence
from typing import Annotated, Final, cast

import msgspec

EXACT: Final = 2**53
"""Beyond it a browser no longer tells neighbouring integers apart."""

PATTERN: Final = r"^-?[0-9]{1,25}(\.[0-9]{1,9})?\Z"
Digits = Annotated[str, msgspec.Meta(pattern=PATTERN)]
"""All digits of a number, without an exponent."""
Number = float | Digits
"""A number as it travels: as digits where a float would be another one."""


def near(number: Number) -> float:
    """The float nearest to a number: where it is drawn."""
    return float(number) if isinstance(number, str) else number


def floats(column: Sequence[Number | None]) -> Sequence[float | None]:
    """A column as floats; itself where it has no digits."""
    if any(isinstance(each, str) for each in column):
        return [None if each is None else near(each) for each in column]
    return cast("Sequence[float | None]", column)
