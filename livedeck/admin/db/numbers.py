"""The numbers of changes: given out by the writer, followed by the feed, never given out twice."""

from typing import Final

from sqlalchemy import Connection, func, select, union_all

from livedeck.admin.db.prepared import Prepared
from livedeck.admin.db.tables import deleted_executions, events

# The events of a deleted execution are gone, but the deletion has a number of its own, greater than theirs.
_NUMBERS: Final = union_all(
    select(func.max(events.c.number).label("number")), select(func.max(deleted_executions.c.changed))
).subquery()
_LAST: Final = Prepared(select(func.max(_NUMBERS.c.number)))


def last_number(connection: Connection) -> int:
    """Return the number of the newest change; 0 when there was none yet."""
    return _LAST.fetch(connection)[0][0] or 0
