"""The rows of one execution while events are written into them.

Events come in batches that touch the same few rows, so rows are loaded once per batch and written back once, in a
handful of statements, however many events there are. Statements stand at module level: SQLAlchemy compiles each once.
"""

import enum
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.event.event_pb2 import WorkflowExecutionEvent
from sqlalchemy import Connection, bindparam, insert, select, update

from livedeck.admin.db.prepared import Prepared
from livedeck.admin.db.tables import events, executions, node_executions, task_executions
from livedeck.admin.db.writer import Transaction
from livedeck.admin.names import describe
from livedeck.admin.records.times import microseconds, timestamp
from livedeck.errors import NoSuchEntity

TaskKey = tuple[str, str, str, str, str, int]
"""Node id; project, domain, name and version of the task; attempt."""


class EventKind(enum.IntEnum):
    """Which message a row of the log holds."""

    EXECUTION = 1
    """``flyteidl.event.WorkflowExecutionEvent``"""
    NODE = 2
    """``flyteidl.event.NodeExecutionEvent``"""
    TASK = 3
    """``flyteidl.event.TaskExecutionEvent``"""


_n, _t, _e = node_executions.c, task_executions.c, executions.c

_EXECUTION: Final = Prepared(
    select(_e.id, _e.lease_owner, _e.message).where(
        _e.project == bindparam("p_project"), _e.domain == bindparam("p_domain"), _e.name == bindparam("p_name")
    )
)
_NODE: Final = Prepared(
    select(_n.born, _n.message).where(_n.execution_id == bindparam("p_execution"), _n.node_id == bindparam("p_node"))
)
_TASKS: Final = Prepared(
    select(_t.born, _t.phase_version, _t.message).where(
        _t.execution_id == bindparam("p_execution"), _t.node_id == bindparam("p_node")
    )
)


def _values(*columns: str) -> dict[str, Any]:
    return {column: bindparam(column) for column in columns}


_TIMES: Final = ("phase", "updated_at", "started_at", "duration", "changed", "message")
_ATTEMPT: Final = ("node_id", "project", "domain", "name", "version", "retry_attempt")
_SET_EXECUTION: Final = Prepared(
    update(executions)
    .where(_e.id == bindparam("p_execution"))
    .values(**_values(*_TIMES, "error_code", "state", "abort_cause"))
)
_SET_NODE: Final = Prepared(
    update(node_executions)
    .where(_n.execution_id == bindparam("p_execution"), _n.node_id == bindparam("p_node"))
    .values(**_values(*_TIMES))
)
_SET_DYNAMIC: Final = Prepared(
    update(node_executions)
    .where(_n.execution_id == bindparam("p_execution"), _n.node_id == bindparam("p_node"))
    .values(**_values("dynamic_workflow"))
)
_SET_TASK: Final = Prepared(
    update(task_executions)
    .where(
        _t.execution_id == bindparam("p_execution"),
        _t.node_id == bindparam("p_node"),
        _t.project == bindparam("p_project"),
        _t.domain == bindparam("p_domain"),
        _t.name == bindparam("p_name"),
        _t.version == bindparam("p_version"),
        _t.retry_attempt == bindparam("p_retry"),
    )
    .values(**_values(*_TIMES, "phase_version"))
)
_ADD_NODE: Final = Prepared(
    insert(node_executions)
    .values(**_values("execution_id", "node_id", "parent_node_id", "created_at", "born", *_TIMES))
    .inline()
)
_ADD_TASK: Final = Prepared(
    insert(task_executions)
    .values(**_values("execution_id", *_ATTEMPT, "created_at", "born", "phase_version", *_TIMES))
    .inline()
)
_ADD_EVENT: Final = Prepared(
    insert(events).values(**_values("number", "execution_id", "kind", "phase", "recorded_at", "message")).inline()
)


@dataclass
class NodeRow:
    """A node execution on its way into the database."""

    message: NodeExecution
    born: int = 0
    """The event that made the row; 0: it is not in the database yet."""
    parent: str | None = None
    """Node id of the parent, for a row that is new."""
    changed: int = 0
    """The last event that changed it here; 0: nothing to write."""
    dynamic_workflow: bytes | None = None


@dataclass
class TaskRow:
    """A task execution on its way into the database."""

    message: TaskExecution
    phase_version: int
    born: int = 0
    changed: int = 0


