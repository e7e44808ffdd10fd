"""Deleting executions: their rows at once, with a note of what is still to be removed from the store."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core import execution_pb2 as core
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, select, update

from livedeck.admin.db.tables import (
    cache_reservations,
    cached_outputs,
    deleted_executions,
    events,
    execution_uses,
    executions,
    node_executions,
    signals,
    task_executions,
)
from livedeck.admin.db.writer import Transaction
from livedeck.admin.names import describe
from livedeck.admin.phases import WORKFLOW
from livedeck.errors import NoSuchEntity, StateForbids

SETTLING: Final = 60_000_000
"""Microseconds from an execution's end to the removal of its data: its last attempt may still be writing its Deck."""
REMEMBERED: Final = 7 * 86_400_000_000
"""Microseconds for which viewers that come back are told that an execution was deleted."""
_NAMED: Final = 3
"""Executions that an error names, of those that stand in the way."""

_e, _d, _u = executions.c, deleted_executions.c, execution_uses.c


class StillDriven(StateForbids):
    """An execution is over, but an engine has it still: usually for some milliseconds."""


@dataclass(frozen=True)
class Removal:
    """What is to be removed from the store."""

    number: int
    """Of the deletion."""
    project: str
    domain: str
    name: str
    folder: str
    """Where its objects lie, below the store's root."""
    raw_data_key: str
    """The folder of its files and frames, below the store's root; empty: they are elsewhere, and stay."""
    due: int
    """When it may be removed, in microseconds since the epoch."""


def remove(
    transaction: Transaction, identifier: WorkflowExecutionIdentifier, raw_data_key: Callable[[Execution], str]
) -> None:
    """Delete an execution's rows and those of the executions that it started; note that their data is to be removed.

    Args:
        transaction: In which.
        identifier: Which execution.
        raw_data_key: Gives the folder of an execution's files and frames, below the store's root; empty when they are
            elsewhere.

    Raises:
        NoSuchEntity: There is no such execution.
        StillDriven: It has ended a moment ago: an engine may still record something of it.
        StateForbids: It is not over, others use its data, or it was started by one that is not over.
    """
    connection = transaction.connection
    row = connection.execute(select(*_ROW).where(_is(executions, identifier))).one_or_none()
    if row is None:
        raise NoSuchEntity(f"there is no execution {describe(identifier)}")
    family = _family(connection, row)
    for member in family:
        _check_over(transaction, member, identifier)
    _check_parent(connection, row, describe(identifier))
    _check_unused(connection, [member.id for member in family], describe(identifier))
    for member in reversed(family):  # each before the one that started it
        message = Execution.FromString(member.message)
        _remove_rows(transaction, member.id)
        connection.execute(
            insert(deleted_executions).values(
                changed=transaction.number(),
                project=message.id.project,
                domain=message.id.domain,
                name=message.id.name,
                deleted_at=transaction.now,
                remove_at=max(transaction.now, member.updated_at + SETTLING),
                folder=member.folder,
                raw_data_key=raw_data_key(message),
                message=Execution(id=message.id).SerializeToString(),
            )
        )


_ROW: Final = (
    _e.id,
    _e.phase,
    _e.updated_at,
    _e.lease_owner,
    _e.lease_until,
    _e.parent_execution_id,
    _e.folder,
    _e.message,
)


def _family(connection: Connection, row: Any) -> list[Any]:
    """Return an execution and all that it started, however indirectly: each after the one that started it."""
    family = [row]
    for member in family:  # which grows
        family += connection.execute(select(*_ROW).where(_e.parent_execution_id == member.id).order_by(_e.id)).all()
    return family


def _check_over(transaction: Transaction, member: Any, asked: WorkflowExecutionIdentifier) -> None:
    identifier = Execution.FromString(member.message).id
    what = f"execution {describe(identifier)}"
    if identifier != asked:
        what = f"{what}, which {asked.name} started,"
    if member.phase not in WORKFLOW.terminal:
        phase = core.WorkflowExecution.Phase.Name(member.phase)
        raise StateForbids(f"{what} is {phase}: abort it, and delete it when it is over")
    if member.lease_owner is not None and member.lease_until > transaction.shared_now():
        raise StillDriven(f"{what} has ended, but its engine has not let go of it: try again in a moment")


def _check_parent(connection: Connection, row: Any, name: str) -> None:
    """Refuse while the execution that started it may still look at it."""
    parent = connection.execute(select(_e.name, _e.phase).where(_e.id == row.parent_execution_id)).one_or_none()
    if parent is not None and parent.phase not in WORKFLOW.terminal:
        raise StateForbids(
            f"execution {name} was started by {parent.name}, which is not over: wait for that, or abort it"
        )


