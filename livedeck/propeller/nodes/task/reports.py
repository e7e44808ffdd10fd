"""What is recorded of a task's node and its attempts, beyond what is recorded of every node."""

from flyteidl.core.catalog_pb2 import CatalogMetadata
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.event.event_pb2 import (
    NodeExecutionEvent,
    TaskExecutionEvent,
    TaskExecutionMetadata,
    TaskNodeMetadata,
)

from livedeck.deck.settings import FLUSH_PENDING
from livedeck.propeller.commands import ReportNode, ReportTask
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.gangs import DECKS, RANKS
from livedeck.propeller.phases import NodePhase
from livedeck.propeller.plan import TaskPlan

PLUGIN = "container"
"""Flyte's name of the plugin that runs a task template's container."""


def describe_node(task: TaskPlan, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
    """Add the task, whether it starts executions, what the cache said, and the Deck."""
    event.target_entity.CopyFrom(task.template.id)
    event.is_eager = task.eager
    _add_cache(task, event, report, context)
    if report.phase not in (NodePhase.QUEUED, NodePhase.SKIPPED):
        event.deck_uri = _deck(task, report, context)


def describe_attempt(task: TaskPlan, event: TaskExecutionEvent, report: ReportTask, context: ReportContext) -> None:
    """Add the task, who runs the attempt, and whether it is still to flush its Deck."""
    event.task_id.CopyFrom(task.template.id)
    event.task_type = task.template.type
    event.metadata.plugin_identifier = PLUGIN
    # As in Flyte the last attempt that the budget of system failures pays for is not to be interrupted.
    interruptible = task.interruptible and context.system_failures < task.system_retries
    event.metadata.instance_class = (
        TaskExecutionMetadata.INTERRUPTIBLE if interruptible else TaskExecutionMetadata.DEFAULT
    )
    flushing = (report.path, report.attempt) in context.observations.flushing
    if task.gang is not None and task.gang.led:
        event.custom_info.update({RANKS: task.gang.size, DECKS: task.gang.decks and task.generates_deck is not False})
    if report.phase.terminal and task.generates_deck is not False and flushing:
        event.custom_info.update({FLUSH_PENDING: True})


def _add_cache(task: TaskPlan, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
    status = context.observations.cache_status.get(report.path)
    if status is None or not report.phase.terminal:
        return
    reserved = context.observations.reservation_status.get(report.path)
    event.task_node_metadata.CopyFrom(TaskNodeMetadata(cache_status=status, reservation_status=reserved))
    source = context.observations.cached_from.get(report.path)
    dataset = Identifier()
    dataset.CopyFrom(task.template.id)
    dataset.resource_type = ResourceType.DATASET
    dataset.version = task.cache_version
    event.task_node_metadata.catalog_key.CopyFrom(CatalogMetadata(dataset_id=dataset, source_task_execution=source))


def _deck(task: TaskPlan, report: ReportNode, context: ReportContext) -> str:
    """Where the attempt's own Deck lies, or that of the run that filled the cache; empty: there is none."""
    if not task.generates_deck:
        return context.observations.latest_deck(report.path, report.attempt)
    if report.cached and report.path in context.observations.outputs:
        return context.addresses.deck_beside(context.observations.outputs[report.path])
    return context.addresses.deck_uri(context.name, report.attempt)
