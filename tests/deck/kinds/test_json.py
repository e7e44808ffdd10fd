"""Data as JSON: whatever it is made of, at any depth, no longer than asked for."""

import dataclasses
import enum
import json
from collections import namedtuple
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import jsonlike
from livedeck.deck.ops import Json, Put
from livedeck.deck.page import Page
from tests.examples import examples

MOST = 1 << 20


@dataclasses.dataclass
class Point:
    x: int
    tags: list[str]


class Model(pydantic.BaseModel):
    name: str
    point: Any


class Colour(enum.Enum):
    RED = "red"
    OTHER = object()


Pair = namedtuple("Pair", "one two")  # noqa: PYI024 - one without types


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"a": [1, 2.5, None, True, "x\n\u2028"]}, {"a": [1, 2.5, None, True, "x\n\u2028"]}),
        (Point(1, ["t"]), {"x": 1, "tags": ["t"]}),
        (Model(name="m", point=Point(2, [])), {"name": "m", "point": {"x": 2, "tags": []}}),
        (Pair(1, (2, 3)), {"one": 1, "two": [2, 3]}),
        ([Colour.RED, Colour.OTHER], ["red", "OTHER"]),
        (np.float64(1.5), 1.5),
        ({"a": np.arange(3), "b": np.int64(2**62), "c": np.bool_(True)}, {"a": [0, 1, 2], "b": 2**62, "c": True}),
        ({1: 2, None: 3, (1, 2): 4}, {"1": 2, "None": 3, "(1, 2)": 4}),
        ({"s": {3}, "r": range(2), "b": b"abc"}, {"s": [3], "r": [0, 1], "b": "<3 bytes>"}),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
        (2**200, 2**200),
        (np.zeros(2_000_000), "<ndarray float64 (2000000,)>"),
    ],
)
def test_what_is_like_json_is_written_as_json(data: Any, shown: Any) -> None:
    text, note = jsonlike.written(data, MOST)
    assert json.loads(text) == shown
    assert note == ""


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
trees = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@examples(300)
@given(data=trees)
def test_any_tree_can_be_read_again_exactly(data: Any) -> None:
    assert json.loads(jsonlike.written(data, MOST).text) == data


@examples(300)
@given(data=trees, most=st.integers(0, 200))
def test_what_is_cut_is_json_still_and_says_so(data: Any, most: int) -> None:
    text, note = jsonlike.written(data, most)
    json.loads(text)
    assert (note != "") is (json.loads(text) != data)


def test_neither_depth_nor_a_loop_is_a_matter() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert jsonlike.written(deep, MOST).text.count("[") == 10_001
    loop: dict[str, Any] = {"twice": [[], []]}
    loop["itself"] = [loop]
    same = loop["twice"][0]
    loop["twice"][1] = same
    assert json.loads(jsonlike.written(loop, MOST).text) == {
        "twice": [[], []],
        "itself": ["<this dict is inside of itself>"],
    }


def test_numbers_that_json_has_not_are_as_in_python() -> None:
    text, _ = jsonlike.written([float("nan"), float("inf"), float("-inf")], MOST)
    assert text.split() == ["[", "NaN,", "Infinity,", "-Infinity", "]"]


def test_data_is_taken_as_it_is_at_the_call() -> None:
    page = Page()
    data = {"n": 1}
    tree = page.deck("d").json(data, title="t")
    data["n"] = 2
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert isinstance(op.element, Json)
    assert json.loads(op.element.text) == {"n": 1}
    tree.update(data)
    page.deck("d").json({"n": 3}, title="t")
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert isinstance(op.element, Json)
    assert json.loads(op.element.text) == {"n": 3}


def test_data_too_large_for_its_deck_is_cut_to_a_part_of_it() -> None:
    page = Page(max_bytes=40_000)
    page.deck("d").json([f"{number:09}" for number in range(10_000)])
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert isinstance(op.element, Json)
    assert len(op.element.text) < 20_000
    assert "too large" in op.element.note
