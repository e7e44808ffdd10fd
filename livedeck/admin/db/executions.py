"""Rows of executions, nodes and attempts: adding an execution, and looking things up."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from flyteidl.admin.execution_pb2 import Execution, ExecutionState
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import execution_pb2 as core
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.event.event_pb2 import DynamicWorkflowNodeMetadata
from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, bindparam, insert, select

from livedeck.admin.db import aborts, deletions
from livedeck.admin.db.execution_rows import ExecutionRows, plain, task_key
from livedeck.admin.db.list_columns import EXECUTIONS, NODE_EXECUTIONS, TASK_EXECUTIONS
from livedeck.admin.db.list_queries import Page
from livedeck.admin.db.paging import fetch
from livedeck.admin.db.prepared import Prepared, Value
from livedeck.admin.db.tables import NAME_LENGTH, executions, node_executions, task_executions
from livedeck.admin.db.writer import Transaction
from livedeck.admin.names import describe
from livedeck.admin.phases import NODE, OPEN, WORKFLOW
from livedeck.admin.records import items
from livedeck.admin.records.times import timestamp
from livedeck.errors import EntityExists, InvalidRequest, LeaseLost, LimitReached, NoSuchEntity, StateForbids
from livedeck.store.layout import ITEM

_e, _n, _t = executions.c, node_executions.c, task_executions.c

_ATTEMPT: Final = ("node_id", "task_project", "task_domain", "task_name", "task_version", "retry_attempt")
"""Parameters of `_FIND_TASK`, in the order of `task_key`."""


def _here() -> tuple[ColumnElement[bool], ...]:
    return tuple(_e[part] == bindparam(part) for part in ("project", "domain", "name"))


_FIND: Final = Prepared(select(_e.message).where(*_here()))
_FIND_FOLDER: Final = Prepared(select(_e.folder).where(*_here()))
_FIND_ORIGIN: Final = Prepared(select(_e.message, _e.inputs_uri, _e.user_inputs_uri).where(*_here()))
_FIND_NODE: Final = Prepared(
    select(_n.message).join(executions, _e.id == _n.execution_id).where(*_here(), _n.node_id == bindparam("node_id"))
)
_FIND_TASK: Final = Prepared(
    select(_t.message)
    .join(executions, _e.id == _t.execution_id)
    .where(
        *_here(),
        *(
            column == bindparam(name)
            for name, column in zip(
                _ATTEMPT, (_t.node_id, _t.project, _t.domain, _t.name, _t.version, _t.retry_attempt), strict=True
            )
        ),
    )
)


_AFTER_ITEM: Final = chr(ord(ITEM) + 1)
"""Comes right after all names of items: as a range of node ids, those are read by the primary key's index."""
_ITEMS: Final = Prepared(
    select(_t.message)
    .join(executions, _e.id == _t.execution_id)
    .where(*_here(), _t.node_id >= bindparam("first"), _t.node_id < bindparam("beyond"))
)


@dataclass(frozen=True)
class NewExecution:
    """An execution about to be added."""

    message: Execution
    """Complete but for ``closure.phase`` and times."""
    workflow_row: int
    """Row id of the compiled workflow."""
    folder: str
    """Where its objects are to lie, below the store's root."""
    inputs_uri: str
    user_inputs_uri: str
    uses: Collection[WorkflowExecutionIdentifier] = ()
    """Executions whose data is among its inputs."""
    at_once: int | None = None
    """How many executions of its launch plan may run at once, this one among them; None: any number."""
    started_by: str | None = None
    """The engine one of whose nodes starts it; None: somebody else does."""


@dataclass(frozen=True)
class Origin:
    """An execution, and what it was created with."""

    message: Execution
    inputs_uri: str
    user_inputs_uri: str