def _remove_rows(transaction: Transaction, row_id: int) -> None:
    for table, column in (
        (events, events.c.execution_id),
        (task_executions, task_executions.c.execution_id),
        (node_executions, node_executions.c.execution_id),
        (cached_outputs, cached_outputs.c.execution_id),
        (cache_reservations, cache_reservations.c.execution_id),
        (execution_uses, _u.execution_id),
        (execution_uses, _u.used_id),
        (signals, signals.c.execution_id),
        (executions, _e.id),
    ):
        transaction.connection.execute(delete(table).where(column == row_id))


def _check_unused(connection: Connection, row_ids: Sequence[int], name: str) -> None:
    """Refuse while others would lose something: those that hold data of what is to be deleted."""
    users = select(_u.execution_id).where(_u.used_id.in_(row_ids), _u.execution_id.not_in(row_ids))
    standing = _e.id.in_(users)
    count = connection.scalar(select(func.count()).select_from(executions).where(standing)) or 0
    if count:
        rows = connection.execute(select(_e.name).where(standing).order_by(_e.id).limit(_NAMED)).scalars().all()
        more = f" and {count - len(rows)} more" if count > len(rows) else ""
        raise StateForbids(f"execution {name} is used by {', '.join(rows)}{more}: delete those first")


def note_uses(transaction: Transaction, row_id: int, used: Iterable[WorkflowExecutionIdentifier]) -> None:
    """Note that an execution holds data of others; those that are not known are left out."""
    connection = transaction.connection
    for identifier in used:
        used_id = connection.scalar(select(_e.id).where(_is(executions, identifier)))
        if used_id is None or used_id == row_id:
            continue
        pair = and_(_u.execution_id == row_id, _u.used_id == used_id)
        if connection.scalar(select(_u.used_id).where(pair)) is None:
            connection.execute(insert(execution_uses).values(execution_id=row_id, used_id=used_id))


def is_going(connection: Connection, identifier: WorkflowExecutionIdentifier) -> bool:
    """Tell whether an execution of that name was deleted and its data is still in the store."""
    query = select(_d.changed).where(_d.remove_at.is_not(None), _is(deleted_executions, identifier)).limit(1)
    return connection.scalar(query) is not None


def is_emptied(connection: Connection, folder: str) -> bool:
    """Tell whether what lies in a folder is a deleted execution's, and still to be removed."""
    query = select(_d.changed).where(_d.remove_at.is_not(None), _d.folder == folder).limit(1)
    return connection.scalar(query) is not None


def due(connection: Connection, now: int, limit: int) -> list[Removal]:
    """Return deletions whose data is to be removed by now, the first first."""
    query = (
        select(_d.changed, _d.project, _d.domain, _d.name, _d.folder, _d.raw_data_key, _d.remove_at)
        .where(_d.remove_at <= now)
        .order_by(_d.remove_at)
        .limit(limit)
    )
    return [Removal(*row) for row in connection.execute(query)]


def next_due(connection: Connection) -> int | None:
    """Return when the next removal is due, in microseconds since the epoch; None when there is none."""
    found: int | None = connection.scalar(select(func.min(_d.remove_at)))
    return found


def claim(transaction: Transaction, removal: Removal, until: int) -> bool:
    """Take a removal on oneself until a time; return False if another has taken it, or has done it, since it was found.

    Args:
        transaction: In which.
        removal: Which.
        until: When it is due again unless it is done, in microseconds since the epoch.
    """
    found = and_(_d.changed == removal.number, _d.remove_at == removal.due)
    return transaction.connection.execute(update(deleted_executions).where(found).values(remove_at=until)).rowcount == 1


def put_off(transaction: Transaction, number: int, until: int) -> None:
    """Try a removal again at another time, in microseconds since the epoch."""
    transaction.connection.execute(
        update(deleted_executions).where(_d.changed == number, _d.remove_at.is_not(None)).values(remove_at=until)
    )


def removed(transaction: Transaction, number: int) -> None:
    """Note that the data of a deleted execution is gone, and forget what was deleted long ago."""
    connection = transaction.connection
    connection.execute(update(deleted_executions).where(_d.changed == number).values(remove_at=None))
    # Not the newest number of all: numbers go on from it.
    newest = select(func.max(events.c.number)).scalar_subquery()
    old = and_(_d.remove_at.is_(None), _d.deleted_at < transaction.now - REMEMBERED, _d.changed < newest)
    connection.execute(delete(deleted_executions).where(old))


def _is(table: Table, identifier: WorkflowExecutionIdentifier) -> ColumnElement[bool]:
    columns = table.c
    return and_(
        columns.project == identifier.project, columns.domain == identifier.domain, columns.name == identifier.name
    )
