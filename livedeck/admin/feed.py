"""The feed of changes that live streams follow: numbered, resumable, in order."""

from collections.abc import Collection
from time import monotonic
from typing import Final

from livedeck.admin.db import changes
from livedeck.admin.db.changes import KINDS, Change, Kind, Scope
from livedeck.admin.db.database import Database
from livedeck.admin.db.numbers import Position, last_number, newest_position

__all__ = ["KINDS", "Change", "Feed", "Kind", "Position"]

_POLL: Final = 1.0
"""Seconds after which a waiter looks at the database itself: another process may have written to it."""


class Feed:
    """Reads what changed. Numbers are those of the append-only event log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> int:
        """Return the number of the newest event; 0 when there is none."""
        return await self._database.read(last_number)

    async def position(self) -> Position:
        """Return the number of the newest event together with the database that it is of."""
        return await self._database.read(newest_position)

    async def after(
        self,
        number: int,
        *,
        project: str | None = None,
        domain: str | None = None,
        name: str | None = None,
        kinds: Collection[Kind] = KINDS,
        limit: int = 500,
    ) -> list[Change]:
        """Return up to ``limit`` entities that changed after event ``number``, in order of their last change.

        An entity that changed several times appears once, as it stands now. Continue from the last one's number.

        Args:
            number: The last number seen; 0 for everything.
            project: Only this project's; likewise ``domain`` and ``name`` (of the execution).
            domain: See ``project``.
            name: See ``project``.
            kinds: Which kinds of entity.
            limit: How many at most.
        """
        return await self._database.read(changes.after, number, Scope(project, domain, name), kinds, limit)

    async def snapshot(self, project: str, domain: str, name: str) -> tuple[list[Change], int]:
        """Return all entities of one execution as they stand, and the number to continue after."""
        return await self._database.read(changes.snapshot, Scope(project, domain, name))

    async def wait(self, after: int, timeout: float) -> bool:
        """Return True once there is an event after ``after``, False after ``timeout`` seconds.

        Wakes at once on this process's commits, and within a second on another's.
        """
        deadline = monotonic() + timeout
        recorded = self._database.recorded
        while True:
            seen = recorded.count  # before looking, so that a commit in between is not missed
            if self._database.newest > after:
                return True
            remaining = deadline - monotonic()
            if await recorded.wait(seen, timeout=min(_POLL, max(remaining, 0.0))):
                continue
            if await self.current() > after:
                return True
            if remaining <= 0:
                return False