def add(transaction: Transaction, new: NewExecution) -> None:
    """Add an execution, QUEUED, and wake the propellers.

    Raises:
        EntityExists: There is one with that id, or in that folder.
        LimitReached: As many of its launch plan run as may.
        LeaseLost: A node of an execution starts it whose lease is another engine's now.
        NoSuchEntity: Its parent, if it names one, is unknown.
        StateForbids: An attempt starts it whose node is over.
        InvalidRequest: Its inputs name data that is being removed.
    """
    message, identifier = new.message, new.message.id
    if new.started_by is not None:
        _check_lease(transaction.connection, message.spec.metadata.parent_node_execution.execution_id, new.started_by)
    if find(transaction.connection, identifier) is not None:
        raise EntityExists(f"execution {describe(identifier)} exists already")
    check_gone(transaction.connection, identifier, new.folder)
    if new.at_once is not None:
        _check_limit(transaction.connection, message, new.at_once)
    for used in new.uses:
        if deletions.is_going(transaction.connection, used):
            raise InvalidRequest(
                f"the inputs name data of execution {describe(used)}, which was deleted: its data is being removed"
            )
    at = timestamp(transaction.now)
    message.closure.phase = core.WorkflowExecution.QUEUED
    message.closure.created_at.CopyFrom(at)
    message.closure.updated_at.CopyFrom(at)
    row_id = transaction.connection.execute(
        insert(executions).values(**_columns(transaction, new)).returning(executions.c.id)
    ).scalar_one()
    deletions.note_uses(transaction, row_id, new.uses)
    rows = ExecutionRows(transaction, row_id, None, message.SerializeToString())
    rows.note()
    rows.write()
    transaction.wanted = True


def _check_limit(connection: Connection, message: Execution, at_once: int) -> None:
    """Refuse an execution while as many of its launch plan, of whatever version, are not over as may run at once."""
    plan = message.spec.launch_plan
    running = (
        select(_e.id)
        .where(
            _e.project == message.id.project,
            _e.domain == message.id.domain,
            _e.phase.in_(OPEN),
            _e.resource_type == ResourceType.LAUNCH_PLAN,
            _e.launch_plan_name == plan.name,
        )
        .limit(at_once)
    )
    if len(connection.execute(running).all()) >= at_once:
        raise LimitReached(
            f"concurrency limit ({at_once}) reached for launch plan {plan.name}; skipping execution: wait until one of "
            "them is over, or abort one"
        )


def _check_lease(connection: Connection, identifier: WorkflowExecutionIdentifier, owner: str) -> None:
    holder = connection.scalar(select(_e.lease_owner).where(*_is(identifier)))
    if holder != owner:
        raise LeaseLost(f"{owner!r} does not hold the lease on {describe(identifier)}: {holder!r} does")


def abort_child(
    transaction: Transaction, identifier: WorkflowExecutionIdentifier, parent: NodeExecutionIdentifier, cause: str
) -> None:
    """Ask for an execution to be aborted, if it is one that the node ``parent`` has started, and is not over."""
    found = find(transaction.connection, identifier)
    if found is None or found.spec.metadata.parent_node_execution != parent:
        return
    if found.closure.phase not in WORKFLOW.terminal:
        terminate(transaction, identifier, cause, found.spec.metadata.principal)


def check_gone(connection: Connection, identifier: WorkflowExecutionIdentifier, folder: str) -> None:
    """Refuse a name of which there is still data to be removed, and one whose folder is another execution's.

    Args:
        connection: To the database.
        identifier: The execution that is about to be created.
        folder: Where its objects are to lie.

    Raises:
        EntityExists: An execution of that name was deleted, and its data is still in the store; or there is one in
            whose folder its objects would lie.
    """
    other = connection.execute(select(_e.project, _e.domain, _e.name).where(_e.folder == folder)).one_or_none()
    if other is not None:
        if tuple(other) == (identifier.project, identifier.domain, identifier.name):  # created a moment ago
            raise EntityExists(f"execution {describe(identifier)} exists already")
        raise EntityExists(
            f"the objects of execution {describe(identifier)} would lie in {folder}, as those of "
            f"{'/'.join(other)} do: take another name"
        )
    if deletions.is_going(connection, identifier) or deletions.is_emptied(connection, folder):
        raise EntityExists(
            f"execution {describe(identifier)} was deleted a moment ago and its data is still being removed: "
            "try again in a minute, or take another name"
        )


def terminate(transaction: Transaction, identifier: WorkflowExecutionIdentifier, cause: str, principal: str) -> None:
    """Ask for an execution to be aborted; its propeller does the rest. Asking again changes nothing.

    Raises:
        NoSuchEntity: There is no such execution.
        StateForbids: It is over.
    """
    rows = ExecutionRows.open(transaction, identifier)
    phase = rows.execution.closure.phase
    if phase in WORKFLOW.terminal:
        name = core.WorkflowExecution.Phase.Name(phase)
        raise StateForbids(f"execution {describe(identifier)} is over ({name}): it cannot be aborted any more")
    aborts.ask(rows, cause, principal)


