"""Whether the database answers at all: asked once something has waited for it for long.

A query that takes long and a database that is gone look alike to who waits. So then another connection is made, as a
client would that begins now. And if it is there, what is waited for may be the lock of a writer that is suspended.
"""

import asyncio
import logging
import threading
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from livedeck.admin.db.engines import SUSPENDED, WRITER_LOCK

PATIENCE: Final = 5.0
"""Seconds that something waits for the database before it is asked whether it is there, and each time again."""
TIMEOUT: Final = 5.0
"""Seconds within which it has to answer that."""

_END_SUSPENDED: Final = text("""
    SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event_type = 'Client'
      AND greatest(query_start, state_change) < clock_timestamp() - make_interval(secs => :silent)
      AND pid IN (
        SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND (classid, objid, objsubid) = (0, :lock, 1)
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
""")
"""Ends the connection that holds the writers' lock and has waited for its server for too long.

PostgreSQL's own timeout (see `engines`) ends a transaction in which nothing is asked for, and neither one in the middle
of rows that were sent without waiting for each other's answers nor one whose answer nobody reads.
"""

_log = logging.getLogger(__name__)


class Liveness:
    """Asks the database for a sign of life, for all who wait, once.

    Args:
        engine: makes a connection each time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asking: asyncio.Future[bool] | None = None

    async def answers(self) -> bool:
        """Return whether it answers in time."""
        asking = self._asking
        if asking is None or asking.done():
            asking = self._asking = asyncio.get_running_loop().create_future()
            # A thread of its own: it stays with a database that never answers, and nobody waits for it at the end.
            threading.Thread(
                target=self._ask, args=(asking.get_loop(), asking), name="livedeck-liveness", daemon=True
            ).start()
        done, _ = await asyncio.wait([asking], timeout=TIMEOUT)
        return bool(done) and asking.result()

    def _ask(self, loop: asyncio.AbstractEventLoop, asking: "asyncio.Future[bool]") -> None:
        try:
            with self._engine.connect() as connection:
                _end_suspended_writers(connection)
            found = True
        except SQLAlchemyError:
            found = False
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, asking, found)


def _end_suspended_writers(connection: Connection) -> None:
    for pid, ended in connection.execute(_END_SUSPENDED, {"silent": SUSPENDED, "lock": WRITER_LOCK}):
        _log.warning("suspended_writer_ended pid=%d ended=%s", pid, ended)


def _settle(asking: "asyncio.Future[bool]", found: bool) -> None:  # noqa: FBT001 - a future's result
    if not asking.done():
        asking.set_result(found)
