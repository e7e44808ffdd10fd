"""A workflow's node as Flyte's ``Node``."""

from typing import Any

from flyteidl.core import workflow_pb2
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from google.protobuf.wrappers_pb2 import BoolValue

from livedeck.errors import UserError
from livedeck.literals.order import OrderNotes
from livedeck.sdk.cache_versions import code_version
from livedeck.sdk.conditionals import Conditional
from livedeck.sdk.gates import Gate
from livedeck.sdk.launch_plans import LaunchPlan
from livedeck.sdk.map_tasks import MapTask
from livedeck.sdk.nodes import Node, NodeOverrides, dns_label
from livedeck.sdk.references import Reference, ReferenceTask
from livedeck.sdk.specs.bindings import compile_bound
from livedeck.sdk.specs.conditionals import compile_conditional
from livedeck.sdk.specs.gates import compile_gate
from livedeck.sdk.specs.settings import CompileSettings, duration, identifier
from livedeck.sdk.specs.tasks import resources
from livedeck.sdk.tasks import Task
from livedeck.sdk.types import Location


def compile_node(
    node: Node, settings: CompileSettings, orders: OrderNotes, *, interruptible: bool | None = None, within: str = ""
) -> workflow_pb2.Node:
    """Compile one call of a task or workflow, or a conditional.

    Args:
        node: the call.
        settings: what the compiled form says beyond the program.
        orders: what there is to note about the dicts in its bindings is added.
        interruptible: what the workflow says for tasks that do not.
        within: what is put before the node's id where it is registered: the ids of the conditionals that it is in.
    """
    name = f"{within}{node.id}"
    compiled = workflow_pb2.Node(
        id=node.id,
        metadata=_node_metadata(node, node.overrides, interruptible=interruptible),
        inputs=[
            compile_bound(variable, each, Location(node.entity.name, variable), settings.data, orders, node_id=name)
            for variable, each in node.bindings.items()
        ],
        upstream_node_ids=[before.id for before in node.upstream],
    )
    if isinstance(node.entity, Task):
        compiled.task_node.CopyFrom(_task_node(node, node.entity, node.entity, settings))
    elif isinstance(node.entity, MapTask):
        compiled.array_node.CopyFrom(_array_node(node, node.entity, compiled, settings, interruptible=interruptible))
        compiled.metadata.CopyFrom(workflow_pb2.NodeMetadata(name=compiled.metadata.name))
    elif isinstance(node.entity, Conditional):
        ways = [
            compile_node(way.node, settings, orders, interruptible=interruptible, within=f"{name}-")
            for way in node.entity.ways
        ]
        compiled.branch_node.if_else.CopyFrom(compile_conditional(node.entity, ways, settings.data))
    elif isinstance(node.entity, Gate):
        compiled.gate_node.CopyFrom(compile_gate(node.entity))
    elif isinstance(node.entity, Reference):
        _refer(compiled, node.entity)
    elif isinstance(node.entity, LaunchPlan):
        reference = identifier(ResourceType.LAUNCH_PLAN, node.entity.name, settings)
        compiled.workflow_node.launchplan_ref.CopyFrom(reference)
    else:
        reference = identifier(ResourceType.WORKFLOW, node.entity.name, settings)
        compiled.workflow_node.sub_workflow_ref.CopyFrom(reference)
    return compiled


def reference_id(entity: Reference[..., Any]) -> Identifier:
    """Return the id of what is registered on the server."""
    return Identifier(
        resource_type=ResourceType.TASK if isinstance(entity, ReferenceTask) else ResourceType.LAUNCH_PLAN,
        project=entity.project,
        domain=entity.domain,
        name=entity.name,
        version=entity.version,
    )


def _refer(compiled: workflow_pb2.Node, entity: Reference[..., Any]) -> None:
    """Have a node run what is registered on the server."""
    reference = reference_id(entity)
    if isinstance(entity, ReferenceTask):
        compiled.task_node.reference_id.CopyFrom(reference)
    else:
        compiled.workflow_node.launchplan_ref.CopyFrom(reference)


def _recorded_as(entity: MapTask) -> "workflow_pb2.ArrayNode.ExecutionMode":
    """Return whether the items are nodes on record: as in Flyte those that run launch plans are.

    So are those of a task that is registered already, which takes no lists.
    """
    nodes = not isinstance(entity.task, Task)
    return workflow_pb2.ArrayNode.FULL_STATE if nodes else workflow_pb2.ArrayNode.MINIMAL_STATE


