"""The numbers of changes: given out by the writer, followed by the feed, never given out twice by one database."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select, union_all

from livedeck.admin.db.prepared import Prepared
from livedeck.admin.db.tables import deleted_executions, events, identity

# The events of a deleted execution are gone, but the deletion has a number of its own, greater than theirs.
_NUMBERS: Final = union_all(
    select(func.max(events.c.number).label("number")), select(func.max(deleted_executions.c.changed))
).subquery()
_LAST: Final = Prepared(select(func.max(_NUMBERS.c.number)))
_IDENTITY: Final = Prepared(select(identity.c.id))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader of changes stands."""

    database: str
    """The identity of the database that the number is of."""
    number: int
    """Of the newest change; 0 when there was none yet."""


def shared_secret(connection: Connection) -> bytes:
    """Return the secret that all servers of the database have."""
    return bytes(connection.execute(select(identity.c.secret)).scalar_one())


def last_number(connection: Connection) -> int:
    """Return the number of the newest change; 0 when there was none yet."""
    return _LAST.fetch(connection)[0][0] or 0


def newest_position(connection: Connection) -> Position:
    """Return the position of a reader who has seen every change."""
    return Position(_IDENTITY.fetch(connection)[0][0], last_number(connection))
