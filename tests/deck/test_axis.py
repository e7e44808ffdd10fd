"""Ticks of axes: those of axis_cases.json are the browser's too."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import axis
from livedeck.deck.axis import Ticks

CASES = json.loads((Path(__file__).parent.parent / "fixtures" / "axis_cases.json").read_text(encoding="utf-8"))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
NEAR = st.floats(-1e-6, 1e-6)


def near(draw_value: float, share: float) -> tuple[float, float]:
    other = draw_value * (1 + share)
    return min(draw_value, other), max(draw_value, other)


RANGES = st.tuples(FINITE, FINITE).map(lambda pair: (min(pair), max(pair))) | st.builds(
    near, st.floats(-1e300, 1e300), NEAR
)


def case_id(case: dict[str, Any]) -> str:
    return str(case["values"])


@pytest.mark.parametrize("case", CASES["across"], ids=case_id)
def test_marks_across(case: dict[str, Any]) -> None:
    low, high = axis.plain_range(*case["values"], 1.0 if case["zone"] is None else 60.0)  # type: ignore[call-arg]
    ticks = axis.across(low, high, case["width"], whole=case["whole"], zone=case["zone"])
    assert (ticks.labels, ticks.base) == (case["labels"], case["base"])


@pytest.mark.parametrize("case", CASES["upwards"], ids=case_id)
def test_marks_upwards(case: dict[str, list[str | float] | str]) -> None:
    ticks = axis.number_ticks(*axis.roomy_range(*case["values"]), 7)
    assert (ticks.labels, ticks.base) == (case["labels"], case["base"])


@pytest.mark.parametrize("case", CASES["logarithmic"], ids=case_id)
def test_marks_by_powers(case: dict[str, list[str | float] | str]) -> None:
    ticks = axis.log_ticks(*axis.log_range(*case["values"]), 7)
    assert (ticks.labels, ticks.base) == (case["labels"], case["base"])


def check(ticks: Ticks, low: float, high: float, most: int) -> None:
    assert len(ticks.positions) == len(ticks.labels) <= most
    assert all(low <= position <= high for position in ticks.positions)
    assert all(one < other for one, other in itertools.pairwise(ticks.positions))
    assert len(set(ticks.labels)) == len(ticks.labels)


@given(RANGES)
def test_marks_of_any_range_are_few_distinct_and_in_order(values: tuple[float, float]) -> None:
    for low, high in (axis.roomy_range(*values), axis.plain_range(*values)):
        assert low < high
        assert low <= values[0]
        assert high >= values[1]
        check(axis.number_ticks(low, high, 7), low, high, 9)
        check(axis.across(low, high, 300), low, high, 10)
        check(axis.across(low, high, 300, whole=True), low, high, 10)


@given(RANGES)
def test_so_are_those_of_any_logarithmic_range(values: tuple[float, float]) -> None:
    low, high = sorted(abs(value) or 1.0 for value in values)
    low, high = axis.log_range(low, high)
    assert low < high
    check(axis.log_ticks(low, high, 7), low, high, 12)


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_so_are_those_of_any_range_of_times(start: float, length: float) -> None:
    low, high = axis.plain_range(start, start + length)
    ticks = axis.time_ticks(low, high, 8, "UTC")
    assert len(ticks.positions) == len(ticks.labels) <= 12
    assert all(low <= position <= high for position in ticks.positions)
