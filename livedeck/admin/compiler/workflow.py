"""Compiles what a client registers (a template, its sub-workflows) into what the engine runs: the compiled closure."""

from collections.abc import Mapping
from dataclasses import dataclass

from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.compiler_pb2 import (
    CompiledLaunchPlan,
    CompiledTask,
    CompiledWorkflow,
    CompiledWorkflowClosure,
)
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import TypedInterface, Variable
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.workflow_pb2 import LaunchPlanTemplate, Node, WorkflowTemplate

from livedeck.admin.compiler.bindings import Scope, check_bindings, promises, resolve, source_of
from livedeck.admin.compiler.graph import check_acyclic, connect
from livedeck.admin.compiler.node_ids import check_node_ids
from livedeck.admin.compiler.nodes import (
    END,
    START,
    Interfaces,
    Key,
    branches_of,
    condition_variables,
    fixed_inputs,
    inner_nodes,
    interface_of,
    key_of,
    optional_inputs,
    references,
)
from livedeck.admin.names import describe
from livedeck.errors import InvalidRequest


@dataclass(frozen=True)
class Library:
    """What was registered before and the workflow refers to."""

    tasks: Mapping[Key, TaskTemplate]
    launch_plans: Mapping[Key, LaunchPlanTemplate]
    optional: Mapping[Key, frozenset[str]]
    """Inputs of launch plans that need not be bound."""


def referenced(spec: WorkflowSpec, kind: ResourceType) -> list[Identifier]:
    """Return the ids of all tasks or launch plans that a workflow and its sub-workflows run, each once."""
    found: dict[Key, Identifier] = {}
    for template in (spec.template, *spec.sub_workflows):
        for identifier in references(template, kind):
            found.setdefault(key_of(identifier), identifier)
    return [found[key] for key in sorted(found)]


def compile_workflow(identifier: Identifier, spec: WorkflowSpec, library: Library) -> CompiledWorkflowClosure:
    """Check a workflow and return its closure.

    Args:
        identifier: The id it is registered under.
        spec: As the client sent it; not changed.
        library: Every task and launch plan of `referenced`.

    Raises:
        InvalidRequest: It is empty or cyclic, refers to what does not exist, or binds what does not fit.
    """
    primary = WorkflowTemplate()
    primary.CopyFrom(spec.template)
    primary.id.CopyFrom(identifier)
    subs = _sub_workflows(spec)
    interfaces = Interfaces(
        tasks={key: template.interface for key, template in library.tasks.items()},
        workflows={key: template.interface for key, template in subs.items()},
        launch_plans={key: template.interface for key, template in library.launch_plans.items()},
        optional=library.optional,
        fixed={key: frozenset(plan.fixed_inputs.literals) for key, plan in library.launch_plans.items()},
    )
    _check_nesting(primary, subs)
    return CompiledWorkflowClosure(
        primary=compile_template(primary, interfaces),
        sub_workflows=[compile_template(template, interfaces) for template in subs.values()],
        tasks=[CompiledTask(template=template) for template in library.tasks.values()],
        launch_plans=[CompiledLaunchPlan(template=template) for template in library.launch_plans.values()],
    )


def compile_template(template: WorkflowTemplate, interfaces: Interfaces) -> CompiledWorkflow:
    """Check one template and add the start node, the end node and the connections.

    Raises:
        InvalidRequest: See `compile_workflow`.
    """
    name = template.id.name
    if not template.nodes:
        raise InvalidRequest(f"workflow {name!r} is empty: it has no nodes, so there is nothing to run")
    result = WorkflowTemplate()
    result.CopyFrom(template)
    del result.nodes[:]
    result.nodes.extend(_named(node) for node in template.nodes)
    check_node_ids(result)
    scope = _scope(name, result, interfaces)
    for node in result.nodes:
        _check_node(node, interfaces, scope)
    check_bindings("outputs", result.outputs, result.interface.outputs.variables, scope)
    upstream = {node.id: _upstream(node, scope) for node in result.nodes}
    check_acyclic(name, upstream)
    for node in result.nodes:
        node.upstream_node_ids[:] = upstream[node.id]
    if result.HasField("failure_node"):
        _check_failure_node(result.failure_node, interfaces, scope)
    result.nodes.insert(0, Node(id=START))
    result.nodes.append(Node(id=END, inputs=result.outputs))
    return CompiledWorkflow(template=result, connections=connect(upstream))


def _sub_workflows(spec: WorkflowSpec) -> dict[Key, WorkflowTemplate]:
    found: dict[Key, WorkflowTemplate] = {}
    for template in spec.sub_workflows:
        known = found.setdefault(key_of(template.id), template)
        if known is not template and known != template:
            raise InvalidRequest(f"sub-workflow {describe(template.id)} is given twice, and differently")
    return dict(sorted(found.items()))


def _check_nesting(primary: WorkflowTemplate, subs: Mapping[Key, WorkflowTemplate]) -> None:
    """Refuse a workflow that contains itself: it could never end."""
    inside = {key: _sub_keys(template, subs) for key, template in subs.items()}
    inside[key_of(primary.id)] = _sub_keys(primary, subs)
    readable = {_label(key): [_label(other) for other in others] for key, others in inside.items()}
    check_acyclic(primary.id.name, readable)


def _sub_keys(template: WorkflowTemplate, subs: Mapping[Key, WorkflowTemplate]) -> list[Key]:
    sub_ids = list(references(template, ResourceType.WORKFLOW))
    for each in sub_ids:
        if key_of(each) not in subs and key_of(each) != key_of(template.id):
            raise InvalidRequest(f"sub-workflow {describe(each)} is referred to but not part of the request")
    return sorted({key_of(each) for each in sub_ids})