def set_state(
    transaction: Transaction, identifier: WorkflowExecutionIdentifier, state: ExecutionState, principal: str
) -> None:
    """Archive an execution or bring it back.

    Raises:
        NoSuchEntity: There is no such execution.
    """
    rows = ExecutionRows.open(transaction, identifier)
    details = rows.execution.closure.state_change_details
    details.state = state
    details.principal = principal
    details.occurred_at.CopyFrom(timestamp(transaction.now))
    rows.note()
    rows.write()


def find(connection: Connection, identifier: WorkflowExecutionIdentifier) -> Execution | None:
    """Return an execution as it stands."""
    rows = _FIND.fetch(connection, **_key(identifier))
    return Execution.FromString(rows[0][0]) if rows else None


def find_folder(connection: Connection, identifier: WorkflowExecutionIdentifier) -> str | None:
    """Return where an execution's objects lie, below the store's root."""
    rows = _FIND_FOLDER.fetch(connection, **_key(identifier))
    return str(rows[0][0]) if rows else None


def find_origin(connection: Connection, identifier: WorkflowExecutionIdentifier) -> Origin | None:
    """Return an execution with where its inputs are kept."""
    rows = _FIND_ORIGIN.fetch(connection, **_key(identifier))
    return Origin(Execution.FromString(rows[0][0]), rows[0][1], rows[0][2]) if rows else None


def find_node(connection: Connection, identifier: NodeExecutionIdentifier) -> NodeExecution | None:
    """Return a node execution as it stands."""
    rows = _FIND_NODE.fetch(connection, **_key(identifier.execution_id), node_id=identifier.node_id)
    return NodeExecution.FromString(rows[0][0]) if rows else None


def find_dynamic_workflow(
    connection: Connection, identifier: NodeExecutionIdentifier
) -> DynamicWorkflowNodeMetadata | None:
    """Return the workflow that a dynamic node compiled while it ran; None if it did not (yet)."""
    message = connection.scalar(_node(identifier).add_columns(_n.dynamic_workflow))
    return None if message is None else DynamicWorkflowNodeMetadata.FromString(message)


def find_task(connection: Connection, identifier: TaskExecutionIdentifier) -> TaskExecution | None:
    """Return one attempt as it stands."""
    values: dict[str, Value] = dict(zip(_ATTEMPT, task_key(identifier), strict=True))
    rows = _FIND_TASK.fetch(connection, **_key(identifier.node_execution_id.execution_id), **values)
    return _with_items(connection, TaskExecution.FromString(rows[0][0])) if rows else None


def attempts_of(connection: Connection, identifier: NodeExecutionIdentifier) -> list[TaskExecution]:
    """Return all attempts of a node, oldest first."""
    query = _attempts(identifier).where(_t.node_id == identifier.node_id).order_by(_t.born)
    return [TaskExecution.FromString(message) for message in connection.scalars(query)]


def nodes_of(connection: Connection, identifier: WorkflowExecutionIdentifier) -> list[NodeExecution]:
    """Return all nodes of an execution, nested ones too, oldest first."""
    query = select(_n.message).join(executions, _e.id == _n.execution_id).where(*_is(identifier)).order_by(_n.born)
    return [NodeExecution.FromString(message) for message in connection.scalars(query)]


def recorded_of(
    connection: Connection, identifier: WorkflowExecutionIdentifier
) -> tuple[list[NodeExecution], list[TaskExecution]]:
    """Return all nodes of an execution and all their attempts, oldest first."""
    tasks = select(_t.message).join(executions, _e.id == _t.execution_id).where(*_is(identifier)).order_by(_t.born)
    return nodes_of(connection, identifier), [TaskExecution.FromString(task) for task in connection.scalars(tasks)]


def list_executions(connection: Connection, project: str, domain: str, page: Page) -> tuple[list[Execution], str]:
    """Return one page of a project's executions, the newest first unless sorted otherwise.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    query = select(_e.message).where(_e.project == project, _e.domain == domain)
    return fetch(connection, query, EXECUTIONS, page, lambda row: Execution.FromString(row.message))


def list_nodes(
    connection: Connection, identifier: WorkflowExecutionIdentifier, parent: str | None, page: Page
) -> tuple[list[NodeExecution], str]:
    """Return one page of an execution's nodes, the oldest first: those of its top level, or of one parent.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    query = select(_n.message).where(
        _n.execution_id == _row_id(identifier),
        _n.parent_node_id.is_(None) if parent is None else _n.parent_node_id == parent,
    )
    return fetch(connection, query, NODE_EXECUTIONS, page, lambda row: NodeExecution.FromString(row.message))


