"""Tasks and workflows as Flyte's own messages: what is registered, and what the engine runs."""

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flyteidl.admin.common_pb2 import Annotations, Labels
from flyteidl.admin.description_entity_pb2 import Description, DescriptionEntity, DescriptionFormat
from flyteidl.admin.launch_plan_pb2 import LaunchPlanMetadata, LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core import literals_pb2, tasks_pb2, types_pb2, workflow_pb2
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, TypedInterface, Variable, VariableMap
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue

from livedeck.errors import InvalidName, UserError
from livedeck.sdk.bindings import Binding, Constant, DictOf, ListOf
from livedeck.sdk.caching import body_version
from livedeck.sdk.docstrings import Docstring
from livedeck.sdk.interface import Interface
from livedeck.sdk.nodes import Node
from livedeck.sdk.options import Resources
from livedeck.sdk.promises import Reference
from livedeck.sdk.tasks import Task
from livedeck.sdk.types import DataPlane, Where, literal_type, to_literal
from livedeck.sdk.workflows import Workflow

Entity = Task[..., Any] | Workflow[..., Any]

TEMPLATE_TYPE = "python-task"
"""The task type that Flyte's consoles and flytekit know for a Python function."""


@dataclass(frozen=True)
class CompileSettings:
    """What the compiled form says beyond the program itself."""

    project: str
    domain: str
    version: str
    code: str = ""
    """URI of the code bundle; empty if the modules can be imported where the tasks run."""
    data: DataPlane = field(default_factory=lambda: DataPlane("memory://constants"))
    """Where constants that are files, frames or pickles are uploaded."""
    image: str = "livedeck"
    """The container image's name; executors that run processes ignore it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables for every task, below the task's own."""


@dataclass(frozen=True)
class Registration:
    """Everything that must be registered for a workflow or task to run, in this order."""

    tasks: tuple[TaskSpec, ...]
    workflows: tuple[WorkflowSpec, ...]
    """Sub-workflows before those that call them; the asked-for one is the last."""
    launch_plans: tuple[tuple[Identifier, LaunchPlanSpec], ...]
    """The default launch plan of each workflow, under the workflow's name."""


def closure(entity: Entity, settings: CompileSettings) -> Registration:
    """Compile a workflow and all that it calls, or one task.

    Raises:
        InvalidWorkflow: the workflow has no nodes, or a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
        UserError: a task cannot be found by its module and name.
    """
    callees = _callees(entity)
    _refuse_twins(callees)
    tasks = [each for each in callees if isinstance(each, Task)]
    workflows = [each for each in callees if isinstance(each, Workflow)]
    return Registration(
        tuple(task_spec(each, settings) for each in tasks),
        tuple(workflow_spec(each, settings) for each in workflows),
        tuple(
            (_identifier(ResourceType.LAUNCH_PLAN, each.name, settings), launch_plan_spec(each, settings))
            for each in workflows
        ),
    )


def _callees(entity: Entity) -> list[Entity]:
    """Return all that an entity calls, however indirectly, each once and before what calls it; itself last."""
    found: dict[Entity, None] = {}

    def visit(each: Entity) -> None:
        if each in found:
            return
        if isinstance(each, Workflow):
            for node in each.traced.nodes:
                visit(node.entity)
        found[each] = None

    visit(entity)
    return list(found)


def _refuse_twins(entities: Iterable[Entity]) -> None:
    seen: set[tuple[type, str]] = set()
    for entity in entities:
        if (type(entity), entity.name) in seen:
            raise InvalidName(f"there are two different {entity!r}; give one of the functions another name")
        seen.add((type(entity), entity.name))


def task_spec(task: Task[..., Any], settings: CompileSettings) -> TaskSpec:
    """Compile one task.

    Raises:
        UserError: it cannot be found by its module and name.
    """
    template = tasks_pb2.TaskTemplate(
        id=_identifier(ResourceType.TASK, task.name, settings),
        type=TEMPLATE_TYPE,
        metadata=_task_metadata(task),
        interface=_typed_interface(task.interface),
        container=_container(task, settings),
    )
    return TaskSpec(template=template, description=_description(task.interface.docs))


def _task_metadata(task: Task[..., Any]) -> tasks_pb2.TaskMetadata:
    options = task.options
    metadata = tasks_pb2.TaskMetadata(
        runtime=tasks_pb2.RuntimeMetadata(
            # Not FLYTE_SDK, which promises that the container speaks flytekit's command line.
            type=tasks_pb2.RuntimeMetadata.OTHER,
            version=importlib.metadata.version("livedeck"),
            flavor="livedeck",
        ),
        retries=literals_pb2.RetryStrategy(retries=options.retries),
        generates_deck=BoolValue(value=options.enable_deck),
    )
    if options.timeout is not None:
        metadata.timeout.CopyFrom(_duration(options.timeout))
    if options.interruptible is not None:
        metadata.interruptible = options.interruptible
    if options.cache is not None:
        metadata.discoverable = True
        metadata.discovery_version = options.cache.version or body_version(task.function)
        metadata.cache_ignore_input_vars.extend(options.cache.ignored_inputs)
    return metadata


