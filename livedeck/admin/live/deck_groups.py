"""All groups of Decks of this process: one for each execution of which somebody watches many, none for the others."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from livedeck.admin.live.changes import ChangeFollower
from livedeck.admin.live.deck_group import DeckGroup
from livedeck.admin.live.deck_log import LogReader
from livedeck.admin.live.hints import parse
from livedeck.admin.live.keys import DeckKey, ExecutionKey
from livedeck.admin.live.members import ExecutionMembers, Snapshot
from livedeck.admin.live.recent import KEPT, Kept
from livedeck.admin.signals import Signal
from livedeck.deck.reader import Offload
from livedeck.store import Store

log = logging.getLogger(__name__)


class _Shared:
    """A group and how many watch it."""

    def __init__(self) -> None:
        self.viewers = 0
        self.opened = asyncio.Event()
        self.group: DeckGroup | None = None
        self.task: asyncio.Task[None] | None = None


class DeckGroups:
    """Starts an execution's group for its first viewer and ends it after its last.

    Args:
        changes: What is recorded from now on.
        snapshot: Reads what was recorded.
        open_store: Opens the store below a key of the root.
        open_reader: Opens the reader of a Deck's log.
        tasks: The group that the tasks belong to.
        offload: Runs what takes long.
        kept: How much of the log of shared tabs is kept at hand.
    """

    def __init__(
        self,
        *,
        changes: ChangeFollower,
        snapshot: Snapshot,
        open_store: Callable[[str], Store],
        open_reader: Callable[[Store], LogReader],
        tasks: asyncio.TaskGroup,
        offload: Offload = asyncio.to_thread,
        kept: Kept = KEPT,
    ) -> None:
        self._changes = changes
        self._snapshot = snapshot
        self._open_store = open_store
        self._open_reader = open_reader
        self._tasks = tasks
        self._offload = offload
        self._kept = kept
        self._shared: dict[ExecutionKey, _Shared] = {}

    @asynccontextmanager
    async def open(self, key: ExecutionKey) -> AsyncIterator[DeckGroup | None]:
        """Watch the Decks of an execution; yields None if they could not be followed."""
        shared = self._shared.get(key)
        if shared is None:
            shared = self._shared[key] = _Shared()
            shared.task = self._tasks.create_task(self._follow(key, shared), name=f"deck-group-{key.path}")
        shared.viewers += 1
        try:
            await shared.opened.wait()
            yield shared.group
        finally:
            shared.viewers -= 1
            if shared.viewers == 0:
                self._end(key, shared)

    def hint(self, key: DeckKey, body: bytes) -> bool:
        """Pass a publisher's hint on to the group of its execution; say whether anybody watches that.

        Raises:
            DeckError: It is no hint.
        """
        shared = self._shared.get(key.of_execution)
        if shared is None or shared.group is None:
            return False
        shared.group.hint(key, parse(body))
        return True

    def watching(self, key: ExecutionKey) -> int:
        """Return how many watch the Decks of an execution."""
        shared = self._shared.get(key)
        return shared.viewers if shared else 0

    async def _follow(self, key: ExecutionKey, shared: _Shared) -> None:
        wake = Signal()
        try:
            async with ExecutionMembers.follow(self._changes, self._snapshot, key, wake) as members:
                shared.group = DeckGroup(
                    key,
                    members=members,
                    open_reader=lambda deck: self._open_reader(self._open_store(deck.prefix)),
                    wake=wake,
                    offload=self._offload,
                    kept=self._kept,
                )
                shared.opened.set()
                await shared.group.run()
        except Exception:  # a mistake in here must cost these viewers their stream, not the server its life
            log.exception("deck.group_failed execution=%s", key.path)
            self._end(key, shared)

    def _end(self, key: ExecutionKey, shared: _Shared) -> None:
        if self._shared.get(key) is shared:
            del self._shared[key]
        if shared.group is not None:
            shared.group.abandon()
        shared.opened.set()
        if shared.task is not None and shared.task is not asyncio.current_task():
            shared.task.cancel()
