"""Items of array nodes: their attempts are recorded one by one, and Flyte's one attempt is put together from them."""

from collections.abc import Mapping, Sequence
from typing import Final

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import catalog_pb2
from flyteidl.core import execution_pb2 as core
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import TaskExecutionEvent

ARRAY_TYPE: Final = "k8s-array"
"""Flyte's task type of the attempt that stands for all items of an array node."""
SIZE: Final = "items"
BOUND: Final = "bound_inputs"
"""Keys of the ``custom_info`` of that attempt: how many items there are, and which inputs each is given whole."""
DECK_URI: Final = "deck_uri"
SOURCE: Final = "cached_from"
"""Keys of the ``custom_info`` of an item's attempt: its Deck, and which attempt its outputs were taken from."""

_K, _N = core.TaskExecution, core.NodeExecution
_NODE_PHASES: Final[Mapping[int, "core.NodeExecution.Phase"]] = {
    _K.QUEUED: _N.QUEUED,
    _K.WAITING_FOR_RESOURCES: _N.QUEUED,
    _K.RUNNING: _N.RUNNING,
    _K.SUCCEEDED: _N.SUCCEEDED,
    _K.FAILED: _N.FAILED,
    _K.ABORTED: _N.ABORTED,
}
_NODE_ENDS: Final = frozenset({_N.SUCCEEDED, _N.FAILED, _N.ABORTED})


def stands_for_items(task: TaskExecution) -> bool:
    """Tell whether an attempt is that of an array node."""
    return bool(task.closure.task_type == ARRAY_TYPE)


def is_item_of(index: int, array: Sequence[TaskExecution]) -> bool:
    """Tell whether an array node with these attempts has an item of that number; before it has any, nobody knows."""
    told = [task.closure.custom_info.fields for task in array]
    return not any(SIZE in facts and index >= facts[SIZE].number_value for facts in told)


def inputs_of(index: int, inputs: LiteralMap, array: Sequence[TaskExecution]) -> LiteralMap:
    """Return the inputs of one item: its members of the lists that the array node is given.

    Args:
        index: The item's number.
        inputs: The array node's.
        array: Its attempts, which say what each item is given whole.
    """
    facts = [task.closure.custom_info.fields for task in array]
    told = [{each.string_value for each in of[BOUND].list_value.values} for of in facts if BOUND in of]
    if not told:  # recorded by a version that did not say so
        return inputs
    found = LiteralMap()
    for name, literal in inputs.literals.items():
        members = literal.collection.literals
        whole = name in told[-1] or not literal.HasField("collection") or index >= len(members)
        found.literals[name].CopyFrom(literal if whole else members[index])
    return found


def add_resources(task: TaskExecution, attempts: Sequence[TaskExecution]) -> None:
    """Add the attempts of its items to the attempt of an array node, as Flyte has them."""
    told = [resource for attempt in attempts for resource in attempt.closure.metadata.external_resources]
    told.sort(key=lambda resource: (resource.index, resource.retry_attempt))
    task.closure.metadata.external_resources.extend(told)


def as_node(array: NodeExecution, attempts: Sequence[TaskExecution], name: str) -> NodeExecution:
    """Return the node that an item would be if it were one of its own.

    Args:
        array: The array node.
        attempts: The item's, oldest first.
        name: The item's.
    """
    node = NodeExecution(id=array.id, input_uri=array.input_uri)
    node.id.node_id = name
    node.metadata.spec_node_id = array.metadata.spec_node_id
    closure = node.closure
    closure.created_at.CopyFrom(array.closure.created_at)
    closure.updated_at.CopyFrom(array.closure.updated_at)
    if not attempts:  # it has not begun; when the array node is over, it never will
        over = array.closure.phase in _NODE_ENDS
        closure.phase = _N.ABORTED if over else _N.QUEUED
        return node
    first, latest = attempts[0].closure, attempts[-1].closure
    closure.phase = _NODE_PHASES.get(latest.phase, _N.QUEUED)
    closure.created_at.CopyFrom(first.created_at)
    closure.updated_at.CopyFrom(latest.updated_at)
    if first.HasField("started_at"):
        closure.started_at.CopyFrom(first.started_at)
    if closure.phase in _NODE_ENDS:
        closure.duration.CopyFrom(latest.duration)
    closure.output_uri = latest.output_uri
    if latest.HasField("error"):
        closure.error.CopyFrom(latest.error)
    if DECK_URI in latest.custom_info.fields:
        closure.deck_uri = latest.custom_info.fields[DECK_URI].string_value
    _add_cache(node, attempts[-1])
    return node


def _add_cache(node: NodeExecution, attempt: TaskExecution) -> None:
    if SOURCE not in attempt.closure.custom_info.fields:
        return
    cached = node.closure.task_node_metadata
    cached.cache_status = catalog_pb2.CACHE_HIT
    found = cached_source(attempt)
    if found is not None:
        cached.catalog_key.source_task_execution.CopyFrom(found)


def cached_source(attempt: TaskExecution) -> TaskExecutionIdentifier | None:
    """Return the attempt whose outputs an item's attempt took from the cache; None: it took none."""
    told = attempt.closure.custom_info.fields
    return _source(told[SOURCE].string_value, attempt.id) if SOURCE in told else None


def source_of(event: TaskExecutionEvent) -> NodeExecutionIdentifier | None:
    """Return the node whose outputs an item took from the cache; None: it took none."""
    if SOURCE not in event.custom_info.fields:
        return None
    found = _source(event.custom_info[SOURCE], TaskExecutionIdentifier(task_id=event.task_id))
    return found.node_execution_id if found is not None else None


def _source(name: object, attempt: TaskExecutionIdentifier) -> TaskExecutionIdentifier | None:
    parts = str(name).split("/")
    if len(parts) != 5 or not parts[4].isdecimal():
        return None
    project, domain, execution, node, number = parts
    run = WorkflowExecutionIdentifier(project=project, domain=domain, name=execution)
    return TaskExecutionIdentifier(
        task_id=attempt.task_id,
        node_execution_id=NodeExecutionIdentifier(node_id=node, execution_id=run),
        retry_attempt=int(number),
    )
