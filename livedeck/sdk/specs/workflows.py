"""Tasks and workflows as Flyte's own messages: what is registered, and what the engine runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flyteidl.admin.common_pb2 import Annotations, Labels
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest, LaunchPlanMetadata, LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskCreateRequest, TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest, WorkflowSpec
from flyteidl.core import literals_pb2, workflow_pb2
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, Variable

from livedeck.errors import InvalidName
from livedeck.literals.order import OrderNotes, tag_of
from livedeck.sdk.dynamic import DynamicTask
from livedeck.sdk.entities import AnyEntity
from livedeck.sdk.imperative import ImperativeWorkflow
from livedeck.sdk.launch_options import security_message
from livedeck.sdk.launch_plans import LaunchPlan
from livedeck.sdk.map_tasks import MapTask
from livedeck.sdk.specs.bindings import compile_bound
from livedeck.sdk.specs.nodes import compile_node
from livedeck.sdk.specs.settings import CompileSettings, description, identifier, typed_interface
from livedeck.sdk.specs.tasks import task_spec
from livedeck.sdk.tasks import Task
from livedeck.sdk.tracing import Traced
from livedeck.sdk.types import Location, literal_type, to_literal
from livedeck.sdk.workflows import Workflow

if TYPE_CHECKING:
    from livedeck.client import Client

__all__ = [
    "CompileSettings",
    "PlanRegistration",
    "Registration",
    "closure",
    "plan_registration",
    "task_spec",
    "workflow_spec",
]


@dataclass(frozen=True)
class PlanRegistration:
    """A launch plan to be registered."""

    id: Identifier
    spec: LaunchPlanSpec
    activate: bool = False
    """Whether it is to be active then."""


@dataclass(frozen=True)
class Registration:
    """Everything that must be registered for a workflow, launch plan or task to run."""

    entities: tuple[TaskSpec | WorkflowSpec | PlanRegistration, ...]
    """In an order in which each finds what it needs; the asked-for one, or its default launch plan, is the last."""

    @property
    def tasks(self) -> list[TaskSpec]:
        """The tasks."""
        return [each for each in self.entities if isinstance(each, TaskSpec)]

    @property
    def workflows(self) -> list[WorkflowSpec]:
        """The workflows: sub-workflows before those that call them."""
        return [each for each in self.entities if isinstance(each, WorkflowSpec)]

    @property
    def launch_plans(self) -> list[PlanRegistration]:
        """The launch plans: of each workflow the default one, under its name, and those that are named."""
        return [each for each in self.entities if isinstance(each, PlanRegistration)]

    @property
    def id(self) -> Identifier:
        """What an execution of the asked-for entity runs: a launch plan, or a task."""
        last = self.entities[-1]
        if isinstance(last, PlanRegistration):
            return last.id
        return last.template.id

    def send(self, client: "Client") -> Identifier:
        """Register it all, and activate the launch plans that are to be active; return what an execution runs.

        Raises:
            RemoteError: the server refused, or there is none.
        """
        client.register([_create_request(each) for each in self.entities])
        for plan in self.launch_plans:
            if plan.activate:
                client.activate_launch_plan(plan.id)
        return self.id


def _create_request(
    each: TaskSpec | WorkflowSpec | PlanRegistration,
) -> TaskCreateRequest | WorkflowCreateRequest | LaunchPlanCreateRequest:
    if isinstance(each, PlanRegistration):
        return LaunchPlanCreateRequest(id=each.id, spec=each.spec)
    if isinstance(each, WorkflowSpec):
        return WorkflowCreateRequest(id=each.template.id, spec=each)
    return TaskCreateRequest(id=each.template.id, spec=each)


def closure(entity: AnyEntity, settings: CompileSettings) -> Registration:
    """Compile a workflow or launch plan and all that it calls, or one task.

    A map is no task that could be run alone: it is compiled within a workflow of its own.

    Raises:
        InvalidWorkflow: the workflow has no nodes, or a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
        UserError: a task cannot be found by its module and name.
    """
    if isinstance(entity, MapTask):
        entity = ImperativeWorkflow.of(entity, entity.workflow_name)
    callees = _callees(entity)
    _refuse_twins(callees)
    made: list[TaskSpec | WorkflowSpec | PlanRegistration] = []
    for each in callees:
        if isinstance(each, Task | MapTask):
            made.append(task_spec(each, settings))
        elif isinstance(each, Workflow):
            default = LaunchPlan.get_default_launch_plan(None, each)
            made += [workflow_spec(each, settings), plan_registration(default, settings)]
        elif isinstance(each, LaunchPlan) and each.name != each.workflow.name:
            made.append(plan_registration(each, settings))
    return Registration(tuple(made))


def _callees(entity: AnyEntity) -> list[AnyEntity]:
    """Return all that an entity calls, however indirectly, each once and before what calls it; itself last."""
    found: dict[AnyEntity, None] = {}
    _visit(entity, found)
    return list(found)


def _visit(entity: AnyEntity, found: dict[AnyEntity, None], *, deep: bool = True) -> None:
    """Add an entity after all that it calls; what launch plans run only if ``deep``."""
    if entity in found:
        return
    if isinstance(entity, Workflow):
        _visit_called(entity.traced, found, deep=deep)
        if entity.on_failure is not None:
            _visit(entity.on_failure, found, deep=deep)
    if isinstance(entity, LaunchPlan) and deep:
        _visit(entity.workflow, found)
    if isinstance(entity, DynamicTask):
        for hint in entity.hints:
            _visit(hint, found, deep=deep)
    found[entity] = None


def _visit_called(traced: Traced, found: dict[AnyEntity, None], *, deep: bool = True) -> None:
    for node in traced.nodes:
        for callee in node.entity.callees:
            _visit(callee, found, deep=deep)


def callees_of(traced: Traced) -> list[AnyEntity]:
    """Return all that nodes call in the same execution, however indirectly, each once.

    Raises:
        InvalidName: two different ones have the same name.
    """
    found: dict[AnyEntity, None] = {}
    _visit_called(traced, found, deep=False)
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
    found: dict[AnyEntity, None] = {}
    _visit(workflow, found, deep=False)
    callees = [each for each in found if isinstance(each, Workflow) and each is not workflow]
    return WorkflowSpec(
        template=workflow_template(workflow, settings),
        sub_workflows=[workflow_template(each, settings) for each in callees],
        description=description(workflow.interface.docs, workflow.docs),
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


def plan_registration(plan: LaunchPlan[Any], settings: CompileSettings) -> PlanRegistration:
    """Compile a launch plan: the workflow's inputs, with defaults, less those that it fixes.

    Raises:
        TypeMismatch: a value does not fit its type.
    """
    parameters = {}
    for name, each in plan.interface.inputs.items():
        variable = Variable(type=literal_type(each.type), description=each.description or name)
        if each.required:
            parameters[name] = Parameter(var=variable, required=True)
        else:
            default = to_literal(each.default, each.type, settings.data, Location(plan.name, name, "default"))
            parameters[name] = Parameter(var=variable, default=default)
    inner = plan.workflow.interface.inputs
    fixed = {
        name: to_literal(value, inner[name].type, settings.data, Location(plan.name, name))
        for name, value in plan.fixed_inputs.items()
    }
    said = plan.options
    spec = LaunchPlanSpec(
        workflow_id=identifier(ResourceType.WORKFLOW, plan.workflow.name, settings),
        entity_metadata=LaunchPlanMetadata(),
        default_inputs=ParameterMap(parameters=parameters),
        fixed_inputs=literals_pb2.LiteralMap(literals=fixed),
        labels=Labels(values=said.labels.values if said.labels is not None else {}),
        annotations=Annotations(values=said.annotations.values if said.annotations is not None else {}),
        max_parallelism=said.max_parallelism or 0,
        overwrite_cache=said.overwrite_cache or False,
        security_context=security_message(plan.name, said.security_context),
    )
    if said.raw_output_data_config is not None:
        spec.raw_output_data_config.output_location_prefix = said.raw_output_data_config.output_location_prefix
    if said.concurrency is not None:
        spec.concurrency_policy.max = said.concurrency.max_concurrency
        spec.concurrency_policy.behavior = said.concurrency.behavior  # type: ignore[assignment]
    return PlanRegistration(identifier(ResourceType.LAUNCH_PLAN, plan.name, settings), spec, said.auto_activate)
