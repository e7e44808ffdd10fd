"""Conditionals and their conditions in Flyte's form."""

from collections.abc import Mapping, Sequence

from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, ConjunctionExpression, Operand
from flyteidl.core.types_pb2 import Error
from flyteidl.core.workflow_pb2 import IfBlock, IfElseBlock, Node

from livedeck.sdk.comparisons import Comparison, Condition, Conjunction, Junction, Operator
from livedeck.sdk.conditionals import Conditional
from livedeck.sdk.nodes import Constant, Reference
from livedeck.sdk.types import DataPlane, to_literal

_OPERATORS: Mapping[Operator, ComparisonExpression.Operator] = {
    Operator.EQ: ComparisonExpression.EQ,
    Operator.NE: ComparisonExpression.NEQ,
    Operator.GT: ComparisonExpression.GT,
    Operator.GE: ComparisonExpression.GTE,
    Operator.LT: ComparisonExpression.LT,
    Operator.LE: ComparisonExpression.LTE,
}


def compile_conditional(entity: Conditional, nodes: Sequence[Node], data: DataPlane) -> IfElseBlock:
    """Compile a conditional.

    Args:
        entity: the conditional.
        nodes: its ways, compiled, in their order.
        data: where constants that do not fit into a literal are uploaded; none of those that compare is one.
    """
    blocks: list[IfBlock] = []
    compiled = IfElseBlock()
    for way, node in zip(entity.ways, nodes, strict=True):
        if way.condition is None:
            compiled.else_node.CopyFrom(node)
        else:
            condition = compile_condition(way.condition, entity.variables, data)
            blocks.append(IfBlock(condition=condition, then_node=node))
    compiled.case.CopyFrom(blocks[0])
    compiled.other.extend(blocks[1:])
    if entity.failure is not None:
        compiled.error.CopyFrom(Error(failed_node_id=entity.name, message=entity.failure))
    return compiled


def compile_condition(condition: Condition, variables: Mapping[str, Reference], data: DataPlane) -> BooleanExpression:
    """Compile a condition.

    Args:
        condition: the condition.
        variables: what it looks at, by the names that are used for it.
        data: as for ``compile_conditional``.
    """
    names = {reference: name for name, reference in variables.items()}
    return _compiled(condition, names, data)


def _compiled(condition: Condition, names: Mapping[Reference, str], data: DataPlane) -> BooleanExpression:
    match condition:
        case Comparison(left, operator, right):
            return BooleanExpression(
                comparison=ComparisonExpression(
                    operator=_OPERATORS[operator],
                    left_value=_operand(left, names, data),
                    right_value=_operand(right, names, data),
                )
            )
        case Conjunction(left, junction, right):
            joined = ConjunctionExpression.AND if junction is Junction.AND else ConjunctionExpression.OR
            return BooleanExpression(
                conjunction=ConjunctionExpression(
                    operator=joined,
                    left_expression=_compiled(left, names, data),
                    right_expression=_compiled(right, names, data),
                )
            )
        case _:
            raise AssertionError(f"{condition!r} is neither a comparison nor a conjunction")


def _operand(side: Reference | Constant, names: Mapping[Reference, str], data: DataPlane) -> Operand:
    if isinstance(side, Reference):
        return Operand(var=names[side])
    scalar = to_literal(side.value, side.type, data).scalar
    return Operand(primitive=scalar.primitive) if scalar.HasField("primitive") else Operand(scalar=scalar)