def _container(task: Task[..., Any], settings: CompileSettings) -> tasks_pb2.Container:
    arguments = ["livedeck-execute", "--inputs", "{{.input}}", "--output-prefix", "{{.outputPrefix}}"]
    arguments += ["--raw-output-data-prefix", "{{.rawOutputDataPrefix}}"]
    arguments += ["--checkpoint-path", "{{.checkpointOutputPrefix}}", "--prev-checkpoint", "{{.prevCheckpointPrefix}}"]
    if settings.code:
        arguments += ["--code", settings.code]
    arguments += ["--", "task-module", task.module, "task-name", attribute_of(task)]
    environment = {**settings.environment, **task.options.environment}
    return tasks_pb2.Container(
        image=settings.image,
        args=arguments,
        resources=_resources(task.options.requests, task.options.limits),
        env=[literals_pb2.KeyValuePair(key=key, value=value) for key, value in environment.items()],
    )


def attribute_of(entity: Entity) -> str:
    """Return the name under which an entity can be found in its module.

    Raises:
        UserError: it is not at the module's top level.
    """
    module = sys.modules.get(entity.function.__module__)
    for name in (entity.function.__name__, *vars(module)):
        if getattr(module, name, None) is entity:
            return name
    raise UserError(
        f"{entity!r} cannot be found in its module by name: to run elsewhere it must be at the top level of a module, "
        "not inside a function"
    )


def _resources(requests: Resources, limits: Resources) -> tasks_pb2.Resources:
    return tasks_pb2.Resources(requests=_entries(requests), limits=_entries(limits))


def _entries(resources: Resources) -> list[tasks_pb2.Resources.ResourceEntry]:
    names = tasks_pb2.Resources
    amounts = (
        (names.CPU, resources.cpu),
        (names.GPU, resources.gpu),
        (names.MEMORY, resources.mem),
        (names.EPHEMERAL_STORAGE, resources.ephemeral_storage),
    )
    return [names.ResourceEntry(name=name, value=str(value)) for name, value in amounts if value is not None]


def workflow_spec(workflow: Workflow[..., Any], settings: CompileSettings) -> WorkflowSpec:
    """Compile one workflow, with the templates of all its sub-workflows.

    Raises:
        InvalidWorkflow: it has no nodes, or a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
    """
    callees = [each for each in _callees(workflow)[:-1] if isinstance(each, Workflow)]
    return WorkflowSpec(
        template=_workflow_template(workflow, settings),
        sub_workflows=[_workflow_template(each, settings) for each in callees],
        description=_description(workflow.interface.docs, workflow.description),
    )


def _workflow_template(workflow: Workflow[..., Any], settings: CompileSettings) -> workflow_pb2.WorkflowTemplate:
    traced = workflow.traced
    outputs = workflow.interface.outputs
    return workflow_pb2.WorkflowTemplate(
        id=_identifier(ResourceType.WORKFLOW, workflow.name, settings),
        metadata=workflow_pb2.WorkflowMetadata(on_failure=workflow.failure_policy.name),
        metadata_defaults=workflow_pb2.WorkflowMetadataDefaults(interruptible=workflow.interruptible or False),
        interface=_typed_interface(workflow.interface),
        nodes=[_node(node, settings) for node in traced.nodes],
        outputs=[
            _binding(name, binding, Where(workflow.name, name, "output"), outputs[name], settings)
            for name, binding in traced.outputs.items()
        ],
    )


def _node(node: Node, settings: CompileSettings) -> workflow_pb2.Node:
    interface = node.entity.interface
    compiled = workflow_pb2.Node(
        id=node.id,
        metadata=_node_metadata(node),
        inputs=[
            _binding(name, binding, Where(node.entity.name, name), interface.inputs[name].type, settings)
            for name, binding in node.bindings.items()
        ],
        upstream_node_ids=[before.id for before in node.upstream],
    )
    if isinstance(node.entity, Task):
        compiled.task_node.reference_id.CopyFrom(_identifier(ResourceType.TASK, node.entity.name, settings))
        compiled.task_node.overrides.SetInParent()
        if node.overrides.requests is not None or node.overrides.limits is not None:
            # One of the two replaces its like only: the other stays the task's, as in flytekit.
            compiled.task_node.overrides.resources.CopyFrom(
                _resources(
                    node.overrides.requests or node.entity.options.requests,
                    node.overrides.limits or node.entity.options.limits,
                )
            )
    else:
        reference = _identifier(ResourceType.WORKFLOW, node.entity.name, settings)
        compiled.workflow_node.sub_workflow_ref.CopyFrom(reference)
    return compiled


