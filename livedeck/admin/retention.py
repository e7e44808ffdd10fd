"""Removes what is older than the rules say: executions, the history of Decks, logs.

Every so often one server of those that share the database looks (`livedeck.admin.db.retention.claim`). An execution
goes as if it were deleted, so that one which others use stays. Of a Deck the segments go and its page stays, once that
is the last one; of a log a line stays that says so. ``GET /live/retention`` tells what would go now, and ``POST`` has
it go.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

from flyteidl.admin.execution_pb2 import Execution
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from livedeck.admin.db import retention
from livedeck.admin.db.database import Database
from livedeck.admin.db.retention import DECKS, LOGS, Old
from livedeck.admin.db.writer import now
from livedeck.admin.deletion import Deletion
from livedeck.admin.names import describe
from livedeck.admin.notifiers import Notifier
from livedeck.admin.objects import Objects
from livedeck.admin.retention_rules import RetentionRules, Rule
from livedeck.deck import snapshot
from livedeck.errors import DatabaseUnavailable, LivedeckError, NoSuchEntity, StateForbids
from livedeck.store.layout import DECK, LOG, SEGMENTS, log_key

log = logging.getLogger(__name__)

PAUSE: Final = 3600.0
"""Seconds between two looks."""
RETRY: Final = 60.0
"""Seconds until a look that failed is begun again."""
BATCH: Final = 200
TOLD: Final = 1_000
"""Executions that an answer names, at most."""

_PIECE: Final = re.compile(rf"(.+/data/(?:\d+/)?\d+)/({SEGMENTS}|{LOG})/\d{{8}}\.(?:json|txt)")
"""A segment of a Deck or a piece of a log: the attempt's folder, and which of both."""


class Due(NamedTuple):
    """Something that is to be removed."""

    old: Old
    part: str
    """As the rules call it: ``executions``, ``decks``, ``logs``."""


@dataclass
class Sweep:
    """What a look has come to."""

    removed: int = 0
    kept: int = 0
    """Others use it, or it could not be removed now: it is looked at again next time."""


