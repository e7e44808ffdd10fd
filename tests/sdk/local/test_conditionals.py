"""Conditionals of workflows that are called as functions."""

# Promises are typed as the values that they stand for, which know less than promises do.
# mypy: disable-error-code="comparison-overlap"

import dataclasses
import enum
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck import InvalidWorkflow, conditional, task, workflow
from livedeck.errors import NoConditionHolds

RAN: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    RAN.clear()


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


@dataclasses.dataclass
class Fit:
    loss: float
    names: list[str]


@task
def low(x: int) -> int:
    RAN.append("low")
    return x - 1


@task
def high(x: int) -> int:
    RAN.append("high")
    return x + 1


@task
def pair(x: int) -> tuple[int, str]:
    return x, "pair"


@task
def size(x: int) -> Size:
    return Size.LARGE if x > 10 else Size.SMALL


@task
def fit(x: int) -> Fit:
    return Fit(x / 10, [str(x)])


@task
def maybe(x: int) -> int | None:
    return x if x > 0 else None


@workflow
def inner(x: int) -> int:
    return high(x=high(x=x))


@workflow
def flow(x: int) -> int:
    made = low(x=x)
    chosen = (
        conditional("outer")
        .if_((x > 100) | (x == 50))
        .then(inner(x=made))
        .elif_(x > 10)
        .then(conditional("inner").if_(made > 14).then(high(x=x)).else_().then(low(x=made)))
        .elif_(x == 10)
        .then(pair(x=x))
        .else_()
        .fail("too small")
    )
    return high(x=chosen)


@pytest.mark.parametrize(
    ("x", "result", "ran"),
    [
        (101, 103, ["low", "high", "high", "high"]),
        (50, 52, ["low", "high", "high", "high"]),
        (16, 18, ["low", "high", "high"]),
        (11, 10, ["low", "low", "high"]),
        (10, 11, ["low", "high"]),
    ],
)
def test_only_the_way_taken_runs(x: int, result: int, ran: list[str]) -> None:
    assert flow(x=x) == result
    assert ran == RAN


def test_where_no_condition_holds_it_fails_with_what_it_says() -> None:
    with pytest.raises(NoConditionHolds, match="too small") as raised:
        flow(x=1)
    assert isinstance(raised.value, ValueError)
    assert raised.value.__notes__ == [f"in node n1 (outer) of {__name__}.flow"]
    assert RAN == ["low"]


def test_values_of_every_kind_are_compared() -> None:
    @workflow
    def kinds(x: int, at: datetime) -> list[int]:
        made = fit(x=x)
        conditions = [
            size(x=x) == Size.LARGE,
            size(x=x) == "large",
            made.loss > 1,
            made.names[0] == "11",
            maybe(x=x) > 3,
            maybe(x=-1).is_none(),
            at >= datetime(2026, 1, 1, tzinfo=UTC),
        ]
        return [conditional("c").if_(each).then(high(x=0)).else_().then(low(x=0)) for each in conditions]

    assert kinds(x=11, at=datetime(2026, 1, 1, tzinfo=UTC)) == [1] * 7
    assert kinds(x=1, at=datetime(2025, 1, 1, tzinfo=UTC)) == [-1] * 5 + [1, -1]


def test_what_turns_out_not_to_compare_fails_the_node() -> None:
    @workflow
    def compare(x: int) -> int:
        found = maybe(x=x)
        return conditional("c").if_(found > 3).then(low(x=x)).else_().then(high(x=x))

    assert compare(x=4) == 3
    with pytest.raises(InvalidWorkflow, match=r"n0.o0 > 3 compares None with a number"):
        compare(x=0)


def test_a_conditional_without_output_runs_all_the_same() -> None:
    @task
    def note(word: str) -> None:
        RAN.append(word)

    @workflow
    def steps(x: int) -> None:
        chosen = conditional("c").if_(x > 1).then(note(word="big")).else_().then(note(word="small"))
        chosen >> note(word="after")

    steps(x=2)
    steps(x=1)
    assert RAN == ["big", "after", "small", "after"]


@given(st.integers(-3, 3), st.integers(-3, 3), st.booleans())
def test_conditions_mean_what_they_mean_in_python(x: int, y: int, b: bool) -> None:

    @task
    def same(value: int) -> int:
        return value

    @task
    def to_bool(value: bool) -> bool:
        return value

    @workflow
    def both(x: int, y: int, b: bool) -> list[int]:
        p, q, f = same(value=x), same(value=y), to_bool(value=b)
        conditions = [p > q, p >= q, p < y, p <= q, p == q, p != q, (p > 0) & (q > 0), (p > 0) | f.is_true()]
        return [conditional("c").if_(each).then(same(value=1)).else_().then(same(value=0)) for each in conditions]

    expected = [x > y, x >= y, x < y, x <= y, x == y, x != y, x > 0 and y > 0, x > 0 or b]
    assert both(x=x, y=y, b=b) == [int(each) for each in expected]