def _node_metadata(node: Node) -> workflow_pb2.NodeMetadata:
    overrides, options = node.overrides, node.entity.options if isinstance(node.entity, Task) else None
    metadata = workflow_pb2.NodeMetadata(name=overrides.name or node.entity.function.__name__)
    timeout = overrides.timeout or (options.timeout if options else None)
    if timeout is not None:
        metadata.timeout.CopyFrom(_duration(timeout))
    retries = overrides.retries if overrides.retries is not None else (options.retries if options else 0)
    metadata.retries.retries = retries
    interruptible = overrides.interruptible
    if interruptible is None and options is not None:
        interruptible = options.interruptible
    if interruptible is not None:
        metadata.interruptible = interruptible
    if overrides.cache is not None:
        metadata.cacheable = overrides.cache
    if overrides.cache_version is not None:
        metadata.cache_version = overrides.cache_version
    return metadata


def _binding(
    name: str, binding: Binding, where: Where, python_type: Any, settings: CompileSettings
) -> literals_pb2.Binding:
    return literals_pb2.Binding(var=name, binding=_binding_data(binding, where, python_type, settings))


def _binding_data(
    binding: Binding, where: Where, python_type: Any, settings: CompileSettings
) -> literals_pb2.BindingData:
    match binding:
        case Reference(node, output, path):
            reference = types_pb2.OutputReference(node_id=node.id if node is not None else "", var=output)
            reference.attr_path.extend(_attribute(step) for step in path)
            return literals_pb2.BindingData(promise=reference)
        case ListOf(items):
            collected = [_binding_data(item, where, python_type, settings) for item in items]
            return literals_pb2.BindingData(collection=literals_pb2.BindingDataCollection(bindings=collected))
        case DictOf(members):
            mapped = {key: _binding_data(item, where, python_type, settings) for key, item in members.items()}
            return literals_pb2.BindingData(map=literals_pb2.BindingDataMap(bindings=mapped))
        case Constant(value, its_type):
            return _literal_binding(to_literal(value, its_type, settings.data, where))


def _attribute(step: str | int) -> types_pb2.PromiseAttribute:
    if isinstance(step, str):
        return types_pb2.PromiseAttribute(string_value=step)
    return types_pb2.PromiseAttribute(int_value=step)


def _literal_binding(literal: literals_pb2.Literal) -> literals_pb2.BindingData:
    """Return a constant's binding: bindings have lists and dicts of their own, not those of literals."""
    match literal.WhichOneof("value"):
        case "collection":
            items = [_literal_binding(item) for item in literal.collection.literals]
            return literals_pb2.BindingData(collection=literals_pb2.BindingDataCollection(bindings=items))
        case "map":
            members = {key: _literal_binding(item) for key, item in literal.map.literals.items()}
            return literals_pb2.BindingData(map=literals_pb2.BindingDataMap(bindings=members))
        case _:
            return literals_pb2.BindingData(scalar=literal.scalar)


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
            default = to_literal(each.default, each.type, settings.data, Where(workflow.name, name, "default"))
            parameters[name] = Parameter(var=variable, default=default)
    return LaunchPlanSpec(
        workflow_id=_identifier(ResourceType.WORKFLOW, workflow.name, settings),
        entity_metadata=LaunchPlanMetadata(),
        default_inputs=ParameterMap(parameters=parameters),
        fixed_inputs=literals_pb2.LiteralMap(),
        labels=Labels(),
        annotations=Annotations(),
    )


def _typed_interface(interface: Interface) -> TypedInterface:
    inputs = {
        name: Variable(type=literal_type(each.type), description=each.description or name)
        for name, each in interface.inputs.items()
    }
    outputs = {name: Variable(type=literal_type(each), description=name) for name, each in interface.outputs.items()}
    return TypedInterface(inputs=VariableMap(variables=inputs), outputs=VariableMap(variables=outputs))


def _description(docs: Docstring, summary: str = "") -> DescriptionEntity:
    text = Description(value=docs.text, format=DescriptionFormat.DESCRIPTION_FORMAT_RST)
    return DescriptionEntity(short_description=summary or docs.summary, long_description=text)


def _identifier(kind: "ResourceType", name: str, settings: CompileSettings) -> Identifier:
    return Identifier(
        resource_type=kind,
        project=settings.project,
        domain=settings.domain,
        name=name,
        version=settings.version,
    )


def _duration(time: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(time)
    return duration
