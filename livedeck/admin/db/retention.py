"""Executions that are kept longer than they should be, and which server looks for them."""

from dataclasses import dataclass
from typing import Any, Final

from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from sqlalchemy import Connection, func, select, tuple_, update

from livedeck.admin.db.deletions import SETTLING
from livedeck.admin.db.tables import executions, positions
from livedeck.admin.db.writer import Transaction
from livedeck.admin.phases import WORKFLOW

READER: Final = "retention"
"""In ``positions``: when the next look is due."""

LOGS: Final = 1
DECKS: Final = 2
"""Bits of ``executions.removed``."""
WITH: Final = {LOGS: (0, DECKS), DECKS: (0, LOGS)}
"""What ``removed`` may be while something is still there."""

_e = executions.c


SETTLED: Final = SETTLING
"""Microseconds after its end from which on an execution's size does not change."""


@dataclass(frozen=True)
class Old:
    """An execution that is over, and of which something may be removed."""

    row_id: int
    identifier: WorkflowExecutionIdentifier
    folder: str
    """Where its objects lie, below the store's root."""
    created_at: int
    message: bytes
    """The execution, serialized."""
    stored_bytes: int | None
    """What it takes in the store; None: nobody has looked."""


def scopes(connection: Connection) -> list[tuple[str, str]]:
    """Return the projects and domains that have executions: one lookup in an index for each."""
    found: list[tuple[str, str]] = []
    query = select(_e.project, _e.domain).order_by(_e.project, _e.domain).limit(1)
    while True:
        further = query.where(tuple_(_e.project, _e.domain) > tuple_(*found[-1])) if found else query
        row = connection.execute(further).one_or_none()
        if row is None:
            return found
        found.append((row.project, row.domain))


def over_before(
    connection: Connection,
    scope: tuple[str, str],
    moment: int,
    *,
    removed: int | None = None,
    unmeasured: bool = False,
    older_than: Old | None = None,
    limit: int,
) -> list[Old]:
    """Return executions that were over before a moment, the newest first: what used another's data is the newer one.

    Args:
        connection: To read with.
        scope: Their project and domain.
        moment: In microseconds since the epoch.
        removed: Only those of which just this has been removed (bits, see `LOGS`); None: any.
        unmeasured: Only those whose size is not known.
        older_than: The last one of those that are known.
        limit: How many, at most.
    """
    query = (
        select(*_OLD)
        .where(_e.project == scope[0], _e.domain == scope[1])
        .where(_e.created_at < moment, _e.updated_at < moment, _e.phase.in_(WORKFLOW.terminal))
        .order_by(_e.created_at.desc(), _e.id.desc())
        .limit(limit)
    )
    if removed is not None:  # one value, so that it is a walk along an index
        query = query.where(_e.removed == removed)
    if unmeasured:
        query = query.where(_e.stored_bytes.is_(None))
    if older_than is not None:
        query = query.where(tuple_(_e.created_at, _e.id) < tuple_(older_than.created_at, older_than.row_id))
    return [_old(row) for row in connection.execute(query)]


_OLD: Final = (_e.id, _e.project, _e.domain, _e.name, _e.folder, _e.created_at, _e.message, _e.stored_bytes)


def _old(row: Any) -> Old:
    identifier = WorkflowExecutionIdentifier(project=row.project, domain=row.domain, name=row.name)
    return Old(row.id, identifier, row.folder, row.created_at, row.message, row.stored_bytes)


def stored_bytes(connection: Connection, scope: tuple[str, str]) -> int:
    """Return what the executions of a project and domain take in the store, as far as that is known."""
    query = select(func.sum(_e.stored_bytes)).where(_e.project == scope[0], _e.domain == scope[1])
    return int(connection.scalar(query) or 0)


def oldest(connection: Connection, scope: tuple[str, str], *, newer_than: Old | None = None, limit: int) -> list[Old]:
    """Return executions that are over, the oldest first.

    Args:
        connection: To read with.
        scope: Their project and domain.
        newer_than: The last one of those that are known.
        limit: How many, at most.
    """
    query = (
        select(*_OLD)
        .where(_e.project == scope[0], _e.domain == scope[1], _e.phase.in_(WORKFLOW.terminal))
        .order_by(_e.created_at, _e.id)
        .limit(limit)
    )
    if newer_than is not None:
        query = query.where(tuple_(_e.created_at, _e.id) > tuple_(newer_than.created_at, newer_than.row_id))
    return [_old(row) for row in connection.execute(query)]


def note_size(transaction: Transaction, row_id: int, size: int) -> None:
    """Note how many bytes an execution takes in the store."""
    transaction.connection.execute(update(executions).where(_e.id == row_id).values(stored_bytes=size))


def note_removed(transaction: Transaction, row_id: int, part: int) -> None:
    """Note that something of an execution is gone: it takes less than before."""
    transaction.connection.execute(
        update(executions).where(_e.id == row_id).values(removed=_e.removed.op("|")(part), stored_bytes=None)
    )


def claim(transaction: Transaction, until: int) -> bool:
    """Take the next look if it is due; False when it is not, or another server has taken it.

    Args:
        transaction: In which.
        until: When the one after it is due, in microseconds since the epoch.
    """
    due = positions.c.reader == READER, positions.c.number <= transaction.now
    return transaction.connection.execute(update(positions).where(*due).values(number=until)).rowcount == 1


def hasten(transaction: Transaction) -> None:
    """Have the next look be due now."""
    transaction.connection.execute(update(positions).where(positions.c.reader == READER).values(number=0))
