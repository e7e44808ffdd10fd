"""All tails of this process: one for each Deck that somebody watches, none for the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from livedeck.admin.live.deck_log import DeckLog, LogReader, OpenAttempt
from livedeck.admin.live.deck_tail import DeckTail
from livedeck.admin.live.hints import parse
from livedeck.admin.live.keys import DeckKey, NodeKey
from livedeck.admin.live.nodes import NodeSource
from livedeck.admin.live.queues import Queues, nothing_queued
from livedeck.admin.live.recent import KEPT, Kept
from livedeck.admin.live.viewed import ViewedPool
from livedeck.admin.live.wakes import OpenStoreWatch
from livedeck.admin.notifiers import Notifier
from livedeck.deck.reader import Offload
from livedeck.store import Store
from livedeck.store.layout import SEGMENTS

FIRST_LOOK: Final = 5.0
"""Seconds that a first viewer waits for the store, rather than being told that there is nothing yet."""


class TailPool(ViewedPool[DeckKey, DeckTail]):
    """Starts a Deck's tail for its first viewer and ends it after its last.

    Args:
        records: What is known of the nodes.
        open_store: Opens the folder of an attempt.
        open_reader: Opens the reader of a Deck's log.
        watch: Watches folders.
        tasks: The group that the tails' tasks belong to.
        offload: Runs what takes long; in a thread by default.
        queues: Say what holds nodes back now.
        kept: How much of each log is kept at hand.
    """

    def __init__(
        self,
        *,
        records: NodeSource,
        open_store: OpenAttempt,
        open_reader: Callable[[Store], LogReader],
        watch: OpenStoreWatch,
        tasks: asyncio.TaskGroup,
        offload: Offload = asyncio.to_thread,
        queues: Queues = nothing_queued,
        kept: Kept = KEPT,
    ) -> None:
        super().__init__(tasks, "tail")
        self._records = records
        self._open_store = open_store
        self._open_reader = open_reader
        self._watch = watch
        self._offload = offload
        self._queues = queues
        self._kept = kept

    @asynccontextmanager
    async def open(self, key: DeckKey) -> AsyncIterator[DeckTail | None]:
        """Watch a Deck; yields once what is in the store now was read, or None if it could not be followed."""
        async with self._view(key, key.path) as tail:
            if tail is not None:
                await tail.changed.wait(0, timeout=FIRST_LOOK)
            yield tail

    def hint(self, key: DeckKey, body: bytes) -> bool:
        """Pass a publisher's hint on to the Deck's tail; say whether anybody watches it.

        Raises:
            DeckError: It is no hint.
        """
        tail = self._follower(key)
        if tail is None:
            return False
        tail.hint(parse(body))
        return True

    async def newest_attempt(self, node: NodeKey) -> int:
        """Return the number of a node's newest attempt; 0 before there is any."""
        return await self._records.newest_attempt(node)

    async def _follow(self, key: DeckKey, opened: Callable[[DeckTail], None]) -> None:
        wake = Notifier()
        async with self._records.follow(key.of_node, wake) as records:
            tail = DeckTail(
                key,
                await self._open_log(key, key.number),
                records=records,
                open_log=self._open_log,
                watch=lambda store, appeared: self._watch(store, ("", SEGMENTS), appeared),
                wake=wake,
                queued=lambda: self._queues(f"{key.project}/{key.domain}/{key.execution}").get(key.node),
            )
            opened(tail)
            await tail.run()

    async def _open_log(self, key: DeckKey, number: int) -> DeckLog:
        store = await self._open_store(key)
        return DeckLog(store, self._open_reader(store), number, offload=self._offload, kept=self._kept)
