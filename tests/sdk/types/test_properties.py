"""For any type and any value of it: what goes through a literal, or through JSON, comes back the same."""

import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import typing
import uuid
from typing import Any, Optional

import pytest
from flyteidl.core.literals_pb2 import Literal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from livedeck.errors import TypeMismatch
from livedeck.sdk.types import (
    DataPlane,
    accept,
    describe,
    from_json,
    from_literal,
    literal_type,
    require,
    to_json,
    to_literal,
)

DATA = DataPlane("memory://properties/raw")


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Leaf:
    x: int
    y: float = 1.5
    names: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Tree:
    value: int
    leaf: Leaf | None = None
    below: "tuple[Tree, ...]" = ()


class Movie(typing.TypedDict):
    title: str
    year: typing.NotRequired[int]


INTS = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FLOATS = st.floats()
ZONES = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=45)), dt.timezone(dt.timedelta(hours=-12))])
MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30), timezones=ZONES)
LEAVES = st.builds(Leaf, INTS, FLOATS, st.lists(TEXT, max_size=3))
TREES = st.recursive(
    st.builds(Tree, INTS, st.none() | LEAVES),
    lambda inner: st.builds(Tree, INTS, st.none() | LEAVES, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)
MOVIES = st.builds(lambda title, year: {"title": title} | ({"year": year} if year else {}), TEXT, INTS)
PLAIN = st.recursive(
    st.none() | st.booleans() | INTS | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)

SIMPLE = [
    (bool, st.booleans()),
    (int, INTS),
    (float, FLOATS),
    (str, TEXT),
    (type(None), st.none()),
    (dt.datetime, MOMENTS),
    (dt.date, st.dates()),
    # Inside a record it is a float of seconds, as with flytekit, which is exact for about a century.
    (dt.timedelta, st.timedeltas(dt.timedelta(days=-10_000), dt.timedelta(days=10_000))),
    (Color, st.sampled_from(Color)),
    (Level, st.sampled_from(Level)),
    (typing.Literal["a", "b"], st.sampled_from(["a", "b"])),
    (Leaf, LEAVES),
    (Tree, TREES),
    (Movie, MOVIES),
]


def grown(inner: SearchStrategy) -> SearchStrategy:
    """Return strategies of (type, values) around a strategy of such."""
    return st.one_of(
        inner.map(lambda pair: (list[pair[0]], st.lists(pair[1], max_size=4))),  # type: ignore[valid-type]
        inner.map(lambda pair: (dict[str, pair[0]], st.dictionaries(TEXT, pair[1], max_size=4))),  # type: ignore[valid-type]
        inner.map(lambda pair: (Optional[pair[0]], st.none() | pair[1])),
        inner.map(lambda pair: (typing.Annotated[pair[0], "of something"], pair[1])),
        st.tuples(
            st.sampled_from([(int, INTS), (str, TEXT), (bool, st.booleans()), (Color, st.sampled_from(Color))]), inner
        ).map(lambda pairs: (dict[pairs[0][0], pairs[1][0]], st.dictionaries(pairs[0][1], pairs[1][1], max_size=4))),  # type: ignore[misc]
    )


TYPES = st.recursive(st.sampled_from(SIMPLE), grown, max_leaves=4)
# A TypedDict in a dict with other keys is packed, and so on: any of these may be inside any other.
TYPED = TYPES.flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1]))


def same(left: Any, right: Any) -> Any:
    """Compare as ``==`` does, but NaN with itself, and the types too."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if dataclasses.is_dataclass(left):
        return all(same(getattr(left, f.name), getattr(right, f.name)) for f in dataclasses.fields(left))
    return left == right


@given(TYPED)
def test_through_a_literal(
    typed: tuple[
        Any,
        bool
        | dict[str, dict[str, int | Color | str | None] | list[str] | None]
        | list[Leaf | dt.datetime | None]
        | None,
    ],
) -> None:
    python_type, value = typed
    require(python_type)
    literal = Literal.FromString(to_literal(value, python_type, DATA).SerializeToString())
    assert same(from_literal(literal, python_type, DATA), value)


@given(TYPED)
def test_through_json(
    typed: tuple[
        Any,
        bool
        | list[bool | Level | None]
        | dict[str | bool, list[dt.datetime] | dict[str, dict[str, None]] | str | None]
        | None,
    ],
) -> None:
    python_type, value = typed
    text = json.dumps(to_json(value, python_type), allow_nan=False)
    assert same(from_json(json.loads(text), python_type), value)


@given(TYPED)
def test_what_fits_is_taken_as_it_is(typed: tuple[Any, Any]) -> None:
    python_type, value = typed
    assert same(accept(value, python_type), value)
    assert describe(python_type)
    assert literal_type(python_type).ByteSize()


@given(TYPES, PLAIN)
def test_anything_else_is_refused_with_a_type_mismatch(pair: tuple[Any, SearchStrategy], value: Any) -> None:
    try:
        accepted = accept(value, pair[0])
    except TypeMismatch:
        return
    accept(accepted, pair[0])


@given(TYPES, PLAIN)
def test_any_json_is_read_or_refused_with_a_type_mismatch(pair: tuple[Any, SearchStrategy], obj: Any) -> None:
    try:
        value = from_json(obj, pair[0])
    except TypeMismatch:
        return
    assert same(from_json(to_json(value, pair[0]), pair[0]), value)


@given(TYPED, TYPES)
def test_a_literal_of_another_type_is_read_or_refused_with_a_type_mismatch(
    typed: tuple[
        Any,
        list[dict[str, dict[Any, Any]]]
        | dict[str, dict[str, float] | float | list[dt.datetime | Tree | dict[str, Any]]]
        | int
        | None,
    ],
    pair: tuple[Any, SearchStrategy],
) -> None:
    literal = to_literal(typed[1], typed[0], DATA)
    try:
        value = from_literal(literal, pair[0], DATA)
    except TypeMismatch:
        return
    if value == value:  # noqa: PLR0124 - not a NaN
        accept(value, pair[0])


@dataclasses.dataclass
class Inside:
    pair: tuple[int, str]
    many: tuple[float, ...]
    unique: frozenset[int]
    raw: bytes
    amount: decimal.Decimal
    key: uuid.UUID
    clock: dt.time
    when: dt.datetime
    anything: Any


@given(
    st.builds(
        Inside,
        st.tuples(INTS, TEXT),
        st.lists(FLOATS, max_size=3).map(tuple),
        st.frozensets(INTS, max_size=3),
        st.binary(max_size=20),
        st.decimals(allow_nan=False),
        st.uuids(),
        st.times(),
        st.datetimes(),
        PLAIN,
    )
)
def test_types_that_exist_only_inside_a_record(value: Inside) -> None:
    assert same(from_literal(to_literal(value, Inside, DATA), Inside, DATA), value)
    through_json = from_json(json.loads(json.dumps(to_json(value, Inside), allow_nan=False)), Inside)
    assert same(dataclasses.replace(through_json, anything=None), dataclasses.replace(value, anything=None))


@pytest.mark.parametrize("pair", SIMPLE, ids=lambda pair: str(pair[0]))
def test_none_is_refused_unless_declared(pair: tuple[Any, SearchStrategy]) -> None:
    if pair[0] is type(None):
        return
    with pytest.raises(TypeMismatch):
        accept(None, pair[0])
    accept(None, Optional[pair[0]])
