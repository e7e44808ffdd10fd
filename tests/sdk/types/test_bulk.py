"""Very many numbers are written as their literals would be, one by one."""

import math
from typing import Any

import pytest
from flyteidl.core.literals_pb2 import Literal
from hypothesis import given
from hypothesis import strategies as st

from livedeck.sdk.types import DataPlane, from_literal, to_literal
from livedeck.sdk.types.bulk import LEAST

DATA = DataPlane("memory://bulk")
EDGES = [
    *(sign * (1 << bits) + more for bits in range(63) for sign in (1, -1) for more in (-1, 0, 1)),
    *(-(1 << 63), (1 << 63) - 1, 0, -1),
]
FLOATS = [0.0, -0.0, 1.5, -1e308, 5e-324, math.inf, -math.inf]


def one_by_one(values: list[Any], field: str) -> Literal:
    literal = Literal()
    literal.collection.SetInParent()
    for value in values:
        setattr(literal.collection.literals.add().scalar.primitive, field, value)
    return literal


@given(st.lists(st.sampled_from(EDGES) | st.integers(-(1 << 63), (1 << 63) - 1), max_size=50))
def test_integers(some: list[int]) -> None:
    values = some + list(range(16_000, 16_000 + LEAST)) + EDGES + some * 200
    literal = to_literal(values, list[int], DATA)
    assert literal == one_by_one(values, "integer")
    assert from_literal(literal, list[int], DATA) == values


@given(st.lists(st.sampled_from(FLOATS) | st.floats(allow_nan=False), max_size=50))
def test_floats(some: list[float]) -> None:
    values = [*some, *FLOATS, *map(float, range(LEAST)), *(some * 200)]
    literal = to_literal(values, list[float], DATA)
    assert literal.SerializeToString() == one_by_one(values, "float_value").SerializeToString()
    assert from_literal(literal, list[float], DATA) == values


@pytest.mark.parametrize("size", [0, LEAST - 1, LEAST, 8191, 8192, 8193, 20_000])
def test_any_number_of_them(size: int) -> None:
    values = list(range(-5, size - 5))
    assert to_literal(values, list[int], DATA) == one_by_one(values, "integer")
    assert to_literal([values, []], list[list[int]], DATA).collection.literals[0] == one_by_one(values, "integer")
    assert to_literal([math.nan] * size, list[float], DATA) == one_by_one([math.nan] * size, "float_value") or size
    assert all(map(math.isnan, from_literal(to_literal([math.nan] * size, list[float], DATA), list[float], DATA)))


def test_whole_numbers_are_floats_where_these_are_declared() -> None:
    values: list[Any] = [*range(LEAST), 0.5]
    assert to_literal(values, list[float], DATA) == one_by_one([float(each) for each in values], "float_value")
