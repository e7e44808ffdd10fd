"""A task execution (one attempt), event by event."""

from flyteidl.admin.task_execution_pb2 import Reason, TaskExecution
from flyteidl.core import execution_pb2 as core
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from flyteidl.event.event_pb2 import TaskExecutionEvent, TaskExecutionMetadata

from livedeck.admin.phases import TASK
from livedeck.admin.records.results import apply_result
from livedeck.admin.records.times import duration, occurred, span, timestamp


def identifier(event: TaskExecutionEvent) -> TaskExecutionIdentifier:
    """Return the id of the attempt that an event speaks of."""
    return TaskExecutionIdentifier(
        task_id=event.task_id,
        node_execution_id=event.parent_node_execution_id,
        retry_attempt=event.retry_attempt,
    )


def create(event: TaskExecutionEvent, now: int) -> TaskExecution:
    """Return the task execution that a first event speaks of; `apply` the event to it next."""
    task = TaskExecution(id=identifier(event))
    task.closure.created_at.CopyFrom(timestamp(occurred(event.occurred_at, now)))
    return task


def apply(task: TaskExecution, event: TaskExecutionEvent, now: int) -> None:
    """Change ``task`` as ``event`` says. The caller has asked `phases.judge` before."""
    at = occurred(event.occurred_at, now)
    closure = task.closure
    closure.phase = event.phase
    closure.updated_at.CopyFrom(timestamp(at))
    closure.event_version = event.event_version
    closure.task_type = event.task_type or closure.task_type
    if event.phase == core.TaskExecution.RUNNING and not closure.HasField("started_at"):
        closure.started_at.CopyFrom(timestamp(at))
    if event.phase in TASK.terminal:
        closure.duration.CopyFrom(duration(span(closure.started_at, at)))
    if event.input_uri:
        task.input_uri = event.input_uri
    if event.HasField("custom_info"):
        closure.custom_info.MergeFrom(event.custom_info)
    if event.HasField("log_context"):
        closure.log_context.CopyFrom(event.log_context)
    _apply_logs(task, event)
    _apply_reasons(task, event, at)
    _apply_metadata(closure.metadata, event.metadata)
    apply_result(closure, event)


def _apply_logs(task: TaskExecution, event: TaskExecutionEvent) -> None:
    """A log of the same name replaces the one known; others are kept."""
    fresh = {log.name: log for log in event.logs}
    kept = [log for log in task.closure.logs if log.name not in fresh]
    del task.closure.logs[:]
    task.closure.logs.extend([*kept, *event.logs])


def _apply_reasons(task: TaskExecution, event: TaskExecutionEvent, at: int) -> None:
    told = [Reason(message=reason.reason, occurred_at=reason.occurred_at) for reason in event.reasons]
    if event.reason and not told:
        told = [Reason(message=event.reason, occurred_at=timestamp(at))]
    for reason in told:
        if reason.message and reason.message != task.closure.reason:
            task.closure.reason = reason.message
            task.closure.reasons.append(reason)


def _apply_metadata(known: TaskExecutionMetadata, told: TaskExecutionMetadata) -> None:
    """External resources (items of a map task) are known by index and retry; the rest is replaced when told."""
    known.generated_name = told.generated_name or known.generated_name
    known.plugin_identifier = told.plugin_identifier or known.plugin_identifier
    known.instance_class = told.instance_class or known.instance_class
    fresh = {(resource.index, resource.retry_attempt) for resource in told.external_resources}
    kept = [item for item in known.external_resources if (item.index, item.retry_attempt) not in fresh]
    if fresh:
        del known.external_resources[:]
        known.external_resources.extend(
            sorted([*kept, *told.external_resources], key=lambda item: (item.index, item.retry_attempt))
        )
    if told.resource_pool_info:
        del known.resource_pool_info[:]
        known.resource_pool_info.extend(told.resource_pool_info)
