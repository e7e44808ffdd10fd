"""Finishes the ``deck.html`` of attempts that ended without doing so: killed, out of memory, lost.

What they published is in the log beside it, and shown here from there; but anything else that opens the page, such as
another Flyte console, would go on showing a task that runs. An attempt that ends in peace writes its last page itself,
so nobody writes here before its process can no longer be there.
"""

import asyncio
import heapq
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import execution_pb2 as core

from livedeck.admin.db.database import Database
from livedeck.admin.db.positions import move, position
from livedeck.admin.feed import Feed, Kind
from livedeck.admin.live.deck_log import LogReader, OpenAttempt
from livedeck.admin.live.keys import DeckKey
from livedeck.admin.live.messages import DeckPhase
from livedeck.admin.live.nodes import Lookup, look_up
from livedeck.admin.live.states import NodeRecord, Published, deck_state, is_over, may_publish
from livedeck.admin.records.gangs import ranks_with_decks
from livedeck.deck import snapshot
from livedeck.deck.ops import Document
from livedeck.deck.reader import Offload
from livedeck.deck.snapshot import Ended
from livedeck.errors import DatabaseUnavailable, LivedeckError, NoSuchEntity, ObjectNotFound, StoreUnavailable
from livedeck.store import Store
from livedeck.store.layout import DECK

log = logging.getLogger(__name__)

READER: Final = "deck-finishing"
PAUSE: Final = 1.0
"""Seconds between two looks at what has ended, at least: there is no hurry."""
AGAIN: Final = 10.0
"""Seconds until an attempt is looked at again whose process may still publish, or whose store fails."""
BATCH: Final = 200
_KINDS: Final[tuple[Kind, ...]] = ("task",)
_ENDS: Final = frozenset({core.TaskExecution.SUCCEEDED, core.TaskExecution.FAILED, core.TaskExecution.ABORTED})
_LONGEST: Final = 60.0  # seconds without a look
_TRIES: Final = 3  # how often a page is made again because more was published meanwhile
_WORDS: Final = {DeckPhase.DIED: "Died", DeckPhase.ABORTED: "Aborted", DeckPhase.FAILED: "Failed"}


