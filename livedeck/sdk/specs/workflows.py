"""Tasks and workflows as Flyte's own messages: what is registered, and what the engine runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flyteidl.admin.common_pb2 import Annotations, Labels
from flyteidl.admin.launch_plan_pb2 import LaunchPlanMetadata, LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core import literals_pb2, workflow_pb2
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, Variable

from livedeck.errors import InvalidName
from livedeck.literals.order import OrderNotes, tag_of
from livedeck.sdk.dynamic import DynamicTask
from livedeck.sdk.entities import AnyEntity
from livedeck.sdk.map_tasks import MapTask
from livedeck.sdk.specs.bindings import compile_bound
from livedeck.sdk.specs.nodes import compile_node
from livedeck.sdk.specs.settings import CompileSettings, description, identifier, typed_interface
from livedeck.sdk.specs.tasks import task_spec
from livedeck.sdk.tasks import Task
from livedeck.sdk.tracing import Traced
from livedeck.sdk.types import Location, literal_type, to_literal
from livedeck.sdk.workflows import Workflow

__all__ = ["CompileSettings", "Registration", "closure", "launch_plan_spec", "task_spec", "workflow_spec"]


@dataclass(frozen=True)
class Registration:
    """Everything that must be registered for a workflow or task to run, in this order."""

    tasks: tuple[TaskSpec, ...]
    workflows: tuple[WorkflowSpec, ...]
    """Sub-workflows before those that call them; the asked-for one is the last."""
    launch_plans: tuple[tuple[Identifier, LaunchPlanSpec], ...]
    """The default launch plan of each workflow, under the workflow's name."""


def closure(entity: AnyEntity, settings: CompileSettings) -> Registration:
    """Compile a workflow and all that it calls, or one task.

    Raises:
        InvalidWorkflow: the workflow has no nodes, or a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
        UserError: a task cannot be found by its module and name.
    """
    callees = _callees(entity)
    _refuse_twins(callees)
    tasks = [each for each in callees if isinstance(each, Task | MapTask)]
    workflows = [each for each in callees if isinstance(each, Workflow)]
    return Registration(
        tuple(task_spec(each, settings) for each in tasks),
        tuple(workflow_spec(each, settings) for each in workflows),
        tuple(
            (identifier(ResourceType.LAUNCH_PLAN, each.name, settings), launch_plan_spec(each, settings))
            for each in workflows
        ),
    )


def _callees(entity: AnyEntity) -> list[AnyEntity]:
    """Return all that an entity calls, however indirectly, each once and before what calls it; itself last."""
    found: dict[AnyEntity, None] = {}
    _visit(entity, found)
    return list(found)


def _visit(entity: AnyEntity, found: dict[AnyEntity, None]) -> None:
    if entity in found:
        return
    if isinstance(entity, Workflow):
        _visit_called(entity.traced, found)
        if entity.on_failure is not None:
            _visit(entity.on_failure, found)
    if isinstance(entity, DynamicTask):
        for hint in entity.hints:
            _visit(hint, found)
    found[entity] = None


def _visit_called(traced: Traced, found: dict[AnyEntity, None]) -> None:
    for node in traced.nodes:
        for callee in node.entity.callees:
            _visit(callee, found)


def callees_of(traced: Traced) -> list[AnyEntity]:
    """Return all that nodes call, however indirectly, each once.

    Raises:
        InvalidName: two different ones have the same name.
    """
    found: dict[AnyEntity, None] = {}
    _visit_called(traced, found)
    _refuse_twins(found)
    return list(found)


def _refuse_twins(entities: Iterable[AnyEntity]) -> None:
    seen: set[tuple[type, str]] = set()
    for entity in entities:
        if (type(entity), entity.name) in seen:
            raise InvalidName(f"there are two different {entity!r}; give one of the functions another name")
        seen.add((type(entity), entity.name))


def workflow_spec(workflow: Workflow[..., Any], settings: CompileSettings) -> WorkflowSpec:
    """Compile one workflow, with the templates of all its sub-workflows.

    Raises:
        InvalidWorkflow: it has no nodes, or a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
    """
    callees = [each for each in _callees(workflow)[:-1] if isinstance(each, Workflow)]
    return WorkflowSpec(
        template=workflow_template(workflow, settings),
        sub_workflows=[workflow_template(each, settings) for each in callees],
        description=description(workflow.interface.docs, workflow.description),
    )


def workflow_template(workflow: Workflow[..., Any], settings: CompileSettings) -> workflow_pb2.WorkflowTemplate:
    """Compile one workflow, without what it calls.

    Raises:
        InvalidWorkflow: it has no nodes, or a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
    """
    traced = workflow.traced
    orders: OrderNotes = {}
    nodes = [compile_node(node, settings, orders, interruptible=workflow.interruptible) for node in traced.nodes]
    failure_node = None
    if traced.failure_node is not None:
        failure_node = compile_node(traced.failure_node, settings, orders, interruptible=workflow.interruptible)
    outputs = [
        compile_bound(name, each, Location(workflow.name, name, "output"), settings.data, orders)
        for name, each in traced.outputs.items()
    ]
    return workflow_pb2.WorkflowTemplate(
        id=identifier(ResourceType.WORKFLOW, workflow.name, settings),
        metadata=workflow_pb2.WorkflowMetadata(on_failure=workflow.failure_policy.name, tags=tag_of(orders)),
        metadata_defaults=workflow_pb2.WorkflowMetadataDefaults(interruptible=workflow.interruptible or False),
        interface=typed_interface(workflow.interface),
        nodes=nodes,
        failure_node=failure_node,
        outputs=outputs,
    )


def launch_plan_spec(workflow: Workflow[..., Any], settings: CompileSettings) -> LaunchPlanSpec:
    """Compile a workflow's default launch plan: its inputs, with its defaults.

    Raises:
        TypeMismatch: a default does not fit its type.
    """
    parameters = {}
    for name, each in workflow.interface.inputs.items():
        variable = Variable(type=literal_type(each.type), description=each.description or name)
        if each.required:
            parameters[name] = Parameter(var=variable, required=True)
        else:
            default = to_literal(each.default, each.type, settings.data, Location(workflow.name, name, "default"))
            parameters[name] = Parameter(var=variable, default=default)
    return LaunchPlanSpec(
        workflow_id=identifier(ResourceType.WORKFLOW, workflow.name, settings),
        entity_metadata=LaunchPlanMetadata(),
        default_inputs=ParameterMap(parameters=parameters),
        fixed_inputs=literals_pb2.LiteralMap(),
        labels=Labels(),
        annotations=Annotations(),
    )
