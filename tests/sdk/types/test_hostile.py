"""Values and types made to break things are refused, or carried, but never crash."""

import dataclasses
import datetime as dt
import enum
import math
import typing
from typing import Any

import pandas as pd
import pydantic
import pytest
from flyteidl.core.literals_pb2 import Literal

from livedeck.errors import TypeMismatch, UnsupportedType
from livedeck.sdk.types import (
    accept,
    from_json,
    from_literal,
    literal_type,
    require,
    to_json,
    to_literal,
)
from livedeck.sdk.types.dataplane import DataPlane


@dataclasses.dataclass
class Node:
    name: str
    below: "list[Node]" = dataclasses.field(default_factory=list)
    above: "Node | None" = None


class Mood(str, enum.Enum):
    GOOD = "good"

    def __str__(self) -> Any:
        return "unrelated"


def nested(depth: int) -> Node:
    node = Node("leaf")
    for _ in range(depth):
        node = Node("n", [node])
    return node


def test_a_record_inside_itself(data: DataPlane) -> None:
    value = nested(30)
    assert from_literal(to_literal(value, Node, data), Node, data) == value
    assert from_json(to_json(value, Node), Node) == value
    assert set(literal_type(Node).structure.dataclass_type) == {"name"}


def test_a_cycle_is_refused(data: DataPlane) -> None:
    node = Node("a")
    node.below.append(node)
    for convert in (lambda: accept(node, Node), lambda: to_json(node, Node), lambda: to_literal(node, Node, data)):
        with pytest.raises(TypeMismatch, match="holds itself, or is nested too deeply"):
            convert()


def test_a_cyclic_dict_is_refused(data: DataPlane) -> None:
    loop: dict[Any, Any] = {}
    loop["loop"] = loop
    with pytest.raises(TypeMismatch, match="holds itself"):
        to_literal(loop, dict, data)


def test_a_deep_value_is_refused(data: DataPlane) -> None:
    with pytest.raises(TypeMismatch, match="nested too deeply"):
        to_literal(nested(100_000), Node, data)


def test_a_deep_type_is_refused() -> None:
    python_type: Any = int
    for _ in range(60):
        python_type = list[python_type]
    with pytest.raises(UnsupportedType, match="more than 20 deep"):
        require(python_type)


def test_the_deepest_type_that_is_allowed_can_be_read_back(data: DataPlane) -> None:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

    python_type: Any = Node | None
    value: Any = Node("x")
    for depth in range(19):
        python_type = [list[python_type], dict[str, python_type], python_type | int | str][depth % 3]
        value = [[value], {"k": value}, value][depth % 3]
    require(python_type)
    literal = Literal.FromString(to_literal(value, python_type, data).SerializeToString())
    assert from_literal(literal, python_type, data) == value
    assert LiteralType.FromString(literal_type(python_type).SerializeToString()) == literal_type(python_type)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none(value: float, data: DataPlane) -> None:
    back = from_literal(to_literal(value, float, data), float, data)
    assert repr(back) == repr(value)
    assert repr(from_json(to_json(value, float), float)) == repr(value)
    for not_float in (int, bool, str):
        with pytest.raises(TypeMismatch):
            accept(value, not_float)


def test_half_a_character_is_refused_everywhere(data: DataPlane) -> None:
    for value, python_type in [
        ("\ud800", str),
        (["\ud800"], list[str]),
        ({"\ud800": 1}, dict[str, int]),
        ({"a": "\ud800"}, dict),
        (Node("\ud800"), Node),
    ]:
        with pytest.raises(TypeMismatch, match="lone surrogate"):
            to_literal(value, python_type, data)


def test_odd_text_is_carried(data: DataPlane) -> None:
    for value in ("", "\0", "a\0b", "\u202e\ufeff", "é" * 100_000):
        assert from_literal(to_literal(value, str, data), str, data) == value


def test_subclasses_become_what_they_stand_for(data: DataPlane) -> None:
    class MyInt(int):
        pass

    class MyList(list):  # type: ignore[type-arg]
        pass

    for value, python_type, plain in [
        (MyInt(3), int, int),
        (MyList([1]), list[int], list),
        (Mood.GOOD, str, str),
        (pd.Timestamp("2026-01-01", tz="UTC"), dt.datetime, dt.datetime),
        (pd.Timedelta(seconds=1), dt.timedelta, dt.timedelta),
    ]:
        assert type(accept(value, python_type)) is plain
        assert from_literal(to_literal(value, python_type, data), python_type, data) == value
    assert accept(Mood.GOOD, str) == "good"
    assert from_literal(to_literal(Mood.GOOD, Mood, data), Mood, data) is Mood.GOOD


@pytest.mark.parametrize("python_type", [dt.datetime, dt.date, dt.timedelta])
def test_pandas_not_a_time_is_refused(python_type: Any) -> None:
    with pytest.raises(TypeMismatch):
        accept(pd.NaT, python_type)


def test_times_at_the_edges(data: DataPlane) -> None:
    for value, python_type in [
        (dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC), dt.datetime),
        (dt.date.min, dt.date),
        (dt.date.max, dt.date),
        (dt.timedelta(days=3_652_500), dt.timedelta),
        (-dt.timedelta(days=3_652_500), dt.timedelta),
    ]:
        assert from_literal(to_literal(value, python_type, data), python_type, data) == value
        assert from_json(to_json(value, python_type), python_type) == value
    early = dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    with pytest.raises(TypeMismatch, match="leaves the years"):
        accept(early, dt.datetime)
    with pytest.raises(TypeMismatch, match="10,000 years"):
        accept(dt.timedelta.max, dt.timedelta)


