"""Numbers of the whole database, whichever server has written it: open executions and who works on them.

Counting is bounded, however long the history and the queue are: only open executions are looked at, by an index, and no
more than so many of them; and what was counted holds for `FRESH` seconds, however many scrape.
"""

import asyncio
import time
from typing import Final

from livedeck.admin.db.database import Database
from livedeck.admin.db.open_executions import Counted, count
from livedeck.errors import DatabaseUnavailable

FRESH: Final = 10.0
"""Seconds for which what was counted is told again."""
TIMEOUT: Final = 5.0
"""Seconds that the database may take: Prometheus gives a scrape ten, and the other numbers do not need it."""


class DatabaseGauges:
    """Counts now and then, for all who scrape.

    Args:
        database: Where.
        fresh: Seconds for which what was counted is told again.
        timeout: Seconds that the database may take.
    """

    def __init__(self, database: Database, *, fresh: float = FRESH, timeout: float = TIMEOUT) -> None:
        self._database = database
        self._timeout = timeout
        self._fresh = fresh
        self._counting = asyncio.Lock()
        self._counted: tuple[float, Counted] | None = None

    async def current(self) -> tuple[Counted, float]:
        """Return what was counted, and how many seconds ago.

        Raises:
            DatabaseUnavailable: The database does not work, or not in time.
        """
        try:
            async with asyncio.timeout(self._timeout), self._counting:
                if self._counted is None or time.monotonic() - self._counted[0] > self._fresh:
                    began = time.monotonic()
                    self._counted = began, await self._database.read(count)
                at, counted = self._counted
        except TimeoutError as error:
            raise DatabaseUnavailable(f"the database has not answered within {self._timeout:g} s") from error
        return counted, time.monotonic() - at
