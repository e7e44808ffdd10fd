"""From the machine's reports to Flyte's events: the phase, and all that a viewer or another engine needs to know."""

import enum
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flyteidl.core.catalog_pb2 import CatalogCacheStatus, CatalogMetadata
from flyteidl.core.execution_pb2 import ExecutionError, TaskLog
from flyteidl.core.identifier_pb2 import Identifier, ResourceType, TaskExecutionIdentifier
from flyteidl.event.event_pb2 import (
    NodeExecutionEvent,
    ParentNodeExecutionMetadata,
    TaskExecutionEvent,
    TaskExecutionMetadata,
    TaskNodeMetadata,
    WorkflowExecutionEvent,
)
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.deck.settings import FLUSH_PENDING
from livedeck.propeller.addresses import Addresses
from livedeck.propeller.commands import Report, ReportNode, ReportTask, ReportWorkflow
from livedeck.propeller.control_plane import ExecutionEvent
from livedeck.propeller.events import Path
from livedeck.propeller.failures import Failure
from livedeck.propeller.phases import NodePhase, TaskPhase, WorkflowPhase
from livedeck.propeller.plan import START, NodePlan, ScopePlan, TaskPlan
from livedeck.propeller.state import ScopeState, plan_at
from livedeck.store import join_uri, split_uri
from livedeck.store.layout import DECK, LOG

PLUGIN = "container"
"""Flyte's name of the plugin that runs a task template's container."""


@dataclass
class Observations:
    """What the shell has found out about an execution's nodes and attempts, beyond their phases."""

    outputs: dict[Path, str]
    """Where the outputs of nodes lie."""
    cached_from: dict[Path, TaskExecutionIdentifier] = field(default_factory=dict)
    """Which attempt the outputs of a node were taken from."""
    cache_status: "dict[Path, CatalogCacheStatus]" = field(default_factory=dict)
    """What the cache said about a node."""
    handles: dict[tuple[Path, int], str] = field(default_factory=dict)
    """What the executor calls an attempt."""
    started: dict[tuple[Path, int], datetime] = field(default_factory=dict)
    """When an attempt was seen to start."""
    ended: dict[tuple[Path, int], datetime] = field(default_factory=dict)
    """When its result was stored or its process ended, which may be long before an engine hears of it."""
    flushing: set[tuple[Path, int]] = field(default_factory=set)
    """Attempts whose process went on when their result was stored."""


