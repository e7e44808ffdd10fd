"""Numbers of the whole database, whichever server has written it: open executions and who works on them.

Counting is bounded, however long the history and the queue are: only open executions are looked at, by an index, and no
more than `MOST` of them; and what was counted holds for `FRESH` seconds, however many scrape.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flyteidl.core.execution_pb2 import WorkflowExecution
from sqlalchemy import Connection, func, literal, or_, select

from livedeck.admin.db.database import Database
from livedeck.admin.db.tables import executions
from livedeck.admin.db.writer import now
from livedeck.admin.phases import OPEN

MOST: Final = 10_000
"""Rows that are counted of a phase; where there are more, that many are told."""
FRESH: Final = 10.0
"""Seconds for which what was counted is told again."""

_e = executions.c


@dataclass(frozen=True)
class Counted:
    """What was counted."""

    phases: Mapping[str, int]
    """How many executions there are in each phase that is not an end."""
    unleased: int
    """How many of them nobody works on."""
    unleased_for: float
    """Seconds since somebody has worked on the one of them that has waited for longest, or since it was created."""


class DatabaseGauges:
    """Counts now and then, for all who scrape.

    Args:
        database: Where.
        fresh: Seconds for which what was counted is told again.
    """

    def __init__(self, database: Database, *, fresh: float = FRESH) -> None:
        self._database = database
        self._fresh = fresh
        self._counting = asyncio.Lock()
        self._counted: tuple[float, Counted] | None = None

    async def current(self) -> tuple[Counted, float]:
        """Return what was counted, and how many seconds ago.

        Raises:
            DatabaseUnavailable: The database does not work.
        """
        async with self._counting:
            if self._counted is None or time.monotonic() - self._counted[0] > self._fresh:
                began = time.monotonic()
                self._counted = began, await self._database.read(count)
            at, counted = self._counted
        return counted, time.monotonic() - at


def count(connection: Connection, most: int = MOST) -> Counted:
    """Count open executions.

    Args:
        connection: To the database.
        most: Rows that are counted of a phase.
    """
    phases = {WorkflowExecution.Phase.Name(phase): _number(connection, phase, most) for phase in sorted(OPEN)}
    time_now = now()
    some = select(_e.lease_until, _e.created_at).where(_e.phase.in_(OPEN)).limit(most).subquery()
    free = or_(some.c.lease_until.is_(None), some.c.lease_until < time_now)
    since = func.coalesce(some.c.lease_until, some.c.created_at)
    unleased, oldest = connection.execute(select(func.count(), func.min(since)).select_from(some).where(free)).one()
    waiting = max(0.0, (time_now - oldest) / 1_000_000) if oldest is not None else 0.0
    return Counted(phases, unleased, waiting)


def _number(connection: Connection, phase: int, most: int) -> int:
    some = select(literal(1)).where(_e.phase == phase).select_from(executions).limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0
