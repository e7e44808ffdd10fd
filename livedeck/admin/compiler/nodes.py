"""Walking the nodes of a workflow template, and what each kind of node takes and gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from flyteidl.core.condition_pb2 import BooleanExpression, Operand
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from flyteidl.core.workflow_pb2 import IfElseBlock, Node, WorkflowTemplate

from livedeck.admin.names import describe
from livedeck.errors import InvalidRequest

START: Final = "start-node"
END: Final = "end-node"

UNKNOWN: Final = LiteralType()
"""The type of what only the workflow around a node, or the value itself, can tell."""

Key = tuple[str, str, str, str]
"""Project, domain, name and version."""


@dataclass(frozen=True)
class Interfaces:
    """Interfaces of everything that nodes of one closure may refer to."""

    tasks: Mapping[Key, TypedInterface] = field(default_factory=dict)
    workflows: Mapping[Key, TypedInterface] = field(default_factory=dict)
    launch_plans: Mapping[Key, TypedInterface] = field(default_factory=dict)
    optional: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    """Inputs of launch plans that have a default."""
    fixed: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    """Inputs that launch plans fix."""


def key_of(identifier: Identifier) -> Key:
    """Return what an entity of one kind is known by."""
    return identifier.project, identifier.domain, identifier.name, identifier.version


def branches_of(block: IfElseBlock) -> Iterator[Node]:
    """Yield the then-nodes of a branch, the else-node last."""
    yield block.case.then_node
    for other in block.other:
        yield other.then_node
    if block.WhichOneof("default") == "else_node":
        yield block.else_node


def inner_nodes(node: Node) -> Iterator[Node]:
    """Yield the nodes inside a branch or an array."""
    match node.WhichOneof("target"):
        case "branch_node":
            yield from branches_of(node.branch_node.if_else)
        case "array_node":
            yield node.array_node.node
        case _:
            return


def all_nodes(template: WorkflowTemplate) -> Iterator[Node]:
    """Yield every node of a template: nested ones and the failure node too."""
    waiting = [*template.nodes]
    if template.HasField("failure_node"):
        waiting.append(template.failure_node)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(inner_nodes(node))


def references(template: WorkflowTemplate, kind: ResourceType) -> Iterator[Identifier]:
    """Yield the id of every task, sub-workflow or launch plan that the template's nodes run.

    Args:
        template: The template; nested nodes and the failure node count too.
        kind: ``TASK``, ``WORKFLOW`` or ``LAUNCH_PLAN``.
    """
    for node in all_nodes(template):
        reference = _reference(node, kind)
        if reference is not None:
            yield reference


def _reference(node: Node, kind: ResourceType) -> Identifier | None:
    match node.WhichOneof("target"), node.workflow_node.WhichOneof("reference"):
        case "task_node", _ if kind == ResourceType.TASK:
            return node.task_node.reference_id
        case "workflow_node", "launchplan_ref" if kind == ResourceType.LAUNCH_PLAN:
            return node.workflow_node.launchplan_ref
        case "workflow_node", "sub_workflow_ref" if kind == ResourceType.WORKFLOW:
            return node.workflow_node.sub_workflow_ref
        case _:
            return None


def interface_of(node: Node, interfaces: Interfaces) -> TypedInterface:
    """Return what a node takes and gives.

    Raises:
        InvalidRequest: It refers to something that is not part of the closure, or has no target.
    """
    match node.WhichOneof("target"):
        case "task_node":
            return _find("task", interfaces.tasks, node.task_node.reference_id)
        case "workflow_node" if node.workflow_node.WhichOneof("reference") == "launchplan_ref":
            return _find("launch plan", interfaces.launch_plans, node.workflow_node.launchplan_ref)
        case "workflow_node":
            return _find("sub-workflow", interfaces.workflows, node.workflow_node.sub_workflow_ref)
        case "branch_node":
            return _branch_interface(node, interfaces)
        case "gate_node":
            return _gate_interface(node)
        case "array_node":
            return _array_interface(node, interfaces)
        case _:
            raise InvalidRequest(f"node {node.id!r} runs nothing: it has no target")


def optional_inputs(node: Node, interfaces: Interfaces) -> frozenset[str]:
    """Return the inputs that need no binding, because a launch plan knows their values."""
    if node.WhichOneof("target") == "array_node":
        return optional_inputs(node.array_node.node, interfaces)
    if node.workflow_node.WhichOneof("reference") != "launchplan_ref":
        return frozenset()
    return interfaces.optional.get(key_of(node.workflow_node.launchplan_ref), frozenset())


def fixed_inputs(node: Node, interfaces: Interfaces) -> frozenset[str]:
    """Return the inputs that must not be bound, because a launch plan fixes their values."""
    if node.WhichOneof("target") == "array_node":
        return fixed_inputs(node.array_node.node, interfaces)
    return interfaces.fixed.get(key_of(node.workflow_node.launchplan_ref), frozenset())


def condition_variables(block: IfElseBlock) -> Iterator[str]:
    """Yield the names of the inputs that a branch's conditions look at."""
    for condition in (block.case.condition, *(other.condition for other in block.other)):
        yield from _variables(condition)