def list_attempts(
    connection: Connection, identifier: NodeExecutionIdentifier, page: Page
) -> tuple[list[TaskExecution], str]:
    """Return one page of a node's attempts, the oldest first.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    query = select(_t.message).where(
        _t.execution_id == _row_id(identifier.execution_id), _t.node_id == identifier.node_id
    )
    return fetch(
        connection,
        query,
        TASK_EXECUTIONS,
        page,
        lambda row: _with_items(connection, TaskExecution.FromString(row.message)),
    )


def _with_items(connection: Connection, task: TaskExecution) -> TaskExecution:
    """Add to the attempt of an array node what Flyte has in it: the attempts of its items, as external resources."""
    node = task.id.node_execution_id
    if items.stands_for_items(task):
        found = _ITEMS.fetch(
            connection, **_key(node.execution_id), first=f"{node.node_id}{ITEM}", beyond=f"{node.node_id}{_AFTER_ITEM}"
        )
        items.add_resources(task, [TaskExecution.FromString(message) for (message,) in found])
    return task


def _columns(transaction: Transaction, new: NewExecution) -> dict[str, Any]:
    message = new.message
    workflow, launched, metadata = message.closure.workflow_id, message.spec.launch_plan, message.spec.metadata
    return {
        "project": message.id.project,
        "domain": message.id.domain,
        "name": message.id.name,
        "workflow_id": new.workflow_row,
        "workflow_name": workflow.name,
        "workflow_version": workflow.version,
        "resource_type": launched.resource_type,
        "launch_plan_name": launched.name,
        "launch_plan_version": launched.version,
        "phase": message.closure.phase,
        "state": message.closure.state_change_details.state,
        "mode": metadata.mode,
        "principal": plain(metadata.principal)[:NAME_LENGTH],
        "created_at": transaction.now,
        "updated_at": transaction.now,
        "folder": new.folder,
        "inputs_uri": new.inputs_uri,
        "user_inputs_uri": new.user_inputs_uri,
        "abort_cause": "",
        "changed": 0,  # until the event that says so is written, in this same transaction
        "message": message.SerializeToString(),
        **_parent(transaction.connection, new),
    }


def _parent(connection: Connection, new: NewExecution) -> dict[str, Any]:
    metadata = new.message.spec.metadata
    if not metadata.HasField("parent_node_execution"):
        return {}
    parent = metadata.parent_node_execution
    row_id = connection.scalar(select(_e.id).where(*_is(parent.execution_id)))
    if row_id is None:
        raise NoSuchEntity(f"the parent execution {describe(parent.execution_id)} does not exist")
    if new.started_by is None:
        _check_goes_on(connection, row_id, parent)
    return {"parent_execution_id": row_id, "parent_node_id": parent.node_id}


def _check_goes_on(connection: Connection, row_id: int, node: NodeExecutionIdentifier) -> None:
    """Refuse what an attempt starts that runs on although its node is over: nobody would ever abort it."""
    phase = connection.scalar(select(_n.phase).where(_n.execution_id == row_id, _n.node_id == node.node_id))
    if phase is not None and phase in NODE.terminal:
        name = core.NodeExecution.Phase.Name(phase)
        raise StateForbids(
            f"node {node.node_id!r} of {describe(node.execution_id)} is over ({name}): it starts no executions any more"
        )


def _is(identifier: WorkflowExecutionIdentifier) -> tuple[ColumnElement[bool], ...]:
    return (_e.project == identifier.project, _e.domain == identifier.domain, _e.name == identifier.name)


def _row_id(identifier: WorkflowExecutionIdentifier) -> ScalarSelect[int]:
    """Return an execution's row id, as a value: behind a join PostgreSQL would not see that the rows come sorted."""
    return select(_e.id).where(*_is(identifier)).scalar_subquery()


def _key(identifier: WorkflowExecutionIdentifier) -> dict[str, Value]:
    return {"project": identifier.project, "domain": identifier.domain, "name": identifier.name}


def _node(identifier: NodeExecutionIdentifier) -> Select[Any]:
    return (
        select()
        .select_from(node_executions.join(executions, _e.id == _n.execution_id))
        .where(*_is(identifier.execution_id), _n.node_id == identifier.node_id)
    )


def _attempts(identifier: NodeExecutionIdentifier) -> Select[bytes]:
    return select(_t.message).join(executions, _e.id == _t.execution_id).where(*_is(identifier.execution_id))
