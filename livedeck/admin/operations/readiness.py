"""Whether the server can do its work now: what load balancers and Kubernetes ask at ``/readyz``."""

import asyncio
import math
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from livedeck.admin.db.database import Database
from livedeck.admin.db.open_executions import ping
from livedeck.admin.operations.engine import AskEngine
from livedeck.errors import LivedeckError
from livedeck.store import Store

TIMEOUT: Final = 5.0
"""Seconds that the database or the store may take to answer."""
FRESH: Final = 1.0
"""Seconds for which an answer holds, however many ask."""
_PROBE: Final = "livedeck-readiness"
"""Key of an object that is never written: to look for it is all that is asked of the store."""
OK: Final = "ok"


@dataclass(frozen=True)
class Readiness:
    """What was found out about the server."""

    draining: bool
    """The server is about to end."""
    checks: Mapping[str, str]
    """For each part ``ok``, or what is wrong with it."""

    @property
    def ready(self) -> bool:
        """Whether work may be sent to the server."""
        return not self.draining and all(found == OK for found in self.checks.values())

    @property
    def reason(self) -> str:
        """Why not, in one line; empty when it is ready."""
        wrong = [f"{part}: {found}" for part, found in self.checks.items() if found != OK]
        return "; ".join((["the server is shutting down"] if self.draining else []) + wrong)


class ReadinessChecks:
    """Looks at the parts that the server needs.

    Args:
        database: Asked for a row.
        store: Asked for an object that is not there.
        timeout: Seconds that either may take.
    """

    def __init__(self, database: Database, store: Store, *, timeout: float = TIMEOUT) -> None:
        self._database = database
        self._store = store
        self._timeout = timeout
        self._engine: AskEngine | None = None
        self._draining = False
        self._asking = asyncio.Lock()
        self._found: tuple[float, Mapping[str, str]] | None = None

    def watch_engine(self, engine: AskEngine) -> None:
        """Look at an engine of this process too."""
        self._engine = engine

    def drain(self) -> None:
        """Be ready no more: the server is about to end."""
        self._draining = True

    async def current(self) -> Readiness:
        """Return how the server is doing, as of a moment ago."""
        async with self._asking:  # those who ask meanwhile are given the same answer
            if self._found is None or time.monotonic() - self._found[0] > FRESH:
                self._found = time.monotonic(), await self._look()
        checks = dict(self._found[1])
        if self._engine is not None and not self._draining:  # it ends first
            checks["engine"] = self._check_engine(self._engine)
        return Readiness(self._draining, checks)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/readyz", self._readyz)]

    async def _readyz(self, _request: Request) -> JSONResponse:
        found = await self.current()
        body = {"ready": found.ready, "reason": found.reason, "draining": found.draining, "checks": dict(found.checks)}
        headers = {"cache-control": "no-store"} | ({} if found.ready else {"retry-after": "5"})
        return JSONResponse(body, 200 if found.ready else 503, headers)

    async def _look(self) -> Mapping[str, str]:
        checks = {"database": self._check_database, "store": self._check_store}
        answers = await asyncio.gather(*(self._answer(check) for check in checks.values()))
        return dict(zip(checks, answers, strict=True))

    async def _answer(self, check: Callable[[], Awaitable[str]]) -> str:
        try:
            async with asyncio.timeout(self._timeout):
                return await check()
        except TimeoutError:
            return f"no answer within {self._timeout:g} s"
        except LivedeckError as error:
            return str(error)

    async def _check_database(self) -> str:
        await self._database.look_up(ping)
        return OK

    async def _check_store(self) -> str:
        folder = self._store.local_root
        if folder is not None and not await asyncio.to_thread(os.access, folder, os.R_OK | os.W_OK | os.X_OK):
            return f"the folder {folder} is not there, or cannot be written to"
        await self._store.ahead(_PROBE)
        return OK

    def _check_engine(self, engine: AskEngine) -> str:
        status = engine()
        if status.silent <= status.longest_silence:
            return OK
        if math.isinf(status.silent):
            return "it has ended: see the server's log"
        return f"its loop has not come round for more than {status.longest_silence:g} s: see the server's log"
