"""Writes events down: judges each, changes the entities it speaks of, appends it to the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flyteidl.core import catalog_pb2
from flyteidl.core import execution_pb2 as core
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent
from sqlalchemy import select

from livedeck.admin.db import aborts, cache, deletions
from livedeck.admin.db.execution_rows import EventKind, ExecutionRows, NodeRow, TaskRow, task_key
from livedeck.admin.db.tables import events as events_table
from livedeck.admin.db.writer import Transaction
from livedeck.admin.names import check_execution, check_node_id, describe
from livedeck.admin.phases import NODE, TASK, WORKFLOW, Rules, Verdict, judge
from livedeck.admin.records import executions, items, nodes, tasks
from livedeck.errors import EntityExists, InvalidRequest, LeaseLost, NoSuchEntity, StateForbids
from livedeck.store.layout import split_item

ExecutionEvent = WorkflowExecutionEvent | NodeExecutionEvent | TaskExecutionEvent


_KINDS: Final[dict[type[ExecutionEvent], EventKind]] = {
    WorkflowExecutionEvent: EventKind.EXECUTION,
    NodeExecutionEvent: EventKind.NODE,
    TaskExecutionEvent: EventKind.TASK,
}
_SEEN: Final = select(events_table.c.number).limit(1)


@dataclass(frozen=True)
class Reporter:
    """The sender of events, which decides what is done with an event that is no news."""

    owner: str | None
    """The lease holder; None for a client of the event calls, who needs no lease."""

    @property
    def strict(self) -> bool:
        """Repeats and late events are refused, as flyteadmin refuses them."""
        return self.owner is None


def record(transaction: Transaction, reporter: Reporter, events: Sequence[ExecutionEvent]) -> None:
    """Record events in order.

    Raises:
        LeaseLost: The reporter does not hold the lease of an event's execution.
        EntityExists: A strict reporter repeats a phase.
        StateForbids: The entity is in a terminal phase, or (strict) has moved past the reported one.
        NoSuchEntity: The execution, or the node an attempt or a child belongs to, was never heard of.
        InvalidRequest: An id or a phase is not allowed.
    """
    by_execution: dict[bytes, ExecutionRows] = {}
    for identifier, own in _by_execution(events):
        key = identifier.SerializeToString(deterministic=True)
        if key not in by_execution:
            by_execution[key] = _open(transaction, reporter, identifier)
        rows = by_execution[key]
        for event in own:
            _record_one(rows, reporter, event)
    for rows in by_execution.values():
        rows.write()
    # After all is written: a child may be among the executions that the events are of.
    for rows in by_execution.values():
        for node_id in rows.left_children:
            aborts.abort_children(transaction, rows.row_id, node_id)


def execution_of(event: ExecutionEvent) -> WorkflowExecutionIdentifier:
    """Return the execution that an event speaks of."""
    if isinstance(event, WorkflowExecutionEvent):
        return event.execution_id
    if isinstance(event, NodeExecutionEvent):
        return event.id.execution_id
    return event.parent_node_execution_id.execution_id


def _by_execution(
    events: Sequence[ExecutionEvent],
) -> list[tuple[WorkflowExecutionIdentifier, list[ExecutionEvent]]]:
    runs: list[tuple[WorkflowExecutionIdentifier, list[ExecutionEvent]]] = []
    for event in events:
        identifier = execution_of(event)
        if not runs or runs[-1][0] != identifier:
            runs.append((identifier, []))
        runs[-1][1].append(event)
    return runs


def _open(transaction: Transaction, reporter: Reporter, identifier: WorkflowExecutionIdentifier) -> ExecutionRows:
    check_execution(identifier)
    rows = ExecutionRows.open(transaction, identifier)
    if reporter.owner is not None and rows.lease_owner != reporter.owner:
        holder = f"{rows.lease_owner!r} does" if rows.lease_owner else "nobody does"
        raise LeaseLost(f"{reporter.owner!r} does not hold the lease on {describe(identifier)}: {holder}")
    return rows


def _record_one(rows: ExecutionRows, reporter: Reporter, event: ExecutionEvent) -> None:
    if isinstance(event, WorkflowExecutionEvent):
        _record_execution(rows, reporter, event)
    elif isinstance(event, NodeExecutionEvent):
        _record_node(rows, reporter, event)
    else:
        _record_task(rows, reporter, event)


def _record_execution(rows: ExecutionRows, reporter: Reporter, event: WorkflowExecutionEvent) -> None:
    current = rows.execution.closure.phase
    _check_phase(WORKFLOW, event.phase)
    verdict = judge(WORKFLOW, current, event.phase)
    if not _is_news(rows, reporter, event, verdict, core.WorkflowExecution.Phase.Name(current)):
        return
    executions.apply(rows.execution, event, rows.transaction.now)
    if event.phase in WORKFLOW.terminal:
        cache.release_all(rows.transaction, rows.row_id)
    rows.changed = rows.add_event(EventKind.EXECUTION, event.phase, event.SerializeToString(deterministic=True))
    if event.phase in WORKFLOW.terminal:
        identifier = event.execution_id
        key = f"{identifier.project}/{identifier.domain}/{identifier.name}"
        rows.transaction.ended.append((key, core.WorkflowExecution.Phase.Name(event.phase)))


def _record_node(rows: ExecutionRows, reporter: Reporter, event: NodeExecutionEvent) -> None:
    check_node_id(event.id.node_id)
    _check_phase(NODE, event.phase)
    rows.load(event.id.node_id)
    row = rows.nodes.get(event.id.node_id)
    if row is None:
        row = NodeRow(nodes.create(event, rows.transaction.now), parent=_parent_of(rows, event))
    current = row.message.closure.phase
    verdict = judge(NODE, current, event.phase, news=nodes.says_something_new(row.message, event))
    if not _is_news(rows, reporter, event, verdict, core.NodeExecution.Phase.Name(current)):
        return
    rows.nodes[event.id.node_id] = row
    nodes.apply(row.message, event, rows.transaction.now)
    if event.task_node_metadata.HasField("dynamic_workflow"):
        row.dynamic_workflow = event.task_node_metadata.dynamic_workflow.SerializeToString()
    if event.task_node_metadata.cache_status == catalog_pb2.CACHE_HIT:
        source = event.task_node_metadata.catalog_key.source_task_execution
        deletions.note_uses(rows.transaction, rows.row_id, [source.node_execution_id.execution_id])
    if event.phase == core.NodeExecution.SUCCEEDED and event.HasField("workflow_node_metadata"):
        deletions.note_uses(rows.transaction, rows.row_id, [event.workflow_node_metadata.execution_id])
    metadata = row.message.metadata
    if event.phase in NODE.terminal and (metadata.is_eager or metadata.is_array):  # the items of an array may be eager
        rows.left_children.append(event.id.node_id)
    row.changed = rows.add_event(EventKind.NODE, event.phase, event.SerializeToString(deterministic=True))


def _parent_of(rows: ExecutionRows, event: NodeExecutionEvent) -> str | None:
    """The node that a new node belongs to; by its own id, or through the attempt that made it (dynamic tasks)."""
    if event.parent_node_metadata.node_id:
        parent = event.parent_node_metadata.node_id
    elif event.HasField("parent_task_metadata"):
        parent = event.parent_task_metadata.id.node_execution_id.node_id
    else:
        return None
    rows.load(check_node_id(parent))
    if parent not in rows.nodes:
        raise NoSuchEntity(f"node {event.id.node_id!r} names as its parent {parent!r}, which was never reported")
    return parent


def _record_task(rows: ExecutionRows, reporter: Reporter, event: TaskExecutionEvent) -> None:
    name = event.parent_node_execution_id.node_id
    node_id, item = split_item(name)
    rows.load(node_id)
    if item is not None:
        rows.load(name)
    if node_id not in rows.nodes:
        raise NoSuchEntity(
            f"an attempt of {event.task_id.name!r} belongs to node {node_id!r}, which was never reported"
        )
    _check_phase(TASK, event.phase)
    key = task_key(tasks.identifier(event))
    row = rows.tasks.get(key)
    if row is None:
        row = TaskRow(tasks.create(event, rows.transaction.now), phase_version=-1)
    current = row.message.closure.phase
    verdict = judge(TASK, current, event.phase, news=event.phase_version > row.phase_version)
    if not _is_news(rows, reporter, event, verdict, core.TaskExecution.Phase.Name(current)):
        return
    rows.tasks[key] = row
    tasks.apply(row.message, event, rows.transaction.now)
    row.phase_version = event.phase_version
    if item is not None and (source := items.source_of(event)) is not None:
        deletions.note_uses(rows.transaction, rows.row_id, [source.execution_id])
    row.changed = rows.add_event(EventKind.TASK, event.phase, event.SerializeToString(deterministic=True))


def _check_phase(rules: Rules, phase: int) -> None:
    if phase not in rules.next or phase == 0:
        raise InvalidRequest(f"an event reports phase {phase}, which is not a phase that an entity can be in")


def _is_news(rows: ExecutionRows, reporter: Reporter, event: ExecutionEvent, verdict: Verdict, current: str) -> bool:
    """Tell whether to record the event; raise if its reporter is to hear that it is not."""
    if verdict is Verdict.APPLY:
        return True
    kind = _KINDS[type(event)]
    subject = f"{kind.name.lower()} of {describe(execution_of(event))}"
    if verdict is Verdict.REPEAT:
        if reporter.strict:
            raise EntityExists(f"{subject}: phase {current} was recorded before")
        return False
    if not reporter.strict and (verdict is Verdict.LATE or _was_recorded(rows, kind, event)):
        return False
    if verdict is Verdict.OVER:
        raise StateForbids(f"{subject} is over ({current}): no event can change it")
    raise StateForbids(f"{subject} has reached {current} already and does not go back")


def _was_recorded(rows: ExecutionRows, kind: EventKind, event: ExecutionEvent) -> bool:
    """Tell whether exactly this event is in the log: a reporter that was killed may send it again."""
    message = event.SerializeToString(deterministic=True)
    if any(row["message"] == message and row["kind"] == kind for row in rows.new_events):
        return True
    found = rows.transaction.connection.scalar(
        _SEEN.where(
            events_table.c.execution_id == rows.row_id, events_table.c.kind == kind, events_table.c.message == message
        )
    )
    return found is not None