class EventWriter:
    """Writes the events of one execution.

    Args:
        addresses: the execution's names, and where things lie.
        owner: this engine's name (Flyte's ``producer_id``).
        observations: what is known of nodes and attempts.
    """

    def __init__(self, addresses: Addresses, owner: str, observations: Observations) -> None:
        self._addresses = addresses
        self._owner = owner
        self._observations = observations

    def write(self, report: Report, root: ScopeState) -> ExecutionEvent:
        """Make the event that a report stands for."""
        match report:
            case ReportWorkflow():
                return self.write_workflow(report)
            case ReportNode():
                return self._node(report, root)
            case ReportTask():
                return self._task(report, root)

    def write_workflow(self, report: ReportWorkflow) -> WorkflowExecutionEvent:
        """Make the event of the execution itself, which needs no node to stand anywhere."""
        event = WorkflowExecutionEvent(
            execution_id=self._addresses.execution,
            producer_id=self._owner,
            phase=_wire(report.phase),
            occurred_at=_now(),
        )
        if report.phase is WorkflowPhase.SUCCEEDED:
            event.output_uri = self._addresses.workflow_outputs_uri()
        elif report.failure is not None:
            event.error.CopyFrom(execution_error(report.failure))
        return event

    def _node(self, report: ReportNode, root: ScopeState) -> NodeExecutionEvent:
        path = report.path
        plan = plan_at(root, path)
        name = self._addresses.node(root, path)
        now = _now()
        event = NodeExecutionEvent(
            id=self._addresses.node_id(name),
            producer_id=self._owner,
            phase=_wire(report.phase),
            occurred_at=now,
            reported_at=now,
            spec_node_id=plan.id,
            node_name=plan.node.metadata.name or plan.id,
            event_version=1,
        )
        if plan.id != START:
            event.input_uri = self._addresses.inputs_uri(name)
        if len(path) > 1:
            parent = self._addresses.node(root, path[:-1])
            event.parent_node_metadata.CopyFrom(ParentNodeExecutionMetadata(node_id=parent))
            event.retry_group = "0"
        self._add_target(event, plan)
        self._add_result(event, report, plan, name)
        return event

    def _add_target(self, event: NodeExecutionEvent, plan: NodePlan) -> None:
        if isinstance(plan.detail, TaskPlan):
            event.target_entity.CopyFrom(plan.detail.template.id)
        elif isinstance(plan.detail, ScopePlan):
            event.is_parent = True
            event.target_entity.CopyFrom(plan.detail.id)

    def _add_result(self, event: NodeExecutionEvent, report: ReportNode, plan: NodePlan, name: str) -> None:
        if report.failure is not None:
            event.error.CopyFrom(execution_error(report.failure))
        elif report.phase is NodePhase.SUCCEEDED and report.path in self._observations.outputs:
            event.output_uri = self._observations.outputs[report.path]
        if isinstance(plan.detail, TaskPlan):
            self._add_cache(event, report, plan.detail)
            if plan.detail.generates_deck and report.phase is not NodePhase.QUEUED:
                event.deck_uri = self._deck(report, name)

    def _add_cache(self, event: NodeExecutionEvent, report: ReportNode, task: TaskPlan) -> None:
        status = self._observations.cache_status.get(report.path)
        if status is None or not report.phase.terminal:
            return
        event.task_node_metadata.CopyFrom(TaskNodeMetadata(cache_status=status))
        source = self._observations.cached_from.get(report.path)
        dataset = Identifier()
        dataset.CopyFrom(task.template.id)
        dataset.resource_type = ResourceType.DATASET
        dataset.version = task.cache_version
        event.task_node_metadata.catalog_key.CopyFrom(CatalogMetadata(dataset_id=dataset, source_task_execution=source))

    def _deck(self, report: ReportNode, name: str) -> str:
        """The attempt's own Deck, or that of the run that filled the cache."""
        if report.cached and report.path in self._observations.outputs:
            return join_uri(split_uri(self._observations.outputs[report.path])[0], DECK)
        return f"{self._addresses.attempt_prefix(name, report.attempt)}/{DECK}"

    def _task(self, report: ReportTask, root: ScopeState) -> TaskExecutionEvent:
        task: TaskPlan = plan_at(root, report.path).detail
        name = self._addresses.node(root, report.path)
        now = _now()
        moment = self._moment(report)
        event = TaskExecutionEvent(
            task_id=task.template.id,
            parent_node_execution_id=self._addresses.node_id(name),
            retry_attempt=report.attempt,
            phase=_wire(report.phase),
            producer_id=self._owner,
            occurred_at=_timestamp(moment) if moment else now,
            reported_at=now,
            input_uri=self._addresses.inputs_uri(name),
            task_type=task.template.type,
            event_version=1,
            logs=[TaskLog(name="output", uri=f"{self._addresses.attempt_prefix(name, report.attempt)}/{LOG}")],
            metadata=self._task_metadata(report, task),
            reason=report.reason,
        )
        if (
            report.phase.terminal
            and task.generates_deck
            and (report.path, report.attempt) in self._observations.flushing
        ):
            event.custom_info.update({FLUSH_PENDING: True})
        if report.phase is TaskPhase.SUCCEEDED:
            event.output_uri = self._addresses.outputs_uri(name, report.attempt)
        elif report.failure is not None:
            event.error.CopyFrom(execution_error(report.failure))
        return event

    def _moment(self, report: ReportTask) -> datetime | None:
        """When it really happened, as far as that is known and not before what was recorded of it already."""
        key = (report.path, report.attempt)
        started, ended = self._observations.started.get(key), self._observations.ended.get(key)
        if not report.phase.terminal:
            return started if report.phase is TaskPhase.RUNNING else None
        return ended if started and ended and started <= ended else None

    def _task_metadata(self, report: ReportTask, task: TaskPlan) -> TaskExecutionMetadata:
        return TaskExecutionMetadata(
            generated_name=self._observations.handles.get((report.path, report.attempt), ""),
            plugin_identifier=PLUGIN,
            instance_class=TaskExecutionMetadata.INTERRUPTIBLE if task.interruptible else TaskExecutionMetadata.DEFAULT,
        )


def execution_error(failure: Failure) -> ExecutionError:
    """A failure in Flyte's form."""
    return ExecutionError(
        code=failure.code,
        message=failure.message,
        error_uri=failure.error_uri,
        kind=_wire(failure.blame),
        worker=failure.worker,
    )


def _wire(member: enum.IntEnum) -> Any:
    """The number that Flyte has for it, which protobuf's types want to be of a class that exists in stubs only.

    Flyte's own engine says FAILED of every failed attempt, whether or not another follows: so its clients expect.
    """
    return int(TaskPhase.FAILED if member is TaskPhase.RETRYABLE_FAILED else member)


def _now() -> Timestamp:
    microseconds = time.time_ns() // 1000  # as precise as what is recorded
    return Timestamp(seconds=microseconds // 10**6, nanos=microseconds % 10**6 * 1000)


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