@dataclass
class ExecutionRows:
    """The rows of one execution, loaded when asked for and written back by `write`."""

    transaction: Transaction
    row_id: int
    lease_owner: str | None
    stored: bytes
    """The execution as it was loaded; parsed only when asked for, since most events are not about it."""
    changed: int = 0
    """The last event that changed the execution itself here; 0: nothing to write."""
    nodes: dict[str, NodeRow] = field(default_factory=dict)
    tasks: dict[TaskKey, TaskRow] = field(default_factory=dict)
    new_events: list[dict[str, Any]] = field(default_factory=list)
    left_children: list[str] = field(default_factory=list)
    """Ids of nodes that are over now and whose attempts may have started executions that are not."""
    _loaded: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, transaction: Transaction, identifier: WorkflowExecutionIdentifier) -> "ExecutionRows":
        """Load an execution.

        Raises:
            NoSuchEntity: There is none with that id.
        """
        rows = _EXECUTION.fetch(
            transaction.connection,
            p_project=identifier.project,
            p_domain=identifier.domain,
            p_name=identifier.name,
        )
        if not rows:
            raise NoSuchEntity(f"there is no execution {describe(identifier)}")
        [(row_id, lease_owner, message)] = rows
        return cls(transaction, row_id, lease_owner, message)

    @cached_property
    def execution(self) -> Execution:
        """The execution itself, to be changed in place."""
        return Execution.FromString(self.stored)

    def load(self, node_id: str) -> None:
        """Load a node execution and its attempts, unless that was done before."""
        if node_id in self._loaded:
            return
        self._loaded.add(node_id)
        connection = self.transaction.connection
        for born, message in _NODE.fetch(connection, p_execution=self.row_id, p_node=node_id):
            self.nodes[node_id] = NodeRow(NodeExecution.FromString(message), born)
        for born, phase_version, message in _TASKS.fetch(connection, p_execution=self.row_id, p_node=node_id):
            task = TaskExecution.FromString(message)
            self.tasks[task_key(task.id)] = TaskRow(task, phase_version, born)

    def add_event(self, kind: int, phase: int, message: bytes) -> int:
        """Append an event; return its number."""
        number = self.transaction.number()
        self.new_events.append(
            {
                "number": number,
                "execution_id": self.row_id,
                "kind": kind,
                "phase": phase,
                "recorded_at": self.transaction.now,
                "message": message,
            }
        )
        return number

    def note(self) -> None:
        """Append an event for what the control plane itself did to the execution."""
        closure = self.execution.closure
        event = WorkflowExecutionEvent(
            execution_id=self.execution.id,
            producer_id="admin",
            phase=closure.phase,
            occurred_at=timestamp(self.transaction.now),
        )
        self.changed = self.add_event(EventKind.EXECUTION, closure.phase, event.SerializeToString(deterministic=True))

    def write(self) -> None:
        """Write back what changed."""
        connection = self.transaction.connection
        if self.changed:
            _SET_EXECUTION.run(connection, [self._execution_values()])
        self._write_nodes(connection)
        self._write_tasks(connection)
        _ADD_EVENT.run(connection, self.new_events)

    def _execution_values(self) -> dict[str, Any]:
        closure = self.execution.closure
        return {
            "p_execution": self.row_id,
            "error_code": plain(closure.error.code) if closure.HasField("error") else None,
            "state": closure.state_change_details.state,
            "abort_cause": plain(closure.abort_metadata.cause),
            **_times(self.execution, self.changed),
        }

    def _write_nodes(self, connection: Connection) -> None:
        changed = [row for row in self.nodes.values() if row.changed]
        known = [{**self._node_key(row), **_times(row.message, row.changed)} for row in changed if row.born]
        fresh = [self._new_node(row) for row in changed if not row.born]
        dynamic = [row for row in changed if row.dynamic_workflow is not None]
        _ADD_NODE.run(connection, fresh)
        _SET_NODE.run(connection, known)
        _SET_DYNAMIC.run(
            connection, [{**self._node_key(row), "dynamic_workflow": row.dynamic_workflow} for row in dynamic]
        )

    def _node_key(self, row: NodeRow) -> dict[str, Any]:
        return {"p_execution": self.row_id, "p_node": row.message.id.node_id}

    def _new_node(self, row: NodeRow) -> dict[str, Any]:
        return {
            "execution_id": self.row_id,
            "node_id": row.message.id.node_id,
            "parent_node_id": row.parent,
            "created_at": microseconds(row.message.closure.created_at),
            "born": row.changed,
            **_times(row.message, row.changed),
        }

    def _write_tasks(self, connection: Connection) -> None:
        changed = [(key, row) for key, row in self.tasks.items() if row.changed]
        fresh = [self._new_task(key, row) for key, row in changed if not row.born]
        known = [self._known_task(key, row) for key, row in changed if row.born]
        _ADD_TASK.run(connection, fresh)
        _SET_TASK.run(connection, known)

    def _new_task(self, key: TaskKey, row: TaskRow) -> dict[str, Any]:
        return {
            "execution_id": self.row_id,
            **dict(zip(_ATTEMPT, key, strict=True)),
            "created_at": microseconds(row.message.closure.created_at),
            "born": row.changed,
            "phase_version": row.phase_version,
            **_times(row.message, row.changed),
        }

    def _known_task(self, key: TaskKey, row: TaskRow) -> dict[str, Any]:
        names = ("p_node", "p_project", "p_domain", "p_name", "p_version", "p_retry")
        return {
            "p_execution": self.row_id,
            **dict(zip(names, key, strict=True)),
            "phase_version": row.phase_version,
            **_times(row.message, row.changed),
        }


def row_id_of(connection: Connection, identifier: WorkflowExecutionIdentifier) -> int | None:
    """Return the id of an execution's row; None when there is no such execution."""
    rows = _EXECUTION.fetch(
        connection, p_project=identifier.project, p_domain=identifier.domain, p_name=identifier.name
    )
    return rows[0][0] if rows else None


def task_key(identifier: TaskExecutionIdentifier) -> TaskKey:
    """Return what tells an attempt from the others of its execution."""
    task = identifier.task_id
    return (
        identifier.node_execution_id.node_id,
        task.project,
        task.domain,
        task.name,
        task.version,
        identifier.retry_attempt,
    )


def plain(text: str) -> str:
    """Return a caller's text as a column can hold it: PostgreSQL refuses NUL characters."""
    return text.replace("\x00", "")


def _times(message: Execution | NodeExecution | TaskExecution, changed: int) -> dict[str, Any]:
    """The columns that all three kinds of entity have."""
    closure = message.closure
    return {
        "phase": closure.phase,
        "updated_at": microseconds(closure.updated_at),
        "started_at": microseconds(closure.started_at) if closure.HasField("started_at") else None,
        "duration": _length(message),
        "changed": changed,
        "message": message.SerializeToString(),
    }


def _length(message: Execution | NodeExecution | TaskExecution) -> int | None:
    closure = message.closure
    if not closure.HasField("duration"):
        return None
    return closure.duration.seconds * 1_000_000 + closure.duration.nanos // 1000
