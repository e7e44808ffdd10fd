"""What is found, and how it is told."""

import enum
from dataclasses import dataclass


class Level(enum.Enum):
    """How bad a finding is."""

    FINE = "ok"
    """As it should be."""
    WARNING = "warning"
    """The part works, and may not when more is asked of it."""
    WRONG = "wrong"
    """The part does not work, or what it does cannot be relied on."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    part: str
    """What it is about, in a word or two: ``store``, ``clock``."""
    what: str
    """What was found, with its values."""
    advice: str = ""
    """What to do about it."""


def fine(part: str, what: str) -> Finding:
    """Return a finding of something that is as it should be."""
    return Finding(Level.FINE, part, what)


def warning(part: str, what: str, advice: str) -> Finding:
    """Return a finding of something that may not do when more is asked of it."""
    return Finding(Level.WARNING, part, what, advice)


def wrong(part: str, what: str, advice: str) -> Finding:
    """Return a finding of something that does not work."""
    return Finding(Level.WRONG, part, what, advice)
