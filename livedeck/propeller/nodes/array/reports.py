"""What is recorded of an array node and its items.

As in Flyte the node has one attempt, of which each attempt of an item is an external resource. Here each of those is
recorded by itself, as an attempt of what goes by the item's name: an event tells of one item, however many there are,
and the control plane puts Flyte's one attempt together for who asks.
"""

from typing import Any

from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.identifier_pb2 import Identifier, TaskExecutionIdentifier
from flyteidl.event.event_pb2 import ExternalResourceInfo, NodeExecutionEvent, TaskExecutionEvent

from livedeck.propeller.commands import ReportTask
from livedeck.propeller.event_writer import ReportContext

PLUGIN = "k8s-array"
"""Flyte's name of the plugin that runs a task's items, and of the type of the attempt that stands for them."""
SIZE, MINIMUM, BOUND = "items", "min_successes", "bound_inputs"
"""Keys of that attempt's ``custom_info``: how many items there are, how many have to succeed, and which inputs each of
them is given whole."""
DECK_URI, SOURCE = "deck_uri", "cached_from"
"""Keys of the ``custom_info`` of an item's attempt: its Deck, and which attempt its outputs were taken from."""


def describe_node(event: NodeExecutionEvent, task: Identifier) -> None:
    """Add what the array node runs."""
    event.is_array = True
    event.target_entity.CopyFrom(task)


def describe_attempt(event: TaskExecutionEvent, task: Identifier, facts: dict[str, Any]) -> None:
    """Make the event one of the attempt that stands for all items: it has no process and no log."""
    event.task_id.CopyFrom(task)
    event.task_type = event.metadata.plugin_identifier = PLUGIN
    event.custom_info.update(facts)
    del event.logs[:]


def describe_item(event: TaskExecutionEvent, report: ReportTask, context: ReportContext, *, deck: bool | None) -> None:
    """Add what Flyte's attempt of the array node says of the attempt of an item, and what its node would say."""
    status = context.observations.cache_status.get(report.path)
    resource = ExternalResourceInfo(
        external_id=context.addresses.external_id(context.name),
        index=report.path[-1],
        retry_attempt=report.attempt,
        phase=event.phase,
        cache_status=status,
        logs=event.logs,
    )
    if status == CatalogCacheStatus.CACHE_HIT:
        event.output_uri = context.observations.outputs[report.path]
        event.custom_info.update({SOURCE: _name_of(context.observations.cached_from[report.path])})
        del resource.logs[:], event.logs[:]
    own = context.addresses.deck_uri(context.name, report.attempt)
    uri = own if deck else context.observations.decks.get((report.path, report.attempt))
    if uri is not None:
        event.custom_info.update({DECK_URI: uri})
    event.metadata.external_resources.append(resource)


def _name_of(source: TaskExecutionIdentifier) -> str:
    node = source.node_execution_id
    run = node.execution_id
    return f"{run.project}/{run.domain}/{run.name}/{node.node_id}/{source.retry_attempt}"
