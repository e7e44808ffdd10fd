"""What programs are compiled to, as JSON, the same whichever SDK did it: read in flytekit's environment and in ours.

Of tasks and workflows there is what decides how they run: interfaces, nodes with their ids, kinds, upstream ids and
bindings, the structure of branches and arrays. Left out is what each SDK says of itself: images, commands, docs.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, ConjunctionExpression, Operand
from flyteidl.core.interface_pb2 import TypedInterface, VariableMap
from flyteidl.core.literals_pb2 import Binding, BindingData
from flyteidl.core.types_pb2 import BlobType, LiteralType, OutputReference, SimpleType
from flyteidl.core.workflow_pb2 import GateNode, IfBlock, IfElseBlock, Node, WorkflowMetadata, WorkflowTemplate

Tree = dict[str, Any]
LITERAL = "literal"
"""A value that is known. A list of such values is one, too."""


def workflow_tree(template: WorkflowTemplate) -> Tree:
    """Return a workflow's tree."""
    tree: Tree = {
        "interface": interface_tree(template.interface),
        "nodes": [node_tree(node) for node in template.nodes if node.id not in ("start-node", "end-node")],
        "outputs": _bindings(template.outputs),
        "on_failure": WorkflowMetadata.OnFailurePolicy.Name(template.metadata.on_failure),
    }
    if template.HasField("failure_node"):
        tree["failure_node"] = node_tree(template.failure_node)
    return tree


def interface_tree(interface: TypedInterface) -> Tree:
    """Return the types of inputs and outputs by their names."""
    return {"inputs": _variables(interface.inputs), "outputs": _variables(interface.outputs)}


def _variables(variables: VariableMap) -> Tree:
    return {name: type_tree(each.type) for name, each in sorted(variables.variables.items())}


def type_tree(kind: LiteralType) -> Any:  # noqa: PLR0911 - a kind each
    """Return a type: what it is at the boundary of a task, without the schemas that describe what is in it."""
    match kind.WhichOneof("type"):
        case "simple":
            return SimpleType.Name(kind.simple)
        case "collection_type":
            return [type_tree(kind.collection_type)]
        case "map_value_type":
            return {"map": type_tree(kind.map_value_type)}
        case "blob":
            return {"blob": [BlobType.BlobDimensionality.Name(kind.blob.dimensionality), kind.blob.format]}
        case "enum_type":
            return {"enum": list(kind.enum_type.values)}
        case "union_type":
            return {"union": [type_tree(each) for each in kind.union_type.variants]}
        case "structured_dataset_type":
            columns = kind.structured_dataset_type.columns
            return {"frame": {each.name: type_tree(each.literal_type) for each in columns}}
        case other:
            return other


def node_tree(node: Node) -> Tree:
    """Return a node with all that it holds."""
    kind = node.WhichOneof("target")
    return {
        "id": node.id,
        "kind": kind,
        "waits_for": sorted({*node.upstream_node_ids, *_taken_by(node)} - {"start-node", ""}),
        "inputs": _bindings(node.inputs),
        **_target(node, kind or ""),
        **_metadata(node),
    }


def _taken_by(node: Node) -> Iterator[str]:
    """Yield the ids of nodes whose outputs a node takes, or a way of a branch, of which flytekit lists none."""
    for binding in node.inputs:
        yield from _taken(binding.binding)
    if node.HasField("branch_node"):
        block = node.branch_node.if_else
        for way in (block.case.then_node, *(each.then_node for each in block.other), block.else_node):
            yield from {*way.upstream_node_ids, *_taken_by(way)}


def _taken(data: BindingData) -> Iterator[str]:
    match data.WhichOneof("value"):
        case "promise":
            yield data.promise.node_id
        case "collection":
            for each in data.collection.bindings:
                yield from _taken(each)
        case "map":
            for each in data.map.bindings.values():
                yield from _taken(each)


def _metadata(node: Node) -> Tree:
    metadata = node.metadata
    tree: Tree = {}
    if metadata.HasField("timeout") and metadata.timeout.ToNanoseconds():
        tree["timeout"] = metadata.timeout.ToJsonString()
    if metadata.retries.retries:
        tree["retries"] = metadata.retries.retries
    return {"metadata": tree} if tree else {}


