"""Types: what fits where, and literals against types."""

from typing import Any

import pytest
from flyteidl.core.literals_pb2 import Binary, Literal, LiteralCollection, LiteralMap, Primitive, Scalar, Union, Void
from flyteidl.core.types_pb2 import (
    BlobType,
    EnumType,
    LiteralType,
    SimpleType,
    StructuredDatasetType,
    UnionType,
)
from hypothesis import given
from hypothesis import strategies as st

from livedeck.admin.compiler.literals import fits, show
from livedeck.admin.compiler.types import assignable, describe

INT = LiteralType(simple=SimpleType.INTEGER)
TEXT = LiteralType(simple=SimpleType.STRING)
NONE = LiteralType(simple=SimpleType.NONE)
STRUCT = LiteralType(simple=SimpleType.STRUCT)
COLOUR = LiteralType(enum_type=EnumType(values=["red", "green"]))


def many(item: LiteralType) -> LiteralType:
    return LiteralType(collection_type=item)


def mapped(item: LiteralType) -> LiteralType:
    return LiteralType(map_value_type=item)


def union(*variants: LiteralType) -> LiteralType:
    return LiteralType(union_type=UnionType(variants=variants))


def integer(value: int) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(integer=value)))


def text(value: str) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(string_value=value)))


def tagged(value: Literal, kind: LiteralType) -> Literal:
    return Literal(scalar=Scalar(union=Union(value=value, type=kind)))


_leaves = st.sampled_from([INT, TEXT, NONE, STRUCT, COLOUR, LiteralType(blob=BlobType(format="csv"))])
types = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        inner.map(many), inner.map(mapped), st.lists(inner, min_size=1, max_size=3).map(lambda each: union(*each))
    ),
    max_leaves=6,
)


@given(types)
def test_a_type_fits_itself_and_an_optional_of_itself(kind: Any) -> None:
    assert assignable(kind, kind)
    assert assignable(kind, union(NONE, kind))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (INT, "integer"),
        (STRUCT, "struct"),
        (COLOUR, "enum[red, green]"),
        (LiteralType(blob=BlobType(format="csv")), "blob[csv]"),
        (LiteralType(blob=BlobType()), "blob[any format]"),
        (many(mapped(TEXT)), "list[map[string, string]]"),
        (union(NONE, many(INT)), "union[none, list[integer]]"),
        (LiteralType(), "nothing"),
    ],
)
def test_types_are_described_as_people_write_them(kind: LiteralType, words: str) -> None:
    assert describe(kind) == words


@given(types, types)
def test_lists_fit_as_their_items_do(a: Any, b: Any) -> None:
    if assignable(a, b):
        assert assignable(many(a), many(b))
        assert assignable(mapped(a), mapped(b))


@pytest.mark.parametrize(
    ("given_type", "asked", "answer"),
    [
        (INT, TEXT, False),
        (INT, LiteralType(simple=SimpleType.FLOAT), False),
        (INT, many(INT), False),
        (many(NONE), many(INT), True),
        (many(TEXT), many(INT), False),
        (union(INT, NONE), INT, False),
        (union(INT, NONE), union(NONE, INT, TEXT), True),
        (COLOUR, TEXT, True),
        (TEXT, COLOUR, True),
        (INT, COLOUR, False),
        (COLOUR, LiteralType(enum_type=EnumType(values=["red", "green", "blue"])), True),
        (LiteralType(enum_type=EnumType(values=["blue"])), COLOUR, False),
        (LiteralType(blob=BlobType(format="csv")), LiteralType(blob=BlobType()), True),
        (LiteralType(blob=BlobType(format="csv")), LiteralType(blob=BlobType(format="png")), False),
        (
            LiteralType(structured_dataset_type=StructuredDatasetType()),
            LiteralType(structured_dataset_type=StructuredDatasetType(format="parquet")),
            True,
        ),
    ],
)
def test_assignable(given_type: Any, asked: Any, answer: Any) -> None:
    assert assignable(given_type, asked) is answer


@pytest.mark.parametrize(
    ("literal", "kind", "answer"),
    [
        (integer(1), INT, True),
        (integer(1), TEXT, False),
        (text("red"), COLOUR, True),
        (text("blue"), COLOUR, False),
        (Literal(scalar=Scalar(none_type=Void())), NONE, True),
        (Literal(scalar=Scalar(binary=Binary(value=b"x", tag="msgpack"))), STRUCT, True),
        (Literal(collection=LiteralCollection(literals=[integer(1)])), many(INT), True),
        (Literal(collection=LiteralCollection(literals=[integer(1), text("a")])), many(INT), False),
        (Literal(collection=LiteralCollection()), many(INT), True),
        (Literal(map=LiteralMap(literals={"a": integer(1)})), mapped(INT), True),
        (Literal(map=LiteralMap(literals={"a": text("b")})), mapped(INT), False),
        (integer(1), union(INT, NONE), True),
        (tagged(integer(1), INT), union(INT, NONE), True),
        (tagged(text("a"), INT), union(INT, NONE), False),
        (tagged(text("a"), TEXT), union(INT, NONE), False),
        (Literal(), INT, False),
        (Literal(), many(INT), False),
    ],
)
def test_fits(literal: Any, kind: Any, answer: Any) -> None:
    assert fits(literal, kind) is answer


def test_values_are_shown_short() -> None:
    assert show(integer(5)) == "5 (integer)"
    assert len(show(text("x" * 10_000))) < 120
    assert show(Literal()) == "nothing"
    assert describe(union(many(INT), mapped(TEXT), NONE)) == "union[list[integer], map[string, string], none]"
