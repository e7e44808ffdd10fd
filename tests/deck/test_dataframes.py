"""Summaries of columns: the same of whatever library's data, of values of all kinds."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import coerce, dataframes
from livedeck.deck.dataframes import Summary, frames

MAY_1 = datetime(2024, 5, 1)  # noqa: DTZ001 - as users have them
FORMS: dict[str, Callable[[list[Any]], Any]] = {
    "pandas": lambda values: pd.DataFrame({"c": values}),
    "pandas, nullable": lambda values: pd.DataFrame({"c": values}).convert_dtypes(),
    "polars": lambda values: pl.DataFrame({"c": values}, strict=False),
    "pyarrow": lambda values: pa.table({"c": pa.array(values)}),
    "numpy": lambda values: np.array([(value,) for value in values], dtype=[("c", "O")]),
    "columns": lambda values: {"c": values},
    "records": lambda values: [{"c": value} for value in values],
}
every_form = pytest.mark.parametrize("form", FORMS)


def summary(data: Any, *most: int) -> Summary:
    frame = dataframes.open_frame(data)
    assert frame is not None
    (found,) = dataframes.summarized(frame, dataframes.LookedAt(*most))
    return found


def facts(found: Summary) -> tuple[Any, ...]:
    return found.missing, found.distinct, found.low, found.high, found.histogram


@every_form
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 1, 1, 2], (0, 3, 1, 3, [2, 1, 1])),
        ([0.5, None, 0.5, 10.5], (1, 2, 0.5, 10.5, [2, *[0] * 18, 1])),
        (["b", None, "a", "b"], (1, 2, "a", "b", None)),
        ([True, False, True], (0, 2, False, True, [1, 2])),
        ([7, 7], (0, 1, 7, 7, [2])),
        (
            [MAY_1, MAY_1 + timedelta(days=2), None],
            (1, 2, coerce.scalar(MAY_1), coerce.scalar(MAY_1 + timedelta(days=2)), [1, *[0] * 18, 1]),
        ),
        ([timedelta(hours=1), timedelta(hours=2)], (0, 2, "1 h 0 min", "2 h 0 min", [1, *[0] * 18, 1])),
    ],
    ids=["whole", "fractions", "words", "truths", "one value", "times", "durations"],
)
def test_it_is_the_same_in_every_form(form: str, values: list[Any], expected: tuple[Any, ...]) -> None:
    assert facts(summary(FORMS[form](values))) == expected


@every_form
@given(numbers=st.lists(st.none() | st.integers(-(2**40), 2**40), min_size=1, max_size=30))
def test_of_any_numbers_it_is_what_python_makes_of_them(form: str, numbers: list[int | None]) -> None:
    there = [number for number in numbers if number is not None]
    found = summary(FORMS[form](numbers))
    assert found.missing == len(numbers) - len(there)
    assert found.distinct == len(set(there))
    assert (found.low, found.high) == ((min(there), max(there)) if there else (None, None))
    assert sum(found.histogram or []) == len(there)


@pytest.mark.parametrize(
    ("column", "type_", "expected"),
    [
        (pd.Series(["a", "b", "a", None], dtype="category"), "category", (1, 2, "a", "b", None)),
        (
            pd.Series([datetime(2024, 5, 1, tzinfo=UTC), None]),
            None,
            (1, 1, "1 May 2024, 00:00:00 UTC", "1 May 2024, 00:00:00 UTC", [1]),
        ),
        (pd.Series([1, 2], dtype="uint64"), "uint64", (0, 2, 1, 2, [1, 1])),
        (pd.Series([1.0, 0.0, 0.0], dtype="Sparse[float]"), "Sparse[float64, nan]", None),
        (pd.Series(pd.period_range("2024-01", periods=2, freq="M")), "period[M]", (0, 2, "2024-01", "2024-02", None)),
        (pd.Series([1, "a", None, 2.5]), "int, str, float", (1, 3, None, None, None)),
        (pd.Series([[1], [2], None]), "list", (1, None, None, None, None)),
        (pd.Series([{"a": 1}]), "dict", (0, None, None, None, None)),
        (pd.Series([np.inf, -np.inf, np.nan, 1.0]), "float64", (1, 3, "-inf", "inf", [1])),
        (pd.Series([1e308, -1e308]), "float64", (0, 2, -1e308, 1e308, None)),
        (pd.Series([2**63, 1], dtype="uint64"), "uint64", None),
        (pd.Series([None, None]), "", (2, 0, None, None, None)),
        (pd.Series([], dtype=float), "float64", (0, 0, None, None, None)),
        (pl.Series([[1], [1], None]), "List(Int64)", (1, 1, None, None, None)),
        (pl.Series([{"a": 1}, None]), "Struct({'a': Int64})", None),
        (pl.Series(["b", "a"], dtype=pl.Categorical), "Categorical", (0, 2, "a", "b", None)),
        (pl.Series(["b", "a"], dtype=pl.Enum(["b", "a"])), None, (0, 2, "a", "b", None)),
        (pl.Series([Decimal("1.5"), Decimal("2.5")]), None, (0, 2, 1.5, 2.5, [1, *[0] * 18, 1])),
        (
            pl.Series([date(2024, 5, 1), date(2024, 5, 2)]),
            "Date",
            (0, 2, "1 May 2024", "2 May 2024", [1, *[0] * 18, 1]),
        ),
        (pl.Series([object(), object()], dtype=pl.Object), "object", (0, 2, None, None, None)),
        (pl.Series([None, None]), "Null", None),
        (np.array([1 + 2j, 3]), "complex128", (0, 2, None, None, None)),
        (np.array(["b", "a"]), "<U1", (0, 2, "a", "b", None)),
        (
            np.array([np.datetime64("2024-05-01", "ns"), np.datetime64("NaT")]),
            "datetime64[ns]",
            (1, 1, "1 May 2024", "1 May 2024", [1]),
        ),
        (np.array([np.float16(1), np.float16(2)]), "float16", (0, 2, 1, 2, [1, *[0] * 18, 1])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_types_that_one_library_has(column: Any, type_: str | None, expected: Any) -> None:
    data = (
        column
        if isinstance(column, np.ndarray)
        else column.to_frame("c")
        if hasattr(column, "iloc")
        else column.to_frame()
    )
    found = summary(data)
    if type_ is not None:
        assert found.type == type_
    if expected is not None:
        assert facts(found) == expected


def test_of_arrow_dictionaries_and_nanoseconds() -> None:
    words = pa.table({"c": pa.array(["b", "a", None, "a"]).dictionary_encode()})
    assert facts(summary(words)) == (1, 2, "a", "b", None)
    times = pa.table({"c": pa.array([1, 2], pa.timestamp("ns"))})
    assert facts(summary(times))[:2] == (0, 2)
    nested = pa.table({"c": pa.array([[1], None])})
    assert summary(nested).missing == 1


class Hostile:
    def __hash__(self) -> int:
        raise RuntimeError("no hash")

    def __lt__(self, other: object) -> bool:
        raise RuntimeError("no order")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    def __float__(self) -> float:
        raise RuntimeError("no number")


@pytest.mark.parametrize("form", ["pandas", "numpy", "columns", "records"])
def test_values_whose_code_raises_are_counted_and_nothing_else(form: str) -> None:
    found = summary(FORMS[form]([Hostile(), None, Hostile()]))
    assert found.type == "Hostile"
    assert facts(found) == (1, None, None, None, None)


def test_an_index_with_a_name_is_a_column() -> None:
    frame = dataframes.open_frame(
        pd.DataFrame({"x": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["k", None]))
    )
    assert frame is not None
    assert [(each.name, each.distinct) for each in dataframes.summarized(frame)] == [("k", 2), ("level_1", 2), ("x", 2)]
    assert dataframes.sampled(frame, 5).names == ["k", "level_1", "x"]


@pytest.mark.parametrize(
    "data",
    [iter([1]), "text", 5, None, {"a": 1}, {}, [], object(), {1, 2}, np.zeros((1, 1, 1))],
    ids=lambda data: type(data).__name__,
)
def test_what_has_no_places_is_no_frame(data: Any) -> None:
    assert dataframes.open_frame(data) is None


@given(total=st.integers(0, 10**9), most=st.integers(1, 10**6))
def test_what_is_looked_at_is_bounded_and_spread_over_all(total: int, most: int) -> None:
    found = frames.blocks(total, most)
    assert sum(each.stop - each.start for each in found) <= most
    assert all(one.stop <= other.start for one, other in pairwise(found))
    assert found[0].start == 0
    assert found[-1].stop <= total
    assert found[-1].stop >= total - math.ceil(total / min(len(found), most))


@every_form
def test_of_a_column_that_is_too_long_parts_are_looked_at(form: str) -> None:
    found = summary(FORMS[form](list(range(10_000))), 128, 128)
    assert found.rows == 128
    assert (found.low, found.distinct) == (0, 128)


def test_a_sample_is_the_same_each_time_and_in_step_with_nothing() -> None:
    places = frames.places(10_000, 100)
    assert places == frames.places(10_000, 100) == sorted(set(places))
    assert len({place % 24 for place in places}) > 20
    assert frames.places(3, 5) == [0, 1, 2]
