"""All groups of Decks of this process: one for each execution of which somebody watches many, none for the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from livedeck.admin.live.changes import ChangeFollower
from livedeck.admin.live.deck_group import DeckGroup
from livedeck.admin.live.deck_log import LogReader, OpenAttempt
from livedeck.admin.live.hints import parse
from livedeck.admin.live.keys import DeckKey, ExecutionKey, RanksKey
from livedeck.admin.live.members import ExecutionMembers, RankMembers, Snapshot
from livedeck.admin.live.recent import KEPT, Kept
from livedeck.admin.live.viewed import ViewedPool
from livedeck.admin.notifiers import Notifier
from livedeck.deck.reader import Offload
from livedeck.store import Store


class GroupPool(ViewedPool[ExecutionKey | RanksKey, DeckGroup]):
    """Starts an execution's group for its first viewer and ends it after its last.

    Args:
        changes: What is recorded from now on.
        snapshot: Reads what was recorded.
        open_store: Opens the folder of an attempt.
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
        open_store: OpenAttempt,
        open_reader: Callable[[Store], LogReader],
        tasks: asyncio.TaskGroup,
        offload: Offload = asyncio.to_thread,
        kept: Kept = KEPT,
    ) -> None:
        super().__init__(tasks, "group")
        self._changes = changes
        self._snapshot = snapshot
        self._open_store = open_store
        self._open_reader = open_reader
        self._offload = offload
        self._kept = kept

    @asynccontextmanager
    async def open(self, key: ExecutionKey) -> AsyncIterator[DeckGroup | None]:
        """Watch the Decks of an execution; yields None if they could not be followed."""
        async with self._view(key, key.path) as group:
            yield group

    @asynccontextmanager
    async def open_ranks(self, key: RanksKey) -> AsyncIterator[DeckGroup | None]:
        """Watch the Decks of a gang's processes as one; yields None if they could not be followed."""
        async with self._view(key, key.path) as group:
            yield group

    def hint(self, key: DeckKey, body: bytes) -> bool:
        """Pass a publisher's hint on to the groups that it is of; say whether anybody watches any.

        Raises:
            DeckError: It is no hint.
        """
        execution = key.of_execution
        of_ranks = (RanksKey(key.of_node.whole, None), RanksKey(key.of_node.whole, key.number))
        groups = [group for each in (execution, *of_ranks) if (group := self._follower(each)) is not None]
        for group in groups:
            group.hint(key, parse(body))
        return bool(groups)

    async def _follow(self, key: ExecutionKey | RanksKey, opened: Callable[[DeckGroup], None]) -> None:
        wake = Notifier()
        execution = key.of_execution if isinstance(key, RanksKey) else key
        async with ExecutionMembers.follow(self._changes, self._snapshot, execution, wake) as members:
            group = DeckGroup(
                execution,
                members=RankMembers(members, key.of_node.node, key.attempt) if isinstance(key, RanksKey) else members,
                every_tab=isinstance(key, RanksKey),
                open_reader=self._reader_of,
                wake=wake,
                offload=self._offload,
                kept=self._kept,
            )
            opened(group)
            await group.run()

    async def _reader_of(self, deck: DeckKey) -> LogReader:
        return self._open_reader(await self._open_store(deck))
