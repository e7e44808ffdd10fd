"""Conditions of branches: what Flyte's boolean expressions say of literals.

A comparison is between two values of one kind: numbers, texts, booleans, times or durations. Integers and floats
compare as numbers, which Flyte refuses. A value that may be None (a union) is compared as what it holds; whether it is
None can be asked with ``==`` and ``!=`` alone.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, ConjunctionExpression, Operand
from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar

from livedeck.errors import InvalidWorkflow

_Value = tuple[str, Any]
"""The kind of a value in words, and the value in a form that compares."""

_NONE: Final[_Value] = ("None", None)

_OPERATORS: Final[Mapping[int, tuple[str, Callable[[Any, Any], bool]]]] = {
    ComparisonExpression.EQ: ("==", operator.eq),
    ComparisonExpression.NEQ: ("!=", operator.ne),
    ComparisonExpression.GT: (">", operator.gt),
    ComparisonExpression.GTE: (">=", operator.ge),
    ComparisonExpression.LT: ("<", operator.lt),
    ComparisonExpression.LTE: ("<=", operator.le),
}
_EQUALITY: Final = frozenset({ComparisonExpression.EQ, ComparisonExpression.NEQ})


def holds(condition: BooleanExpression, inputs: Mapping[str, Literal]) -> bool:
    """Tell whether a condition holds. The right side of ``|`` and ``&`` is looked at only where it matters.

    Args:
        condition: the condition.
        inputs: the values of its variables, by name.

    Raises:
        InvalidWorkflow: a variable is not there, or two values cannot be compared.
    """
    match condition.WhichOneof("expr"):
        case "comparison":
            return _compared(condition.comparison, inputs)
        case "conjunction":
            return _joined(condition.conjunction, inputs)
        case _:
            raise InvalidWorkflow("a condition is neither a comparison nor a conjunction")


def _joined(conjunction: ConjunctionExpression, inputs: Mapping[str, Literal]) -> bool:
    if conjunction.operator not in ConjunctionExpression.LogicalOperator.values():
        raise InvalidWorkflow(f"a condition joins two others by operator {conjunction.operator}, which there is not")
    left = holds(conjunction.left_expression, inputs)
    decided = conjunction.operator == ConjunctionExpression.OR
    return left if left is decided else holds(conjunction.right_expression, inputs)


def _compared(comparison: ComparisonExpression, inputs: Mapping[str, Literal]) -> bool:
    if comparison.operator not in _OPERATORS:
        raise InvalidWorkflow(f"a condition compares by operator {comparison.operator}, which there is not")
    left_kind, left = _value(comparison.left_value, inputs)
    right_kind, right = _value(comparison.right_value, inputs)
    symbol, compare = _OPERATORS[comparison.operator]
    equality = comparison.operator in _EQUALITY
    sides = f"{_name(comparison.left_value)} {symbol} {_name(comparison.right_value)}"
    if left_kind != right_kind and not (equality and "None" in (left_kind, right_kind)):
        raise InvalidWorkflow(f"{sides} compares {left_kind} with {right_kind}, and only values of one kind compare")
    if left_kind in ("a boolean", "None") and not equality:
        raise InvalidWorkflow(f"{sides} compares {left_kind}, for which there is only == and !=")
    return compare(left, right)


def _name(operand: Operand) -> str:
    match operand.WhichOneof("val"):
        case "var":
            return operand.var
        case "primitive":
            return repr(_of_primitive(operand.primitive)[1])
        case _:
            return "None"


def _value(operand: Operand, inputs: Mapping[str, Literal]) -> _Value:
    match operand.WhichOneof("val"):
        case "primitive":
            return _of_primitive(operand.primitive)
        case "scalar":
            return _of_scalar(operand.scalar, "a constant")
        case _ if operand.var in inputs:
            return _of_literal(inputs[operand.var], operand.var)
        case _:
            raise InvalidWorkflow(f"a condition looks at {operand.var!r}, which is not among the inputs of the branch")


def _of_literal(literal: Literal, name: str) -> _Value:
    if literal.WhichOneof("value") != "scalar":
        raise InvalidWorkflow(f"{name} is a {literal.WhichOneof('value')}: conditions compare single values only")
    return _of_scalar(literal.scalar, name)


def _of_scalar(scalar: Scalar, name: str) -> _Value:
    match scalar.WhichOneof("value"):
        case "primitive":
            return _of_primitive(scalar.primitive)
        case "union":
            return _of_literal(scalar.union.value, name)
        case "none_type":
            return _NONE
        case "binary" if scalar.binary.tag == "msgpack":  # what lies inside a dataclass
            return _of_packed(scalar.binary.value, name)
        case kind:
            raise InvalidWorkflow(f"{name} is a {kind}: conditions compare single values only")


def _of_packed(data: bytes, name: str) -> _Value:
    try:
        value = msgspec.msgpack.decode(data)
    except msgspec.DecodeError as error:
        raise InvalidWorkflow(f"{name} is not the MessagePack that its tag says: {error}") from error
    match value:
        case None:
            return _NONE
        case bool():
            return ("a boolean", value)
        case int() | float():
            return ("a number", value)
        case str():
            return ("a text", value)
        case _:
            raise InvalidWorkflow(f"{name} is a {type(value).__name__}: conditions compare single values only")


def _of_primitive(primitive: Primitive) -> _Value:
    match primitive.WhichOneof("value"):
        case "datetime" | "duration" as kind:
            time = getattr(primitive, kind)
            return (_KINDS[kind], (time.seconds, time.nanos))
        case None:
            return _NONE
        case kind:
            return (_KINDS[kind], getattr(primitive, kind))


_KINDS: Final[Mapping[str, str]] = {
    "integer": "a number",
    "float_value": "a number",
    "string_value": "a text",
    "boolean": "a boolean",
    "datetime": "a time",
    "duration": "a duration",
}
"""From the field of a primitive to what the value is."""
