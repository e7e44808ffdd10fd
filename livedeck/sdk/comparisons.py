"""Conditions: what comparing a promise gives while a workflow is read, for ``conditional`` to decide by later."""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from livedeck.errors import InvalidWorkflow, TypeMismatch
from livedeck.sdk.assignability import variants
from livedeck.sdk.nodes import Constant, Reference
from livedeck.sdk.types import type_name


class Operator(enum.Enum):
    """How two values are compared."""

    EQ = "=="
    NE = "!="
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="


class Junction(enum.Enum):
    """How two conditions are joined."""

    AND = "&"
    OR = "|"


class Condition:
    """A comparison, or two conditions that are joined with ``&`` or ``|``."""

    def references(self) -> Iterator[Reference]:
        """Yield what the condition looks at, in order; what it looks at twice is yielded twice."""
        raise NotImplementedError

    def __and__(self, other: Any) -> "Conjunction":
        return Conjunction(self, Junction.AND, self._checked(other, "&"))

    def __or__(self, other: Any) -> "Conjunction":
        return Conjunction(self, Junction.OR, self._checked(other, "|"))

    def __bool__(self) -> bool:
        raise InvalidWorkflow(
            f"({self}) is not known while a workflow is read, for its tasks have not run: use it in conditional(...), "
            "with & and | (and parentheses) where Python has and, or and chained comparisons; or decide inside a task"
        )

    def _checked(self, other: Any, symbol: str) -> "Condition":
        if not isinstance(other, Condition):
            raise InvalidWorkflow(
                f"({self}) {symbol} {other!r}: only conditions can be joined, each in parentheses: "
                f"(a > 1) {symbol} (b < 2)"
            )
        return other


@dataclass(frozen=True, eq=False)
class Comparison(Condition):
    """Two values that are compared."""

    left: Reference | Constant
    operator: Operator
    right: Reference | Constant

    def references(self) -> Iterator[Reference]:
        """Yield the promised ones of the two values."""
        yield from (side for side in (self.left, self.right) if isinstance(side, Reference))

    def __str__(self) -> str:
        return f"{_shown(self.left)} {self.operator.value} {_shown(self.right)}"


@dataclass(frozen=True, eq=False)
class Conjunction(Condition):
    """Two conditions that are joined."""

    left: Condition
    junction: Junction
    right: Condition

    def references(self) -> Iterator[Reference]:
        """Yield what both conditions look at."""
        yield from self.left.references()
        yield from self.right.references()

    def __str__(self) -> str:
        return f"({self.left}) {self.junction.value} ({self.right})"


def _shown(side: Reference | Constant) -> str:
    return str(side) if isinstance(side, Reference) else repr(side.value)


def compared(
    left: Reference | Constant, left_type: Any, operator: Operator, right: Reference | Constant, right_type: Any
) -> Comparison:
    """Return the comparison of two values, of which the types are known.

    Raises:
        TypeMismatch: values of these types do not compare.
    """
    comparison = Comparison(left, operator, right)
    kinds = [_kinds(left_type, comparison), _kinds(right_type, comparison)]
    orders = operator not in (Operator.EQ, Operator.NE)
    if orders and any(kind <= _UNORDERED for kind in kinds):
        raise TypeMismatch(f"({comparison}): booleans and None have no order; use == or !=")
    named = [kind - {_NONE} for kind in kinds]
    if all(named) and not any(_UNKNOWN in kind for kind in named) and not named[0] & named[1]:
        raise TypeMismatch(
            f"({comparison}) compares {type_name(left_type)} with {type_name(right_type)}: only values of one kind "
            "compare (numbers, texts, booleans, times, durations)"
        )
    return comparison


_NONE: Final = "None"
_UNKNOWN: Final = "a value"
_UNORDERED: Final = frozenset({"a boolean", _NONE})
_KINDS: Final[Mapping[Any, str]] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a text",
    datetime: "a time",
    date: "a time",
    timedelta: "a duration",
    type(None): _NONE,
    Any: _UNKNOWN,
}


def _kinds(python_type: Any, comparison: Comparison) -> frozenset[str]:
    """Return what kinds of values a type has: one, but for unions."""
    return frozenset(_kind(each, python_type, comparison) for each in variants(python_type))


def _kind(variant: Any, python_type: Any, comparison: Comparison) -> str:
    if variant in _KINDS:
        return _KINDS[variant]
    if isinstance(variant, type) and issubclass(variant, enum.Enum):
        return "a text"
    raise TypeMismatch(
        f"({comparison}): {type_name(python_type)} does not compare; conditions are about int, float, str, bool, "
        "datetime, timedelta, Enum, and what may be None of these"
    )
