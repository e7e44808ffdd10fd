"""Counts open executions, within bounds, and asks whether the database answers at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flyteidl.core.execution_pb2 import WorkflowExecution
from sqlalchemy import Connection, func, literal, or_, select, text

from livedeck.admin.db.tables import executions
from livedeck.admin.db.writer import now
from livedeck.admin.phases import OPEN

MOST: Final = 10_000
"""Rows that are counted of a phase; where there are more, that many are told."""

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


def ping(connection: Connection) -> None:
    """Ask for a row that is there in any database."""
    connection.execute(text("SELECT 1"))


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
