"""From the machine's reports to Flyte's events: the phase, and all that a viewer or another engine needs to know.

What is true of every node is written here; what only a kind of node knows, its handler adds.
"""

import enum
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flyteidl.core.execution_pb2 import ExecutionError, TaskLog
from flyteidl.event.event_pb2 import (
    NodeExecutionEvent,
    ParentNodeExecutionMetadata,
    TaskExecutionEvent,
    TaskExecutionMetadata,
    WorkflowExecutionEvent,
)
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.propeller.addresses import Addresses
from livedeck.propeller.commands import Report, ReportNode, ReportTask, ReportWorkflow
from livedeck.propeller.control_plane import ExecutionEvent
from livedeck.propeller.failures import Failure
from livedeck.propeller.observations import Observations, Source
from livedeck.propeller.phases import NodePhase, TaskPhase, WorkflowPhase
from livedeck.propeller.plan import Path
from livedeck.propeller.state import ScopeState, node_at, plan_at, scope_at


@dataclass(frozen=True)
class ReportContext:
    """What a node's handler may use to describe the node in an event."""

    name: str
    """The node's unique id."""
    addresses: Addresses
    observations: Observations
    scope: ScopeState | None = None
    """The nodes that the node holds, as they stand."""
    system_failures: int = 0
    """How many of the node's attempts have failed by what they ran on."""


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
        context = self._context(path, root)
        now = _now()
        moment = self._moment((path, report.attempt), report.phase)
        event = NodeExecutionEvent(
            id=self._addresses.node_id(context.name),
            producer_id=self._owner,
            phase=_wire(report.phase),
            occurred_at=_timestamp(moment) if moment else now,
            reported_at=now,
            input_uri=self._addresses.inputs_uri(context.name),
            spec_node_id=plan.id,
            node_name=plan.node.metadata.name or plan.id,
            event_version=1,
        )
        if len(path) > 1:
            parent = self._addresses.node(root, path[:-1])
            event.parent_node_metadata.CopyFrom(ParentNodeExecutionMetadata(node_id=parent))
            event.retry_group = str(scope_at(root, path[:-1]).retry_group)
        if report.failure is not None:
            event.error.CopyFrom(execution_error(report.failure))
        elif report.phase in _GIVE_OUTPUTS and path in self._observations.outputs:
            event.output_uri = self._observations.outputs[path]
        elif report.phase is NodePhase.SKIPPED:
            event.ClearField("input_uri")  # they were never put together
        plan.handler.describe_node(event, report, context)
        source = self._observations.recovered_from.get(path)
        if source is not None:
            _add_source(event, source)
        return event

    def _task(self, report: ReportTask, root: ScopeState) -> TaskExecutionEvent:
        context = self._context(report.path, root)
        name = context.name
        now = _now()
        moment = self._moment((report.path, report.attempt), report.phase)
        event = TaskExecutionEvent(
            parent_node_execution_id=self._addresses.node_id(name),
            retry_attempt=report.attempt,
            phase=_wire(report.phase),
            producer_id=self._owner,
            occurred_at=_timestamp(moment) if moment else now,
            reported_at=now,
            input_uri=self._addresses.inputs_uri(name),
            event_version=1,
            logs=[TaskLog(name="output", uri=self._addresses.log_uri(name, report.attempt))],
            metadata=TaskExecutionMetadata(
                generated_name=self._observations.handles.get((report.path, report.attempt), "")
            ),
            reason=report.reason,
        )
        if report.phase is TaskPhase.SUCCEEDED:
            event.output_uri = self._addresses.outputs_uri(name, report.attempt)
        elif report.failure is not None:
            event.error.CopyFrom(execution_error(report.failure))
        plan_at(root, report.path).handler.describe_attempt(event, report, context)
        return event

    def _context(self, path: Path, root: ScopeState) -> ReportContext:
        node, name = node_at(root, path), self._addresses.node(root, path)
        return ReportContext(name, self._addresses, self._observations, node.scope, node.system_failures)

    def _moment(self, attempt: tuple[Path, int], phase: NodePhase | TaskPhase) -> datetime | None:
        """When an attempt, or a node with it, really began or ended; None where that is not known.

        While no engine was there, that was long before one hears of it.
        """
        started, ended = self._observations.started.get(attempt), self._observations.ended.get(attempt)
        if not phase.terminal:
            return started if phase is TaskPhase.RUNNING or phase is NodePhase.RUNNING else None
        return ended if started and ended and started <= ended else None


_GIVE_OUTPUTS = frozenset({NodePhase.SUCCEEDED, NodePhase.RECOVERED})


def _add_source(event: NodeExecutionEvent, source: Source) -> None:
    """Say where a node comes from that is recovered, or its task: Deck, attempt and child are those of then."""
    event.deck_uri = source.deck_uri
    if source.cached is not None:
        event.task_node_metadata.MergeFrom(source.cached)
    elif source.child is not None:
        event.workflow_node_metadata.execution_id.CopyFrom(source.child)


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
