"""What is typed for a signal, as a literal of its type."""

import json
from typing import Any

import pytest
from flyteidl.core.types_pb2 import EnumType, LiteralType, SimpleType, UnionType

from livedeck.cli.signal_values import literal_of
from livedeck.errors import TypeMismatch
from livedeck.sdk.types import DataPlane, Location, from_literal, literal_type

DATA = DataPlane("memory://not-used")


@pytest.mark.parametrize(
    ("python_type", "text", "value"),
    [
        (int, "7", 7),
        (float, "7", 7.0),
        (bool, "true", True),
        (bool, "y", True),
        (bool, "No", False),
        (str, '"seven"', '"seven"'),
        (str, "12", "12"),
        (list[int], "[1, 2]", [1, 2]),
        (dict[str, bool], '{"a": true}', {"a": True}),
        (int | None, "null", None),
        (int | None, "3", 3),
    ],
)
def test_values(python_type: Any, text: str, value: Any) -> None:
    try:
        typed = json.loads(text)
    except ValueError:
        typed = text
    made = literal_of(typed, literal_type(python_type), text)
    assert from_literal(made, python_type, DATA, Location("t", "x")) == value


def test_times_and_words_of_an_enum() -> None:
    made = literal_of("2026-01-31T12:00:00+00:00", LiteralType(simple=SimpleType.DATETIME))
    assert made.scalar.primitive.datetime.seconds == 1769860800
    made = literal_of(90, LiteralType(simple=SimpleType.DURATION))
    assert made.scalar.primitive.duration.seconds == 90
    made = literal_of("red", LiteralType(enum_type=EnumType(values=["red"])))
    assert made.scalar.primitive.string_value == "red"
    made = literal_of({"a": 1}, LiteralType(simple=SimpleType.STRUCT))
    assert made.scalar.binary.tag == "msgpack"


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ("x", LiteralType(simple=SimpleType.INTEGER), "'x' is no value of the signal, which is integer"),
        (True, LiteralType(simple=SimpleType.FLOAT), "which is float"),
        (2**63, LiteralType(simple=SimpleType.INTEGER), "which is integer"),
        ("soon", LiteralType(simple=SimpleType.DATETIME), "'soon' is no time, such as"),
        ("soon", LiteralType(simple=SimpleType.DURATION), r"which is duration \(seconds\)"),
        ("x", LiteralType(collection_type=LiteralType(simple=SimpleType.INTEGER)), "no value of the signal"),
        ("x", LiteralType(union_type=UnionType(variants=[LiteralType(simple=SimpleType.NONE)])), "which is none"),
    ],
)
def test_what_is_no_value_is_refused(value: Any, kind: LiteralType, words: str) -> None:
    with pytest.raises(TypeMismatch, match=words):
        literal_of(value, kind)
