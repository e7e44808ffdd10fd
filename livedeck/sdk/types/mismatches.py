"""Mismatches: a value that does not fit, where it was given, and what was expected instead.

Handlers raise ``Mismatch``, which is cheap and knows only the place inside the value; the public functions turn it
into the ``TypeMismatch`` that a user reads.
"""

import reprlib
import typing
from dataclasses import dataclass
from typing import Any

from livedeck.errors import TypeMismatch

_TYPING_PREFIXES = ("typing.", "collections.abc.", "builtins.")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a value was given: the input, output or default of a task or workflow."""

    task: str
    """Name of the task or workflow."""
    parameter: str
    """Name of the input or output."""
    role: str = "input"
    """``"input"``, ``"output"`` or ``"default"``."""

    def __str__(self) -> str:
        return f"{self.task}: {self.role} {self.parameter!r}"


class Mismatch(Exception):
    """A value does not fit; ``path`` says where in the outer value, and grows on the way out."""

    def __init__(self, value: Any, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.value = value
        self.expected = expected
        self.hint = hint
        self.path: list[str] = []

    def within(self, step: str) -> "Mismatch":
        """Return self, one level further out: ``step`` is written as Python would, ``[3]`` or ``.name``."""
        self.path.append(step)
        return self

    def at(self, location: Location | None) -> TypeMismatch:
        """Return the error that the user reads."""
        place = ("value" if location is None else str(location)) + "".join(reversed(self.path))
        kind = "" if self.value is None else f" ({type_name(type(self.value))})"
        text = f"{place} must be {self.expected}, not {shorten(self.value)}{kind}"
        return TypeMismatch(f"{text}: {self.hint}" if self.hint else text)


class _Shortener(reprlib.Repr):
    """``reprlib`` with limits for one line of a message, and no value that can make it fail."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 80
        self.maxlong = 40
        self.maxlevel = 3

    def repr1(self, x: Any, level: int) -> str:
        try:
            text = super().repr1(x, level)
        except Exception:  # noqa: BLE001 - a hostile __repr__ must not replace the message about the value
            return f"<{type_name(type(x))} that cannot be shown>"
        # Lone surrogates would make the message itself unprintable.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write out integers of more than 4,300 digits.
        return super().repr_int(x, level) if x.bit_length() < 512 else f"<int of {x.bit_length()} bits>"


_shortener = _Shortener()


def shorten(value: Any) -> str:
    """Return ``repr(value)`` within about a line, whatever the value is."""
    text = _shortener.repr(value)
    return text if len(text) <= 160 else f"{text[:120]}...{text[-30:]}"


def type_name(python_type: Any) -> str:
    """Return a type as its author wrote it: ``int``, ``list[int]``, ``Color | None``."""
    if python_type is None or python_type is type(None):
        return "None"
    if isinstance(python_type, type) and not typing.get_args(python_type):
        return python_type.__qualname__.rpartition("<locals>.")[2]
    text = repr(python_type)
    for prefix in _TYPING_PREFIXES:
        text = text.replace(prefix, "")
    return text