def _variables(expression: BooleanExpression) -> Iterator[str]:
    if expression.WhichOneof("expr") == "conjunction":
        yield from _variables(expression.conjunction.left_expression)
        yield from _variables(expression.conjunction.right_expression)
        return
    operands: tuple[Operand, Operand] = (expression.comparison.left_value, expression.comparison.right_value)
    yield from (operand.var for operand in operands if operand.WhichOneof("val") == "var")


def _find(what: str, known: Mapping[Key, TypedInterface], identifier: Identifier) -> TypedInterface:
    found = known.get(key_of(identifier))
    if found is None:
        raise InvalidRequest(f"{what} {describe(identifier)} is referred to but not part of the workflow")
    return found


def _branch_interface(node: Node, interfaces: Interfaces) -> TypedInterface:
    """A branch takes what its conditions look at, and gives what all of its then-nodes give."""
    given = [interface_of(inner, interfaces).outputs.variables for inner in branches_of(node.branch_node.if_else)]
    first, *others = given
    shared: dict[str, Variable] = {}
    for name, variable in first.items():
        same = [variable, *(other[name] for other in others if name in other)]
        known = [each for each in same if each.type != UNKNOWN] or same
        if len(same) == len(given) and all(each.type == known[0].type for each in known):
            shared[name] = known[0]
    # Any type may be compared; what does not compare shows when the branch is taken.
    return TypedInterface(outputs=VariableMap(variables=shared))


def _gate_interface(node: Node) -> TypedInterface:
    gate = node.gate_node
    match gate.WhichOneof("condition"):
        case "signal":
            return _gives(gate.signal.output_variable_name or "o0", gate.signal.type)
        case "approve":
            # Whatever is to be approved goes through unchanged: the workflow around it knows its type.
            return TypedInterface(outputs=VariableMap(variables={each.var: Variable() for each in node.inputs}))
        case "sleep":
            return TypedInterface()
        case _:
            raise InvalidRequest(f"gate {node.id!r} has no condition")


def _gives(name: str, literal_type: LiteralType) -> TypedInterface:
    return TypedInterface(outputs=VariableMap(variables={name: Variable(type=literal_type)}))


def _array_interface(node: Node, interfaces: Interfaces) -> TypedInterface:
    """What an array takes and gives: lists of what each item does, bound inputs apart.

    The template of a map task has the list interface already; everything else is lifted here.
    """
    array = node.array_node
    inner = interface_of(array.node, interfaces)
    if not array.is_original_sub_node_interface.value and array.node.WhichOneof("target") == "task_node":
        return inner
    partial = array.HasField("min_successes") or (array.HasField("min_success_ratio") and array.min_success_ratio < 1)
    inputs = {
        name: variable if name in array.bound_inputs else _listed(variable, partial=False)
        for name, variable in inner.inputs.variables.items()
    }
    outputs = {name: _listed(variable, partial=partial) for name, variable in inner.outputs.variables.items()}
    return TypedInterface(inputs=VariableMap(variables=inputs), outputs=VariableMap(variables=outputs))


def _listed(variable: Variable, *, partial: bool) -> Variable:
    item = variable.type
    if partial:  # items that failed leave a None
        item = LiteralType()
        item.union_type.variants.extend([variable.type, LiteralType(simple=SimpleType.NONE)])
    return Variable(type=LiteralType(collection_type=item), description=variable.description)
