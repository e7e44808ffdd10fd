"""Rows of outputs that tasks made before, and of those that nodes compute while others wait for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, TaskExecutionIdentifier, WorkflowExecutionIdentifier
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from livedeck.admin.db.deletions import note_uses
from livedeck.admin.db.execution_rows import row_id_of
from livedeck.admin.db.tables import cache_reservations, cached_outputs, executions
from livedeck.admin.db.writer import Transaction
from livedeck.admin.names import describe
from livedeck.errors import NoSuchEntity

_c, _r, _e = cached_outputs.c, cache_reservations.c, executions.c

_OWNED: Final = (
    select(_r.execution_id, _r.node_id, _e.project, _e.domain, _e.name, _e.lease_until)
    .select_from(cache_reservations)
    .join(executions, _e.id == _r.execution_id)
)


@dataclass(frozen=True)
class CachedOutputs:
    """Outputs of an earlier run of the same task on the same inputs."""

    output_uri: str
    """URI of the ``outputs.pb``."""
    source: TaskExecutionIdentifier
    """The attempt that made them."""


@dataclass(frozen=True)
class Reservation:
    """Outputs, or who computes them."""

    found: CachedOutputs | None
    """The outputs, if they are in the cache."""
    owner: NodeExecutionIdentifier
    """Else the node that computes them: the one that asked, or another."""
    heard: int = 0
    """How often this process had heard of an end of a reservation before it asked."""


def find(connection: Connection, key: str) -> CachedOutputs | None:
    """Look a task's outputs up."""
    row = connection.execute(select(_c.output_uri, _c.source).where(_c.key == key)).one_or_none()
    return None if row is None else CachedOutputs(row.output_uri, TaskExecutionIdentifier.FromString(row.source))


def take(transaction: Transaction, key: str, user: WorkflowExecutionIdentifier) -> CachedOutputs | None:
    """Look a task's outputs up, and note that an execution uses them: what made them is not deleted before it is.

    In one transaction, since a deletion between the two would remove what was found.
    """
    found = find(transaction.connection, key)
    row_id = row_id_of(transaction.connection, user)
    if found is not None and row_id is not None:
        note_uses(transaction, row_id, [found.source.node_execution_id.execution_id])
    return found


def keep(transaction: Transaction, key: str, outputs: CachedOutputs, *, overwrite: bool = False) -> None:
    """Remember a task's outputs, and end the reservation of the node that made them.

    Args:
        transaction: In which.
        key: Of the task and its inputs.
        outputs: What was made.
        overwrite: Whether they go in the place of what is known; else the first entry wins.
    """
    connection = transaction.connection
    node = outputs.source.node_execution_id
    owner = row_id_of(connection, node.execution_id)
    _end(transaction, _r.execution_id == owner, _r.node_id == node.node_id)
    values = {
        "output_uri": outputs.output_uri,
        "source": outputs.source.SerializeToString(),
        "execution_id": owner,
        "created_at": transaction.now,
    }
    statement = _insert(connection)(cached_outputs).values(key=key, **values)
    if overwrite:
        statement = statement.on_conflict_do_update(index_elements=[_c.key], set_=values)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=[_c.key])
    connection.execute(statement)


def reserve(transaction: Transaction, key: str, node: NodeExecutionIdentifier, *, overwrite: bool) -> Reservation:
    """Look a task's outputs up; have a node compute them if they are not there and no other node does.

    A node's reservation stands until it is ended, its execution is over, or the lease of its execution has run out:
    then no engine sees to that node any more. The engine renews it with that lease.

    Args:
        transaction: In which.
        key: Of the task and its inputs.
        node: Who asks.
        overwrite: Whether to compute them although they are known.

    Raises:
        NoSuchEntity: There is no such execution.
    """
    connection = transaction.connection
    row_id = row_id_of(connection, node.execution_id)
    if row_id is None:
        raise NoSuchEntity(f"there is no execution {describe(node.execution_id)}")
    while (found := None if overwrite else take(transaction, key, node.execution_id)) is None:
        if _take_or_extend(transaction, key, row_id, node.node_id):
            break
        held = connection.execute(_OWNED.where(_r.key == key)).one_or_none()
        if held is not None:  # else another server has ended it a moment ago
            execution = WorkflowExecutionIdentifier(project=held.project, domain=held.domain, name=held.name)
            return Reservation(None, NodeExecutionIdentifier(node_id=held.node_id, execution_id=execution))
    if found is None and not overwrite:
        # Whoever had reserved them may have stored them since they were looked up: that is seen now.
        found = take(transaction, key, node.execution_id)
        if found is not None:
            connection.execute(delete(cache_reservations).where(_r.key == key))
    return Reservation(found, node)


def _take_or_extend(transaction: Transaction, key: str, row_id: int, node_id: str) -> bool:
    """Make a reservation a node's if it is nobody's, its own, or void; say whether it is.

    In one statement: servers that share a database do this at once.
    """
    mine = and_(_r.execution_id == row_id, _r.node_id == node_id)
    void = exists().where(_e.id == _r.execution_id, _e.lease_until < transaction.shared_now())
    values = {"execution_id": row_id, "node_id": node_id, "created_at": transaction.now}
    statement = (
        _insert(transaction.connection)(cache_reservations)
        .values(key=key, **values)
        .on_conflict_do_update(index_elements=[_r.key], set_=values, where=or_(mine, void))
        .returning(_r.key)
    )
    return transaction.connection.execute(statement).one_or_none() is not None


def _insert(connection: Connection) -> Callable[[Table], Any]:
    """Return the dialect's own INSERT, which says what becomes of a row that is there already."""
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def release(transaction: Transaction, node: NodeExecutionIdentifier) -> None:
    """End a node's reservation, if it has one: it will not make the outputs."""
    _end(
        transaction, _r.execution_id == row_id_of(transaction.connection, node.execution_id), _r.node_id == node.node_id
    )


def release_all(transaction: Transaction, row_id: int) -> None:
    """End all reservations of an execution, which is over."""
    _end(transaction, _r.execution_id == row_id)


def _end(transaction: Transaction, *which: ColumnElement[bool]) -> None:
    ended = transaction.connection.execute(delete(cache_reservations).where(*which)).rowcount
    transaction.released = transaction.released or bool(ended)


def reserving(connection: Connection, row_id: int) -> list[str]:
    """Return the nodes of an execution that have reservations, by their unique ids."""
    return list(connection.scalars(select(_r.node_id).where(_r.execution_id == row_id)))
