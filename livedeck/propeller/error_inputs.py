"""The inputs by which a failure node is told what its workflow has failed by: those of Flyte's type for errors."""

from flyteidl.core.literals_pb2 import Literal, Scalar, Union
from flyteidl.core.types_pb2 import Error, LiteralType, SimpleType


def error_type(input_type: LiteralType) -> LiteralType | None:
    """The type for errors that an input has, or that is a variant of its union; None if there is no such."""
    variants = input_type.union_type.variants if input_type.HasField("union_type") else (input_type,)
    return next((each for each in variants if each.simple == SimpleType.ERROR), None)


def error_literal(input_type: LiteralType, *, message: str, failure_node: str) -> Literal:
    """What an input is given.

    Args:
        input_type: the input's type, for which ``error_type`` finds one.
        message: what the workflow has failed by.
        failure_node: id of the failure node, which is what flytekit puts there when it runs a workflow locally.
    """
    literal = Literal(scalar=Scalar(error=Error(message=message, failed_node_id=failure_node)))
    if not input_type.HasField("union_type"):
        return literal
    return Literal(scalar=Scalar(union=Union(value=literal, type=error_type(input_type))))