@pytest.mark.parametrize(
    "text", ["1" * 400 + "d", "nan", "-", "", "1", "1d 2x", "1.5.5s", "99999999999:00:00", "P", "1e5s"]
)
def test_spans_that_are_none(text: str) -> None:
    with pytest.raises(TypeMismatch):
        from_json(text, dt.timedelta)


@pytest.mark.parametrize(
    ("obj", "seconds"),
    [
        (90, 90),
        (1.5, 1.5),
        ("90s", 90),
        ("1h30m", 5400),
        ("-2d", -172800),
        ("01:30:00", 5400),
        ("1:30", 5400),
        ("PT1H", 3600),
        ("250ms", 0.25),
        ("P1DT12H", 129600),
    ],
)
def test_spans_as_people_write_them(obj: float | str, seconds: float) -> None:
    assert from_json(obj, dt.timedelta).total_seconds() == seconds


def test_infinite_json_seconds_are_refused() -> None:
    for obj in (math.nan, math.inf, 1e300, True):
        with pytest.raises(TypeMismatch):
            from_json(obj, dt.timedelta)


def test_keys_that_become_the_same_are_refused() -> None:
    with pytest.raises(TypeMismatch, match="two of its keys are the same"):
        from_json({"1": "a", "1.0": "b"}, dict[float, str])


def test_a_json_object_with_odd_keys() -> None:
    assert from_json({"1": "a", "-2": "b"}, dict[int, str]) == {1: "a", -2: "b"}
    assert from_json({"true": 1}, dict[bool, int]) == {True: 1}
    with pytest.raises(TypeMismatch, match="key"):
        from_json({"one": "a"}, dict[int, str])


def test_unions_keep_the_order_that_was_written() -> None:
    assert [v.simple for v in literal_type(int | str).union_type.variants] == [1, 3]
    assert [v.simple for v in literal_type(str | int).union_type.variants] == [3, 1]


def test_metadata_that_cannot_be_hashed(data: DataPlane) -> None:
    python_type = typing.Annotated[int, {"unit": "epochs"}, ["x"]]
    assert from_literal(to_literal(3, python_type, data), python_type, data) == 3
    assert from_literal(to_literal([3], list[python_type], data), list[python_type], data) == [3]


def test_new_types_are_what_they_name(data: DataPlane) -> None:
    meters = typing.NewType("meters", float)
    assert from_literal(to_literal(3, meters, data), meters, data) == 3.0


def test_equality_that_raises_harms_nothing() -> None:
    class Rude:
        def __eq__(self, other: object) -> None:  # type: ignore[override]
            raise RuntimeError("no")

        __hash__ = None  # type: ignore[assignment]

    for python_type in (int, str, Mood, list[int], dict, Node, int | str, typing.Literal["a"]):
        with pytest.raises(TypeMismatch):
            accept(Rude(), python_type)


def test_types_made_in_a_loop_do_not_pile_up() -> None:
    from livedeck.sdk.types.registry import handler_for

    for _ in range(10_000):
        accept([1], list[int])
    assert len(handler_for._found) <= 4097


class Person(pydantic.BaseModel):
    name: str
    reports: list["Person"] = []
    boss: "Person | None" = None


def test_a_model_inside_itself(data: DataPlane) -> None:
    value = Person(name="a", reports=[Person(name="b")])
    assert from_literal(to_literal(value, Person, data), Person, data) == value
    assert set(literal_type(Person).structure.dataclass_type) == {"name"}


def test_a_literal_that_was_put_into_the_store(data: DataPlane) -> None:
    literal = to_literal([1, 2], list[int], data)
    offloaded = type(literal)()
    offloaded.offloaded_metadata.uri = data.put_bytes(literal.SerializeToString(), "literal.pb")
    assert from_literal(offloaded, list[int], data) == [1, 2]
    assert from_literal(offloaded, list[int] | None, data) == [1, 2]


@pytest.mark.filterwarnings("ignore::livedeck.sdk.types.PickleWarning")
def test_attributes_come_as_messagepack_and_consoles_send_structs(data: DataPlane) -> None:
    point = to_literal({"n": 3, "kids": [], "f": 1}, dict, data)
    assert from_literal(point, dict[str, typing.Any], data)["n"] == 3
    struct = type(point)()
    struct.scalar.generic.update({"name": "a", "below": [{"name": "b"}]})
    assert from_literal(struct, Node, data) == Node("a", [Node("b")])
    numbers = type(point)()
    numbers.scalar.generic.update({"1": 5.0})
    assert from_literal(numbers, dict[int, int], data) == {1: 5}
    pairs: list[tuple[Any, Any]] = [
        (int, 5),
        (Mood, "good"),
        (dt.date, "2026-01-01"),
        (list[int], [1]),
        (int | None, None),
    ]
    for python_type, plain in pairs:
        assert to_json(from_literal(_packed(plain), python_type, data), python_type) == plain


def _packed(plain: int | str | list[int] | None) -> Literal:
    from livedeck.sdk.types.wire import packed

    return packed(plain)


def test_literals_of_the_wrong_kind_say_what_they_hold(data: DataPlane) -> None:
    for value, wrote, reads, words in [
        ("x", str, int, "it holds string_value"),
        ([1], list[int], int, "it holds collection"),
        (1, int, list[int], "it holds integer"),
        (1.5, float, int, "it holds float_value"),
        (1, int, Node, "it holds integer"),
    ]:
        with pytest.raises(TypeMismatch, match=words):
            from_literal(to_literal(value, wrote, data), reads, data)
    assert from_literal(to_literal(2, int, data), float, data) == 2.0
    assert from_literal(to_literal(2.0, float, data), int, data) == 2
