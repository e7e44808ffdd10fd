"""What conditions say of literals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, ConjunctionExpression, Operand
from flyteidl.core.literals_pb2 import Binary, Literal, LiteralCollection, Primitive, Scalar, Union, Void

from livedeck.errors import InvalidWorkflow
from livedeck.literals.conditions import holds

OPERATORS = {
    "==": ComparisonExpression.EQ,
    "!=": ComparisonExpression.NEQ,
    ">": ComparisonExpression.GT,
    ">=": ComparisonExpression.GTE,
    "<": ComparisonExpression.LT,
    "<=": ComparisonExpression.LTE,
}


def primitive(value: Any) -> Primitive:
    match value:
        case bool():
            return Primitive(boolean=value)
        case int():
            return Primitive(integer=value)
        case float():
            return Primitive(float_value=value)
        case datetime():
            made = Primitive()
            made.datetime.FromDatetime(value)
            return made
        case timedelta():
            made = Primitive()
            made.duration.FromTimedelta(value)
            return made
        case _:
            return Primitive(string_value=value)


def scalar(value: Any) -> Literal:
    if value is None:
        return Literal(scalar=Scalar(none_type=Void()))
    return Literal(scalar=Scalar(primitive=primitive(value)))


def packed(value: Any) -> Literal:
    return Literal(scalar=Scalar(binary=Binary(value=msgspec.msgpack.encode(value), tag="msgpack")))


def optional(value: Any) -> Literal:
    return Literal(scalar=Scalar(union=Union(value=scalar(value))))


def compare(operator: str, right: Any) -> BooleanExpression:
    """``x`` compared with a constant."""
    operand = Operand(scalar=Scalar(none_type=Void())) if right is None else Operand(primitive=primitive(right))
    return BooleanExpression(
        comparison=ComparisonExpression(
            operator=OPERATORS[operator],
            left_value=Operand(var="x"),
            right_value=operand,
        )
    )


def join(left: BooleanExpression, operator: Any, right: BooleanExpression) -> BooleanExpression:
    return BooleanExpression(
        conjunction=ConjunctionExpression(operator=operator, left_expression=left, right_expression=right)
    )


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("x", "operator", "right", "expected"),
    [
        (scalar(3), ">", 2, True),
        (scalar(3), ">=", 3, True),
        (scalar(3), "<", 3, False),
        (scalar(3), "<=", 2, False),
        (scalar(3), "==", 3, True),
        (scalar(3), "!=", 3, False),
        (scalar(3), ">", 2.5, True),
        (scalar(0.5), "<", 1, True),
        (scalar("b"), ">", "a", True),
        (scalar(True), "==", True, True),
        (scalar(NOON), "<", NOON + timedelta(milliseconds=1), True),
        (scalar(timedelta(days=-1)), "<", timedelta(0), True),
        (scalar(timedelta(seconds=-0.25)), "<", timedelta(seconds=-0.125), True),
        (optional(3), ">", 2, True),
        (optional(None), "==", None, True),
        (optional(3), "==", None, False),
        (optional(3), "!=", None, True),
        (scalar(None), "==", 3, False),
        (packed(3), ">", 2, True),
        (packed("a"), "==", "a", True),
        (packed(True), "==", True, True),
        (packed(None), "==", None, True),
    ],
)
def test_comparisons(x: Literal, operator: str, right: Any, expected: bool) -> None:
    assert holds(compare(operator, right), {"x": x}) is expected


@pytest.mark.parametrize(
    ("x", "operator", "right", "words"),
    [
        (scalar(3), "==", "3", r"x == '3' compares a number with a text"),
        (scalar(1), "==", True, r"x == True compares a number with a boolean"),
        (scalar(True), ">", False, r"x > False compares a boolean, for which there is only"),
        (scalar(None), ">", 1, r"x > 1 compares None with a number"),
        (scalar(None), ">", None, r"x > None compares None, for which there is only"),
        (Literal(collection=LiteralCollection()), "==", 1, "x is a collection: conditions compare single values only"),
        (packed([1]), "==", 1, "x is a list"),
        (Literal(scalar=Scalar(binary=Binary(value=b"\xc1", tag="msgpack"))), "==", 1, "x is not the MessagePack"),
        (Literal(scalar=Scalar(binary=Binary(value=b"", tag="pickle"))), "==", 1, "x is a binary"),
    ],
)
def test_what_does_not_compare_says_so(x: Literal, operator: str, right: Any, words: str) -> None:
    with pytest.raises(InvalidWorkflow, match=words):
        holds(compare(operator, right), {"x": x})


def test_a_variable_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidWorkflow, match="'x', which is not among the inputs"):
        holds(compare("==", 1), {})


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        (1, ConjunctionExpression.AND, 1, True),
        (1, ConjunctionExpression.AND, 2, False),
        (2, ConjunctionExpression.AND, 1, False),
        (1, ConjunctionExpression.OR, 2, True),
        (2, ConjunctionExpression.OR, 1, True),
        (2, ConjunctionExpression.OR, 3, False),
    ],
)
def test_conjunctions(left: int, operator: Any, right: int, expected: bool) -> None:
    condition = join(compare("==", left), operator, compare("==", right))
    assert holds(condition, {"x": scalar(1)}) is expected


def test_the_right_side_is_looked_at_only_where_it_matters() -> None:
    """So that a value can be asked whether it is None before it is compared."""
    none_or_more = join(compare("==", None), ConjunctionExpression.OR, compare(">", 5))
    assert holds(none_or_more, {"x": scalar(None)})
    assert not holds(none_or_more, {"x": scalar(3)})


def test_an_empty_condition_is_refused() -> None:
    with pytest.raises(InvalidWorkflow, match="neither a comparison nor a conjunction"):
        holds(BooleanExpression(), {})


def test_operators_that_there_are_not_are_refused_in_words() -> None:
    unknown: Any = 99
    comparison = compare("==", 1)
    comparison.comparison.operator = unknown
    with pytest.raises(InvalidWorkflow, match="compares by operator 99, which there is not"):
        holds(comparison, {"x": scalar(1)})
    conjunction = ConjunctionExpression(
        operator=unknown, left_expression=compare("==", 1), right_expression=compare("==", 1)
    )
    with pytest.raises(InvalidWorkflow, match="joins two others by operator 99, which there is not"):
        holds(BooleanExpression(conjunction=conjunction), {"x": scalar(1)})
