"""Lists and dicts of scalars are converted together, and come out as one by one."""

import math
from typing import Any

import pytest
from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap, Primitive, Scalar

from livedeck.errors import TypeMismatch
from livedeck.sdk.types import Location, accept, from_literal, to_literal
from livedeck.sdk.types.dataplane import DataPlane

WHERE = Location("t", "xs")


def primitive(**value: Any) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(**value)))


def collection(*items: Literal) -> Literal:
    return Literal(collection=LiteralCollection(literals=items))


@pytest.mark.parametrize(
    ("python_type", "values", "field"),
    [
        (int, [0, 1, -1, 2**63 - 1, -(2**63)], "integer"),
        (float, [0.0, -0.0, 1.5, math.inf], "float_value"),
        (bool, [False, True], "boolean"),
        (str, ["", "a", "ü"], "string_value"),
    ],
)
def test_each_item_is_the_literal_that_it_would_be_alone(
    python_type: Any, values: list[float | bool | str], field: str, data: DataPlane
) -> None:
    expected = collection(*(primitive(**{field: value}) for value in values))
    made = to_literal(values, list[python_type], data)
    assert made == expected
    assert repr(from_literal(made, list[python_type], data)) == repr(values)
    table = {f"k{index}": value for index, value in enumerate(values)}
    made = to_literal(table, dict[str, python_type], data)
    assert made.map == LiteralMap(literals={key: primitive(**{field: value}) for key, value in table.items()})
    assert repr(from_literal(made, dict[str, python_type], data)) == repr(table)


@pytest.mark.parametrize("kind", [list[int], dict[str, int], list[list[int]]])
def test_empty_ones_are_there(kind: Any, data: DataPlane) -> None:
    value: Any = {} if kind == dict[str, int] else []
    made = to_literal(value, kind, data)
    assert made.WhichOneof("value") == ("map" if value == {} and isinstance(value, dict) else "collection")
    assert from_literal(Literal.FromString(made.SerializeToString()), kind, data) == value


def test_items_that_another_program_wrote_otherwise_are_read_among_others(data: DataPlane) -> None:
    assert from_literal(collection(primitive(integer=0), primitive(float_value=2.0)), list[int], data) == [0, 2]
    assert from_literal(collection(primitive(float_value=0.0), primitive(integer=2)), list[float], data) == [0.0, 2.0]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([primitive(integer=1), primitive(string_value="a")], r"(?s)'xs'\[1\] must be int.*string_value"),
        ([primitive(integer=1), Literal()], r"(?s)'xs'\[1\] must be int.*nothing"),
        ([primitive(integer=1), collection()], r"(?s)'xs'\[1\] must be int.*collection"),
    ],
)
def test_the_item_that_does_not_fit_is_named(items: list[Literal], words: str, data: DataPlane) -> None:
    with pytest.raises(TypeMismatch, match=words):
        from_literal(collection(*items), list[int], data, WHERE)


@pytest.mark.parametrize(
    ("value", "words"),
    [([0, True], r"\[1\] must be int"), ([0, 2**63], r"\[1\] must be int"), ([-(2**63) - 1], r"\[0\] must be int")],
)
def test_a_value_that_does_not_fit_is_named(value: list[int], words: str) -> None:
    with pytest.raises(TypeMismatch, match=words):
        accept(value, list[int], WHERE)
    assert accept(["a", "\N{SNOWMAN}"], list[str]) == ["a", "\N{SNOWMAN}"]
    with pytest.raises(TypeMismatch, match=r"\[1\] must be str.*half a character"):
        accept(["a", "\ud800"], list[str], WHERE)


def test_a_list_that_needs_no_conversion_is_the_same() -> None:
    values = [1, 2]
    assert accept(values, list[int]) is values
    assert accept([1, 2.5], list[float]) == [1.0, 2.5]
