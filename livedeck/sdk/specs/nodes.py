"""A workflow's node as Flyte's ``Node``."""

from flyteidl.core import workflow_pb2
from flyteidl.core.identifier_pb2 import ResourceType

from livedeck.literals.order import OrderNotes
from livedeck.sdk.cache_versions import code_version
from livedeck.sdk.conditionals import Conditional
from livedeck.sdk.nodes import Node
from livedeck.sdk.specs.bindings import compile_bound
from livedeck.sdk.specs.conditionals import compile_conditional
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
        metadata=_node_metadata(node, interruptible=interruptible),
        inputs=[
            compile_bound(variable, each, Location(node.entity.name, variable), settings.data, orders, node_id=name)
            for variable, each in node.bindings.items()
        ],
        upstream_node_ids=[before.id for before in node.upstream],
    )
    if isinstance(node.entity, Task):
        reference = identifier(ResourceType.TASK, node.entity.name, settings)
        compiled.task_node.CopyFrom(workflow_pb2.TaskNode(reference_id=reference, overrides=_overrides(node)))
    elif isinstance(node.entity, Conditional):
        ways = [
            compile_node(way.node, settings, orders, interruptible=interruptible, within=f"{name}-")
            for way in node.entity.ways
        ]
        compiled.branch_node.if_else.CopyFrom(compile_conditional(node.entity, ways, settings.data))
    else:
        reference = identifier(ResourceType.WORKFLOW, node.entity.name, settings)
        compiled.workflow_node.sub_workflow_ref.CopyFrom(reference)
    return compiled


def _overrides(node: Node) -> workflow_pb2.TaskNodeOverrides:
    """Return the node's resources if it changes them; requests or limits alone leave the other as the task says."""
    requests, limits = node.overrides.requests, node.overrides.limits
    if not isinstance(node.entity, Task) or (requests is None and limits is None):
        return workflow_pb2.TaskNodeOverrides()
    of_task = node.entity.options
    return workflow_pb2.TaskNodeOverrides(resources=resources(requests or of_task.requests, limits or of_task.limits))


def _node_metadata(node: Node, *, interruptible: bool | None) -> workflow_pb2.NodeMetadata:
    """Return the node's options: as overridden, else the task's."""
    overrides = node.overrides
    metadata = workflow_pb2.NodeMetadata(name=overrides.name or node.entity.display_name)
    if not isinstance(node.entity, Task):
        return metadata
    options = node.entity.options
    timeout = overrides.timeout or options.timeout
    if timeout is not None:
        metadata.timeout.CopyFrom(duration(timeout))
    metadata.retries.retries = options.retries if overrides.retries is None else overrides.retries
    # Stated on the node, not in the workflow's metadata_defaults alone: an engine looks at a node and its task.
    stated = [each for each in (overrides.interruptible, options.interruptible, interruptible) if each is not None]
    if stated:
        metadata.interruptible = stated[0]
    _add_cache(metadata, node, has_version=options.cache is not None)
    return metadata


def _add_cache(metadata: workflow_pb2.NodeMetadata, node: Node, *, has_version: bool) -> None:
    overrides = node.overrides
    if overrides.cache is not None:
        metadata.cacheable = overrides.cache
    if overrides.cache_version is not None:
        metadata.cache_version = overrides.cache_version
    elif overrides.cache and not has_version:
        metadata.cache_version = code_version(node.entity.function)
