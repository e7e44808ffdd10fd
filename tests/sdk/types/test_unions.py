"""A value of a union arrives as what it was: unchanged, and of the same type, wherever the union stands."""

import dataclasses
import datetime as dt
import decimal
import enum
import typing
from pathlib import Path
from typing import Any, Optional

import msgspec
import pytest
from flyteidl.core.literals_pb2 import Literal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from livedeck.errors import TypeMismatch
from livedeck.sdk.types import DataPlane, File, from_literal, to_literal
from tests.sdk.types.test_properties import same

DATA = DataPlane("memory://unions/raw")
INTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass(frozen=True)
class A:
    x: int


@dataclasses.dataclass(frozen=True)
class B:
    x: int
    y: int = 0


@dataclasses.dataclass(frozen=True)
class Twin:
    """Looks like ``A``."""

    x: int


@dataclasses.dataclass(frozen=True)
class Add:
    left: "Add | Multiply | int"
    right: "Add | Multiply | int"


@dataclasses.dataclass(frozen=True)
class Multiply:
    left: "Add | Multiply | int"
    right: "Add | Multiply | int"


class Named(typing.TypedDict):
    name: str
    x: typing.NotRequired[int]


MOMENTS = st.datetimes(timezones=st.just(dt.UTC)).map(lambda moment: moment.replace(fold=0))
A_OR_B = st.builds(A, INTS) | st.builds(B, INTS, INTS)

ANYWHERE: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (A | B, A_OR_B),
    (A | B | Twin | None, A_OR_B | st.builds(Twin, INTS) | st.none()),
    (list[A | B], st.lists(A_OR_B, max_size=3)),
    (dict[str, A | B], st.dictionaries(TEXT, A_OR_B, max_size=3)),
    (list[int] | list[float], st.lists(INTS, min_size=1) | st.lists(FLOATS, min_size=1)),
    (float | int, INTS | FLOATS),
    (int | float | bool | str, INTS | FLOATS | st.booleans() | TEXT),
    (dt.date | dt.datetime, st.dates() | MOMENTS),
    (dt.datetime | dt.date, st.dates() | MOMENTS),
    (dt.datetime | str, MOMENTS | TEXT | MOMENTS.map(dt.datetime.isoformat)),
    (str | dt.datetime, MOMENTS | TEXT | MOMENTS.map(dt.datetime.isoformat)),
    (Color | str, st.sampled_from(Color) | st.sampled_from(["red", "blue"])),
    (typing.Literal["a"] | str, st.sampled_from(["a", "b"])),  # noqa: PYI051 - people write it for their editors
    (int | Level, st.sampled_from(Level) | st.integers(0, 2)),
    (Named | dict, st.fixed_dictionaries({"name": TEXT}) | st.dictionaries(TEXT, INTS | TEXT, max_size=2)),
    (
        # What looks like plain data that names its variant.
        dict | str,
        st.fixed_dictionaries({"union.type": st.sampled_from(["str", "dict"]), "union.value": TEXT | st.just({})}),
    ),
]
INSIDE_ONLY = [
    (Path | str, st.just(Path("a/b")) | TEXT | st.just("a/b")),
    (str | Path, st.just(Path("a/b")) | TEXT | st.just("a/b")),
    (decimal.Decimal | str, st.decimals(allow_nan=False) | st.sampled_from(["1.0", "one"])),
    (dt.timedelta | float, st.timedeltas(dt.timedelta(days=-99), dt.timedelta(days=99)) | st.floats(-99, 99)),
    (Any | None, st.none() | INTS | st.lists(TEXT, max_size=2)),
    (Any | A, A_OR_B.filter(lambda value: type(value) is A) | INTS | st.fixed_dictionaries({"x": INTS})),
    (list[int] | tuple[int, ...], st.lists(INTS, max_size=2) | st.lists(INTS, max_size=2).map(tuple)),
]


def record_of(python_type: Any) -> Any:
    maybe = Optional[python_type]
    kinds = {"one": python_type, "many": list[python_type], "by_name": dict[str, python_type], "maybe": maybe}
    return dataclasses.make_dataclass("Record", kinds.items())


RECORDS = {id(pair): record_of(pair[0]) for pair in ANYWHERE + INSIDE_ONLY}