class Finishing:
    """Finishes Decks: looks once at each attempt that is recorded as ended.

    How far it has come is in the database, so that an end that was recorded right before this server died is looked at
    by the next one. Several servers may do the same work: they come to the same page.

    Args:
        database: Where the position is kept.
        feed: What is recorded.
        lookup: What was recorded.
        open_store: Opens the folder of an attempt.
        open_reader: Opens the reader of a Deck's log.
        offload: Runs what takes long.
        pause: Seconds between two looks at what has ended.
        again: Seconds until an attempt is looked at again that could not be finished.
    """

    def __init__(
        self,
        *,
        database: Database,
        feed: Feed,
        lookup: Lookup,
        open_store: OpenAttempt,
        open_reader: Callable[[Store], LogReader],
        offload: Offload,
        pause: float = PAUSE,
        again: float = AGAIN,
    ) -> None:
        self._database = database
        self._feed = feed
        self._lookup = lookup
        self._open_store = open_store
        self._open_reader = open_reader
        self._offload = offload
        self._pause = pause
        self._again = again
        self._number = 0
        self._later: list[tuple[float, int, DeckKey]] = []
        """Attempts to look at again: when, the number of their change, which."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Finish pages in the background for as long as the context lasts."""
        await self._begin()
        task = asyncio.create_task(self._run(), name=READER)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self) -> None:
        while True:
            try:
                await self._step()
                due = self._later[0][0] - asyncio.get_running_loop().time() if self._later else _LONGEST
                await self._feed.wait(self._number, timeout=max(0.0, min(_LONGEST, due)))
            except DatabaseUnavailable as error:
                log.warning("deck_finishing.waits error=%s", error)
                await asyncio.sleep(self._again)
            except Exception:  # a mistake in here must not end it
                log.exception("deck_finishing.failed")
                await asyncio.sleep(self._again)
            await asyncio.sleep(self._pause)

    async def _begin(self) -> None:
        """Find out where to go on; the first time, with what is recorded from now on."""
        known = await self._database.read(position, READER)
        self._number = await self._feed.current() if known is None else known
        if known is None:
            await self._save()

    async def _step(self) -> None:
        """Look at what has ended since, and again at what was not to be finished yet."""
        before = self._kept
        while True:
            current = await self._feed.current()
            changes = await self._feed.after(self._number, kinds=_KINDS, limit=BATCH)
            for change in changes:
                assert isinstance(change.message, TaskExecution)
                if change.message.closure.phase in _ENDS:
                    for rank in range(ranks_with_decks(change.message)):
                        await self._look(change.number, DeckKey.of(change.message.id).of_rank(rank))
                self._number = change.number
            if len(changes) < BATCH:
                self._number = max(self._number, current)
                break
        now = asyncio.get_running_loop().time()
        while self._later and self._later[0][0] <= now:
            _, number, key = heapq.heappop(self._later)
            await self._look(number, key)
        if self._kept != before:
            await self._save()

    @property
    def _kept(self) -> int:
        """Up to where all is done."""
        return min([self._number, *(number - 1 for _, number, _ in self._later)])

    async def _save(self) -> None:
        await self._database.write(move, READER, self._kept)

    async def _look(self, number: int, key: DeckKey) -> None:
        try:
            done = await self._settle(key)
        except StoreUnavailable as error:
            log.info("deck_finishing.again deck=%s error=%s", key.path, error)
            done = False
        except LivedeckError as error:
            log.warning("deck_finishing.given_up deck=%s error=%s", key.path, error)
            done = True
        if not done:
            heapq.heappush(self._later, (asyncio.get_running_loop().time() + self._again, number, key))

    async def _settle(self, key: DeckKey) -> bool:
        """Finish one attempt's page if it needs that; say whether there is nothing left to do."""
        store = await self._open_store(key)
        if not await _unfinished(store):
            return True
        try:
            recorded = await look_up(self._lookup, key.of_node)
        except NoSuchEntity:
            return True
        if not is_over(key.number, recorded):
            return True  # its end will be a change of its own
        if may_publish(key.number, recorded, datetime.now(UTC)):
            return False
        return await self._finish(store, key, recorded)

    async def _finish(self, store: Store, key: DeckKey, recorded: NodeRecord) -> bool:
        """Write the page as the log and the record have it; say whether nothing came in between."""
        title = next((task.id.task_id.name for task in recorded.tasks), key.node)
        for _ in range(_TRIES):
            before = await store.ahead(DECK)
            if before is None:
                return True  # the execution was deleted
            document = await self._open_reader(store).load() or Document()
            ended = ended_as(key.number, recorded, document)
            page = await self._offload(_render, document, title, ended)
            if await store.ahead(DECK) != before:
                continue
            await store.aput(DECK, page, content_type=snapshot.CONTENT_TYPE)
            if await self._open_reader(store).next(document.seq) is None:
                log.info("deck_finishing.finished deck=%s seq=%d", key.path, document.seq)
                return True
        return False


def ended_as(attempt: int, recorded: NodeRecord, document: Document) -> Ended | None:
    """How an attempt ended that is over, as its page says it; None: well, or as its document says it."""
    published = Published(document.seq, document.at, document.end)
    state = deck_state(attempt, recorded, published, None, datetime.now(UTC))
    return Ended(_WORDS[state.phase], state.reason) if state.phase in _WORDS else None


async def _unfinished(store: Store) -> bool:
    try:
        return snapshot.is_live(await store.aget_range(DECK, 0, snapshot.HEAD_BYTES))
    except ObjectNotFound:
        return False


def _render(document: Document, title: str, ended: Ended | None) -> bytes:
    return snapshot.render(document, live=False, title=title, ended=ended)