def _task_node(
    node: Node, entity: Task[..., Any] | MapTask, task: Task[..., Any], settings: CompileSettings
) -> workflow_pb2.TaskNode:
    """Return what runs a task, or a map of it, with the node's resources if it changes them.

    Requests or limits alone leave the other as the task says.
    """
    made = workflow_pb2.TaskNode(reference_id=identifier(ResourceType.TASK, entity.name, settings))
    requests, limits = node.overrides.requests, node.overrides.limits
    if requests is not None or limits is not None:
        of_task = task.options
        made.overrides.resources.CopyFrom(resources(requests or of_task.requests, limits or of_task.limits))
    if node.overrides.accelerator is not None:
        made.overrides.extended_resources.gpu_accelerator.device = node.overrides.accelerator
    if node.overrides.image is not None:
        made.overrides.container_image = node.overrides.image
    return made


def _array_node(
    node: Node,
    entity: MapTask,
    compiled: workflow_pb2.Node,
    settings: CompileSettings,
    *,
    interruptible: bool | None,
) -> workflow_pb2.ArrayNode:
    """Return what maps a task or launch plan: the node of one item, and how many run and have to succeed."""
    said = entity.options
    item = workflow_pb2.Node(
        # As flytekit has it: of a task the name as it is, of a launch plan the id that a node of its own would have.
        id=entity.name if isinstance(entity.task, Task) else dns_label(entity.name),
        metadata=_node_metadata(node, entity.item_overrides(node.overrides), interruptible=interruptible),
        inputs=compiled.inputs,
    )
    if isinstance(entity.task, Reference):
        _refer(item, entity.task)
    elif isinstance(entity.task, LaunchPlan):
        plan = identifier(ResourceType.LAUNCH_PLAN, entity.task.name, settings)
        item.workflow_node.launchplan_ref.CopyFrom(plan)
    else:
        item.task_node.CopyFrom(_task_node(node, entity, entity.task, settings))
    array = workflow_pb2.ArrayNode(
        node=item,
        execution_mode=_recorded_as(entity),
        is_original_sub_node_interface=BoolValue(value=isinstance(entity.task, ReferenceTask)),
        bound_inputs=sorted(entity.bound_inputs),
        run_all_sub_nodes=said.run_all_sub_nodes,
    )
    if said.concurrency is not None:
        array.parallelism = said.concurrency
    if said.min_successes:
        array.min_successes = said.min_successes
    elif said.min_success_ratio is not None:
        array.min_success_ratio = said.min_success_ratio
    return array


def _node_metadata(node: Node, overrides: NodeOverrides, *, interruptible: bool | None) -> workflow_pb2.NodeMetadata:
    """Return the node's options: as overridden, else the task's."""
    metadata = workflow_pb2.NodeMetadata(name=overrides.name or node.entity.display_name)
    timeout = overrides.timeout or (node.entity.timeout if isinstance(node.entity, Gate) else None)
    if timeout is not None:
        metadata.timeout.CopyFrom(duration(timeout))
    task = node.entity.task if isinstance(node.entity, MapTask) else node.entity
    if not isinstance(task, Task):
        _add_overrides(metadata, node, overrides)
        return metadata
    options = task.options
    timeout = overrides.timeout or options.timeout
    if timeout is not None:
        metadata.timeout.CopyFrom(duration(timeout))
    metadata.retries.retries = options.retries if overrides.retries is None else overrides.retries
    # Stated on the node, not in the workflow's metadata_defaults alone: an engine looks at a node and its task.
    stated = [each for each in (overrides.interruptible, options.interruptible, interruptible) if each is not None]
    if stated:
        metadata.interruptible = stated[0]
    _add_cache(metadata, task, overrides)
    return metadata


def _add_overrides(metadata: workflow_pb2.NodeMetadata, node: Node, overrides: NodeOverrides) -> None:
    """State what the node changes of something whose own options are not known here."""
    if overrides.timeout is not None:
        metadata.timeout.CopyFrom(duration(overrides.timeout))
    if overrides.retries is not None:
        metadata.retries.retries = overrides.retries
    if overrides.interruptible is not None:
        metadata.interruptible = overrides.interruptible
    if overrides.cache:
        if not overrides.cache_version:
            raise UserError(
                f"{node.entity.name}: with_overrides(cache=True) of what is no task needs a cache_version=..., which "
                "tells when it has changed"
            )
        metadata.cacheable, metadata.cache_version = True, overrides.cache_version
        metadata.cache_serializable = bool(overrides.cache_serialize)


def _add_cache(metadata: workflow_pb2.NodeMetadata, task: Task[..., Any], overrides: NodeOverrides) -> None:
    if overrides.cache is not None:
        metadata.cacheable = overrides.cache
    if overrides.cache_serialize is not None:
        metadata.cache_serializable = overrides.cache_serialize
    if overrides.cache_version is not None:
        metadata.cache_version = overrides.cache_version
    elif overrides.cache and task.options.cache is None:
        metadata.cache_version = code_version(task.function)
