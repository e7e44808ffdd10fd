"""Flyte's list filters: ``eq(phase,SUCCEEDED)+contains(name,train)`` becomes conditions, checked but not yet SQL."""

import re
from dataclasses import dataclass
from typing import Final

from livedeck.errors import InvalidRequest

FUNCTIONS: Final = frozenset({"contains", "not_like", "eq", "ne", "gt", "gte", "lt", "lte", "value_in", "value_not_in"})
LISTS: Final = frozenset({"value_in", "value_not_in"})
"""Functions that take several values."""

_LIMIT: Final = 4096
"""Characters of filters; a longer list of values is a mistake, or an attack."""

# A plus may also be part of a time zone, so conditions are parted only behind a bracket.
_PARTED: Final = re.compile(r"(?<=\))\+(?=[a-z_]+\()")
_CONDITION: Final = re.compile(r"([a-z_]+)\(([A-Za-z_.]+),(.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """One condition of a list."""

    function: str
    """One of `FUNCTIONS`."""
    field: str
    """As written: ``phase``, ``execution.phase``, ``workflow.name``."""
    values: tuple[str, ...]
    """One value, or for `LISTS` at least one."""


def parse_filters(text: str) -> list[Condition]:
    """Read a list's ``filters``.

    Args:
        text: ``fn(field,value)`` joined by ``+``; several values are joined by ``;``.

    Raises:
        InvalidRequest: It is not of that form, or names an unknown function.
    """
    if len(text) > _LIMIT:
        raise InvalidRequest(f"filters are too long: {len(text)} characters, at most {_LIMIT}")
    return [_parse(part) for part in _PARTED.split(text)] if text else []


def _parse(part: str) -> Condition:
    found = _CONDITION.fullmatch(part.strip())
    if found is None:
        raise InvalidRequest(f"filter {part!r} cannot be read: write fn(field,value), several joined by '+'")
    function, field, value = found.groups()
    if function not in FUNCTIONS:
        raise InvalidRequest(f"filter function {function!r} is not known: it is one of {', '.join(sorted(FUNCTIONS))}")
    if "\x00" in value:
        raise InvalidRequest(f"filter on {field!r} holds a NUL character")
    values = tuple(value.strip().split(";")) if function in LISTS else (value.strip(),)
    return Condition(function, field, values)
