"""Lengths of time as people write them: ``30d``, ``12h``, ``90min``."""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_LONGEST: Final = 1000 * 365 * 86400  # seconds: dates go no further back
_AGE: Final = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|m|h|d|w)")

ADVICE: Final = "write a number and s, min, h, d or w, such as 30d"


def parse_age(text: str) -> timedelta | None:
    """Return the time that a text says; None if it says none, or more than a thousand years."""
    found = _AGE.fullmatch(text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else -1.0
    return timedelta(seconds=seconds) if 0 <= seconds <= _LONGEST else None
