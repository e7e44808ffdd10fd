"""Whether the database answers at all: asked once something has waited for it for long.

A query that takes long and a database that is gone look alike to who waits. So then another connection is made, as a
client would that begins now.
"""

import asyncio
import threading
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

PATIENCE: Final = 5.0
"""Seconds that something waits for the database before it is asked whether it is there, and each time again."""
TIMEOUT: Final = 5.0
"""Seconds within which it has to answer that."""


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
                connection.exec_driver_sql("SELECT 1")
            found = True
        except SQLAlchemyError:
            found = False
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, asking, found)


def _settle(asking: "asyncio.Future[bool]", found: bool) -> None:  # noqa: FBT001 - a future's result
    if not asking.done():
        asking.set_result(found)