def _target(node: Node, kind: str) -> Tree:
    match kind:
        case "task_node":
            return {"runs": _short(node.task_node.reference_id.name)}
        case "workflow_node":
            reference = node.workflow_node.WhichOneof("reference") or ""
            return {"runs": [reference, _short(getattr(node.workflow_node, reference).name)]}
        case "branch_node":
            return _branch(node.branch_node.if_else)
        case "gate_node":
            return {"gate": _gate(node.gate_node)}
        case "array_node":
            array = node.array_node
            success = array.WhichOneof("success_criteria")
            return {
                "item": node_tree(array.node),
                "success": [success, getattr(array, success)] if success else None,
                "parallelism": array.parallelism if array.WhichOneof("parallelism_option") else None,
                "bound": sorted(array.bound_inputs),
            }
        case _:
            return {}


def _short(name: str) -> str:
    """Return the last part of a name: of what an SDK names itself (a map, say) the rest differs."""
    return name.rpartition(".")[2]


def _branch(block: IfElseBlock) -> Tree:
    default = block.WhichOneof("default")
    return {
        "cases": [_case(each) for each in (block.case, *block.other)],
        "else": node_tree(block.else_node) if default == "else_node" else default and block.error.message,
    }


def _case(block: IfBlock) -> Tree:
    return {"if": _condition(block.condition), "then": node_tree(block.then_node)}


def _condition(expression: BooleanExpression) -> Any:
    if expression.HasField("comparison"):
        compared = expression.comparison
        operator = ComparisonExpression.Operator.Name(compared.operator)
        return [operator, _operand(compared.left_value), _operand(compared.right_value)]
    joined = expression.conjunction
    operator = ConjunctionExpression.LogicalOperator.Name(joined.operator)
    return [operator, _condition(joined.left_expression), _condition(joined.right_expression)]


def _operand(operand: Operand) -> Any:
    match operand.WhichOneof("val"):
        case "var":
            return operand.var
        case "scalar":
            return {"literal": operand.scalar.SerializeToString(deterministic=True).hex()}
        case _:
            return {"literal": operand.primitive.SerializeToString(deterministic=True).hex()}


def _gate(gate: GateNode) -> Any:
    match gate.WhichOneof("condition"):
        case "approve":
            return ["approve", gate.approve.signal_id]
        case "signal":
            return ["signal", gate.signal.signal_id, type_tree(gate.signal.type), gate.signal.output_variable_name]
        case _:
            return ["sleep", gate.sleep.duration.ToJsonString()]


def _bindings(bindings: Iterable[Binding]) -> Tree:
    return {each.var: _bound(each.binding) for each in sorted(bindings, key=lambda each: each.var)}


def _bound(data: BindingData) -> Any:
    match data.WhichOneof("value"):
        case "promise":
            return _promise(data.promise)
        case "collection":
            members = [_bound(each) for each in data.collection.bindings]
            return members if any(each != LITERAL for each in members) else LITERAL
        case "map":
            named = {key: _bound(each) for key, each in sorted(data.map.bindings.items())}
            return named if any(each != LITERAL for each in named.values()) else LITERAL
        case "offloaded_metadata":
            return "offloaded"
        case _:
            return LITERAL


def _promise(promise: OutputReference) -> str:
    path = "".join(f"[{each.string_value or each.int_value}]" for each in promise.attr_path)
    return f"{promise.node_id or 'start-node'}.{promise.var}{path}"


def entity_trees(tasks: Iterable[Any], workflows: Iterable[Any]) -> Tree:
    """Return the trees of templates, by what they are and their names.

    Args:
        tasks: ``TaskTemplate`` messages.
        workflows: ``WorkflowTemplate`` messages.
    """
    return {
        "tasks": {_short(each.id.name): interface_tree(each.interface) for each in tasks},
        "workflows": {_short(each.id.name): workflow_tree(each) for each in workflows},
    }
