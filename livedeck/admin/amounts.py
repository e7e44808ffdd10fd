"""Lengths of time and sizes as people write them: ``30d``, ``12h``, ``90min``; ``200GB``."""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_LONGEST: Final = 1000 * 365 * 86400  # seconds: dates go no further back
_SIZES: Final = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}
_AGE: Final = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|m|h|d|w)")

_SIZE: Final = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?([kMGTP]?B)")

ADVICE: Final = "write a number and s, min, h, d or w, such as 30d"
SIZE_ADVICE: Final = "write a number and MB, GB or TB, such as 200GB"


def parse_age(text: str) -> timedelta | None:
    """Return the time that a text says; None if it says none, or more than a thousand years."""
    found = _AGE.fullmatch(text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else -1.0
    return timedelta(seconds=seconds) if 0 <= seconds <= _LONGEST else None


def parse_size(text: str) -> int | None:
    """Return the bytes that a text says; None if it says none."""
    found = _SIZE.fullmatch(text.strip())
    return int(float(found[1]) * _SIZES[found[2]]) if found else None