class Retention:
    """Looks for what is old, and removes it.

    Args:
        database: What is on record.
        deletion: Deletes executions.
        objects: Where their data is.
        rules: How long what is kept; None: for ever.
        pause: Seconds between two looks.
        clock: The time in microseconds since the epoch.
    """

    def __init__(
        self,
        *,
        database: Database,
        deletion: Deletion,
        objects: Objects,
        rules: RetentionRules | None,
        pause: float = PAUSE,
        clock: Callable[[], int] = now,
    ) -> None:
        self._database = database
        self._deletion = deletion
        self._objects = objects
        self._store = objects.store
        self._rules = rules
        self._pause = pause
        self._clock = clock
        self._hastened = Notifier()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for as long as the context lasts, if there are rules."""
        if self._rules is None:
            yield
            return
        task = asyncio.create_task(self._run(), name="retention")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/live/retention", self._tell, methods=["GET"]),
            Route("/live/retention", self._begin, methods=["POST"]),
        ]

    async def _run(self) -> None:
        while True:
            seen = self._hastened.count
            wait = self._pause
            try:
                if await self._database.write(retention.claim, self._clock() + int(1_000_000 * self._pause)):
                    await self.sweep()
            except DatabaseUnavailable as error:
                log.warning("retention.waits error=%s", error)
                wait = RETRY
            except Exception:  # a mistake in here must not end it
                log.exception("retention.failed")
                wait = RETRY
            await self._hastened.wait(seen, timeout=min(wait, self._pause))

    async def sweep(self) -> Sweep:
        """Remove all that is due."""
        done = Sweep()
        async for due in self.due():
            try:
                await self._remove(due)
            except NoSuchEntity:
                continue  # it went with the execution that started it, or somebody else was faster
            except LivedeckError as error:
                done.kept += 1
                level = logging.DEBUG if isinstance(error, StateForbids) else logging.WARNING
                log.log(level, "retention.kept execution=%s error=%s", describe(due.old.identifier), error)
            else:
                done.removed += 1
        if done.removed or done.kept:
            log.info("retention.swept removed=%d kept=%d", done.removed, done.kept)
        return done

    async def due(self) -> AsyncIterator[Due]:
        """Yield what is to be removed: whole executions first, for their Decks and logs go with them."""
        if self._rules is None:
            return
        for scope in await self._database.read(retention.scopes):
            async for due in self._due_in(scope, self._rules.of(*scope)):
                yield due

    async def _due_in(self, scope: tuple[str, str], rule: Rule) -> AsyncIterator[Due]:
        taken = await self._measured(scope) if rule.size is not None else 0
        gone: set[int] = set()
        if rule.executions is not None:
            async for old in self._older(scope, rule.executions):
                gone.add(old.row_id)
                taken -= old.stored_bytes or 0
                yield Due(old, "executions")
        if rule.size is not None:
            async for old in self._oldest(scope, taken - rule.size, gone):
                yield Due(old, "executions")
        for part, age, bit in (("decks", rule.decks, DECKS), ("logs", rule.logs, LOGS)):
            if age is None or (rule.executions is not None and rule.executions <= age):
                continue  # they go with their executions
            for removed in retention.WITH[bit]:
                async for old in self._older(scope, age, removed):
                    yield Due(old, part)

    async def _oldest(self, scope: tuple[str, str], excess: int, gone: set[int]) -> AsyncIterator[Old]:
        """Yield the oldest executions of a project and domain, but for those that go anyway, until so many bytes go."""
        last: Old | None = None
        while excess > 0:
            batch = await self._database.read(retention.oldest, scope, newer_than=last, limit=BATCH)
            for last in batch:
                if last.row_id not in gone and last.stored_bytes and excess > 0:
                    excess -= last.stored_bytes
                    yield last
            if len(batch) < BATCH:
                return

    async def _measured(self, scope: tuple[str, str]) -> int:
        """Return how many bytes the executions of a project and domain take, having looked where that is not known."""
        await self._measure(scope)
        return await self._database.read(retention.stored_bytes, scope)

    async def _measure(self, scope: tuple[str, str]) -> None:
        """Look how many bytes executions take of which that is not known."""
        async for old in self._older(scope, timedelta(microseconds=retention.SETTLED), unmeasured=True):
            raw = self._objects.raw_data_key(Execution.FromString(old.message))
            sizes = [await asyncio.to_thread(self._store.size_below, each) for each in (old.folder, raw) if each]
            await self._database.write(retention.note_size, old.row_id, sum(sizes))

    async def _older(
        self, scope: tuple[str, str], age: timedelta, removed: int | None = None, *, unmeasured: bool = False
    ) -> AsyncIterator[Old]:
        """Yield the executions of a project and domain that were over so long ago."""
        last: Old | None = None
        moment = self._clock() - age // timedelta(microseconds=1)
        look = partial(retention.over_before, removed=removed, unmeasured=unmeasured, limit=BATCH)
        while True:
            batch = await self._database.read(look, scope, moment, older_than=last)
            for last in batch:
                yield last
            if len(batch) < BATCH:
                return

    async def _remove(self, due: Due) -> None:
        if due.part == "executions":
            await self._deletion.delete(due.old.identifier)
            return
        remove, bit = (self._remove_segments, DECKS) if due.part == "decks" else (self._remove_logs, LOGS)
        await asyncio.to_thread(remove, due.old.folder)
        await self._database.write(retention.note_removed, due.old.row_id, bit)

    def _remove_segments(self, folder: str) -> None:
        for attempt in self._attempts(folder, SEGMENTS):
            key = f"{attempt}/{DECK}"
            page = self._store.get_range(key, 0, snapshot.HEAD_BYTES) if self._store.head(key) else b""
            if not snapshot.is_ours(page) or snapshot.is_live(page):
                raise StateForbids(f"the Deck in {attempt} has no last page yet, and its segments are all there is")
            self._store.delete_below(f"{attempt}/{SEGMENTS}")

    def _remove_logs(self, folder: str) -> None:
        for attempt in self._attempts(folder, LOG):
            words = "What the task printed was removed, as it is older than this server keeps logs.\n"
            self._store.delete_below(f"{attempt}/{LOG}")
            self._store.put(f"{attempt}/{log_key(1)}", words.encode())

    def _attempts(self, folder: str, kind: str) -> list[str]:
        """Return the folders of attempts that have a Deck's segments, or a log."""
        found = (_PIECE.fullmatch(key) for key in self._store.list(folder))
        return list(dict.fromkeys(piece[1] for piece in found if piece and piece[2] == kind))

    async def _tell(self, _request: Request) -> JSONResponse:
        told: list[dict[str, str]] = []
        more = 0
        async for due in self.due():
            if len(told) < TOLD:
                told.append(_shown(due))
            else:
                more += 1
        return JSONResponse({"rules": self._rules is not None, "due": told, "more": more})

    async def _begin(self, _request: Request) -> JSONResponse:
        await self._database.write(retention.hasten)
        self._hastened.notify()
        return JSONResponse({"rules": self._rules is not None}, status_code=202)


def _shown(due: Due) -> dict[str, str]:
    identifier = due.old.identifier
    return {"project": identifier.project, "domain": identifier.domain, "name": identifier.name, "part": due.part}