def _label(key: Key) -> str:
    project, domain, name, version = key
    return f"{project}/{domain}/{name}@{version}"


def _named(node: Node, prefix: str = "") -> Node:
    """Return a copy in which the nodes inside branches are called ``<branch>-<then>``, so that ids are unique."""
    result = Node()
    result.CopyFrom(node)
    result.id = f"{prefix}{node.id}"
    if result.WhichOneof("target") == "branch_node":
        for inner in branches_of(result.branch_node.if_else):
            inner.CopyFrom(_named(inner, f"{result.id}-"))
    return result


def _scope(name: str, template: WorkflowTemplate, interfaces: Interfaces) -> Scope:
    outputs: dict[str, Mapping[str, Variable]] = {START: template.interface.inputs.variables}
    for node in template.nodes:
        outputs[node.id] = _outputs(node, interface_of(node, interfaces))
    scope = Scope(name, outputs)
    for node in template.nodes:
        if node.gate_node.WhichOneof("condition") == "approve":
            outputs[node.id] = _approved(node, template, scope)
    return scope


def _approved(node: Node, template: WorkflowTemplate, scope: Scope) -> dict[str, Variable]:
    """Return what an approval gives: what it is given, through other approvals too."""
    where = f"workflow {scope.workflow!r}, gate {node.id!r}"
    if len(node.inputs) != 1:
        raise InvalidRequest(f"{where} has {len(node.inputs)} inputs to approve of, and has to have one")
    [binding] = node.inputs
    sources = {each.id: each for each in template.nodes}
    seen = {node.id}
    reference = binding.binding.promise
    while (source := sources.get(reference.node_id)) is not None and not reference.attr_path:
        if source.gate_node.WhichOneof("condition") != "approve" or source.id in seen or len(source.inputs) != 1:
            break
        seen.add(source.id)
        reference = source.inputs[0].binding.promise
    if binding.binding.WhichOneof("value") != "promise":
        raise InvalidRequest(f"{where} is given a constant to approve of; give it what another node has made")
    found = resolve(where, reference, scope)
    return {binding.var: Variable(type=found)}


def _outputs(node: Node, interface: TypedInterface) -> dict[str, Variable]:
    variables = dict(interface.outputs.variables)
    variables.update({each.alias: variables[each.var] for each in node.output_aliases if each.var in variables})
    return variables


def _check_node(node: Node, interfaces: Interfaces, scope: Scope) -> None:
    where = f"node {node.id!r}"
    if node.WhichOneof("target") == "branch_node":
        _check_branch(node, interfaces, scope)
        return
    interface = interface_of(node, interfaces)
    if node.WhichOneof("target") == "gate_node":  # what it shows to the person asked may be anything
        _check_promises(where, node, scope)
        return
    fixed = fixed_inputs(node, interfaces)
    for binding in node.inputs:
        if binding.var in fixed:
            raise InvalidRequest(
                f"workflow {scope.workflow!r}, {where} binds {binding.var!r}, which the launch plan fixes: leave it out"
            )
    asked = interface.inputs.variables
    check_bindings(where, node.inputs, asked, scope, optional=optional_inputs(node, interfaces))


def _check_branch(node: Node, interfaces: Interfaces, scope: Scope) -> None:
    """Conditions look at the branch's own inputs; the then-nodes bind in the workflow around it."""
    bound = {binding.var for binding in node.inputs}
    for variable in condition_variables(node.branch_node.if_else):
        if variable not in bound:
            where = f"workflow {scope.workflow!r}, branch {node.id!r}"
            raise InvalidRequest(f"{where} decides by {variable!r}, which is not among its inputs")
    _check_promises(f"branch {node.id!r}", node, scope)
    for inner in inner_nodes(node):
        _check_node(inner, interfaces, scope)


def _check_promises(where: str, node: Node, scope: Scope) -> None:
    """Check that what a node's inputs refer to exists, whatever its type."""
    for binding in node.inputs:
        for reference in promises(binding.binding):
            resolve(f"workflow {scope.workflow!r}, {where}", reference, scope)


def _check_exists(where: str, node_id: str, scope: Scope) -> None:
    if node_id not in scope.outputs:
        raise InvalidRequest(f"workflow {scope.workflow!r}, {where} waits for node {node_id!r}, which does not exist")


def _check_failure_node(node: Node, interfaces: Interfaces, scope: Scope) -> None:
    """Check the node that runs when a workflow has failed.

    Such a node gets the workflow's inputs and an error by name; inputs that it does not share need not be bound.
    """
    asked = interface_of(node, interfaces).inputs.variables
    check_bindings(f"failure node {node.id!r}", node.inputs, asked, scope, optional=asked)


def _upstream(node: Node, scope: Scope) -> list[str]:
    """Return all that a node waits for: said, or implied by a binding, its own or of a node inside it."""
    waits = set(node.upstream_node_ids)
    waiting: list[Node] = [node]
    while waiting:
        each = waiting.pop()
        waiting.extend(inner_nodes(each))
        waits.update(source_of(reference) for binding in each.inputs for reference in promises(binding.binding))
        waits.update(each.upstream_node_ids)
    waits.discard(START)
    inside = {inner.id for inner in inner_nodes(node)}
    for other in waits - inside:
        _check_exists(f"node {node.id!r}", other, scope)
    return sorted(waits - inside)