def inside(pair: tuple[Any, SearchStrategy]) -> SearchStrategy:
    """Return a dataclass that has a union in all kinds of places, and values of it."""
    values = pair[1]
    record = RECORDS[id(pair)]
    some = st.lists(values, max_size=2), st.dictionaries(TEXT, values, max_size=2), st.none() | values
    return st.tuples(st.just(record), st.builds(record, values, *some))


TYPED = st.sampled_from(ANYWHERE).flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1]))
RECORDED = st.sampled_from(ANYWHERE + INSIDE_ONLY).flatmap(inside)


def through_literal(value: Any, python_type: Any, target: Any = None) -> Any:
    literal = Literal.FromString(to_literal(value, python_type, DATA).SerializeToString())
    return from_literal(literal, target or python_type, DATA)


@given(TYPED | RECORDED)
def test_a_value_arrives_as_what_it_was(typed: tuple[Any, Any]) -> None:
    python_type, value = typed
    assert same(through_literal(value, python_type), value)


def packed(value: Any, python_type: Any) -> Any:
    return msgspec.msgpack.decode(to_literal(value, python_type, DATA).scalar.binary.value)


@dataclasses.dataclass
class Settings:
    when: dt.datetime | str
    where: Path | str
    either: A | B
    mode: typing.Literal["auto"] | str = "auto"  # noqa: PYI051
    extra: Any | None = None


def test_plain_data_is_flytekits_where_that_says_the_type() -> None:
    value = Settings("soon", Path("/x"), B(1, 2))
    plain = {"when": "soon", "where": "/x", "either": {"x": 1, "y": 2}, "mode": "auto", "extra": None}
    assert packed(value, Settings) == plain


def test_other_plain_data_names_its_type() -> None:
    value = Settings("2026-11-24T15:04:05", "/x", A(1))
    assert packed(value, Settings)["where"] == {"union.type": "str", "union.value": "/x"}


def test_plain_data_that_names_a_type_which_the_union_lacks_is_refused() -> None:
    with pytest.raises(TypeMismatch):
        through_literal(
            {"where": {"union.type": "UUID", "union.value": "x"}, "when": "", "either": {"x": 1}}, dict, Settings
        )


def test_records_inside_records_that_look_alike() -> None:
    value: Add | Multiply = Multiply(1, 2)
    for step in range(10):
        value = (Add, Multiply)[step % 2](value, step)
    assert through_literal(value, Multiply) == value


@pytest.mark.parametrize(
    ("value", "source", "target"),
    [
        (2**53 + 1, int, float | int),
        (1.0, float, int | float),
        ([2**53 + 1], list[int], list[float] | list[int]),
        ({"a": 1.0}, dict[str, float], dict[str, int | float]),
        (dt.datetime(2026, 11, 24, 15, 4, tzinfo=dt.UTC), dt.datetime, dt.date | dt.datetime),
        (dt.datetime(2026, 11, 24, 0, 0, 0, 1, tzinfo=dt.UTC), dt.datetime, dt.date | dt.datetime),
        (dt.date(2026, 11, 24), dt.date, dt.date | dt.datetime),
        (B(1, 2), B, A | B),
        (B(1, 2), B, A | B | None),
    ],
)
def test_what_a_task_gives_that_declares_one_variant_alone(value: Any, source: Any, target: Any) -> None:
    assert repr(through_literal(value, source, target)) == repr(value)


def test_a_file_is_not_taken_for_a_pickle_or_an_array(data: DataPlane, tmp_path: Path) -> None:
    import numpy as np

    (tmp_path / "f").write_text("x")
    literal = to_literal(File(tmp_path / "f"), File, data)
    assert isinstance(from_literal(literal, np.ndarray | File, data), File)
    literal = to_literal(np.ones(3), np.ndarray, data)
    assert isinstance(from_literal(literal, File | np.ndarray, data), np.ndarray)


def test_a_time_of_day_is_not_dropped() -> None:
    assert through_literal(dt.datetime(2026, 11, 24, tzinfo=dt.UTC), dt.datetime, dt.date) == dt.date(2026, 11, 24)
    with pytest.raises(TypeMismatch, match="time of day would be lost: declare datetime"):
        through_literal(dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC), dt.datetime, dt.date)
