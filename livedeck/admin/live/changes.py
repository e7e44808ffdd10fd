"""One follower of the event feed for all streams of this process, however many there are.

Each stream asking the database by itself would cost a query per stream and event. Instead one task reads what
changed, and each subscription keeps the newest state of every entity that it wants and has not taken yet: what is
sent are whole entities, so a newer one replaces an older one, and a slow viewer holds at most one of each.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, Protocol

from livedeck.admin.feed import Change, Kind
from livedeck.admin.notifiers import Notifier
from livedeck.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

PAUSE: Final = 0.02
"""Seconds between two looks at the feed while events pour in: one query for all that came meanwhile."""
RETRY: Final = 1.0
"""Seconds until the feed is asked again after it failed."""
_UNKNOWN: Final = "the server cannot read what changes; its log says why"


class ChangeFeed(Protocol):
    """What is asked of the feed; `livedeck.admin.feed.Feed` is one."""

    async def current(self) -> int: ...

    async def after(self, number: int, *, limit: int = 500) -> list[Change]: ...

    async def wait(self, after: int, timeout: float) -> bool: ...


class Subscription:
    """What changed among the entities of interest and was not taken yet.

    Args:
        wants: Says whether a change is of interest.
        arrived: Fired for each that is, and when `stale` changes.
        stale: See there.
    """

    def __init__(self, wants: Callable[[Change], bool], arrived: Notifier, stale: str = "") -> None:
        self._wants = wants
        self.arrived = arrived
        self.stale = stale
        """Why changes may be missing now, because the feed cannot be read; empty while it can."""
        self._waiting: dict[tuple[Kind, tuple[str | int, ...]], Change] = {}

    def take(self) -> list[Change]:
        """Return what arrived since the last call, in the order of the events; never waits."""
        taken = sorted(self._waiting.values(), key=lambda change: change.number)
        self._waiting.clear()
        return taken

    def offer(self, change: Change) -> None:
        """Keep a change if it is of interest."""
        if self._wants(change):
            self._waiting[change.kind, change.key] = change
            self.arrived.notify()


class ChangeFollower:
    """Follows the feed, and reads it only while there are subscriptions.

    Args:
        feed: The event feed.
        tasks: The group that its one task belongs to.
        pause: Seconds between two looks at the feed while events pour in.
        retry: Seconds until the feed is asked again after it failed.
    """

    def __init__(
        self, feed: ChangeFeed, tasks: asyncio.TaskGroup, *, pause: float = PAUSE, retry: float = RETRY
    ) -> None:
        self._feed = feed
        self._tasks = tasks
        self._pause = pause
        self._retry = retry
        self._subscriptions: set[Subscription] = set()
        self._follower: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._stale = ""

    @asynccontextmanager
    async def subscribe(
        self, wants: Callable[[Change], bool], arrived: Notifier | None = None
    ) -> AsyncIterator[Subscription]:
        """Offer every change from now on to the subscription: what is read afterwards misses none.

        Waits until the feed has said where it stands: changes before the first successful look would be told to nobody.

        Args:
            wants: Says whether a change is of interest.
            arrived: Fired for each that is; by default one of its own.
        """
        subscription = Subscription(wants, arrived or Notifier(), self._stale)
        self._subscriptions.add(subscription)
        if self._follower is None:
            self._ready = asyncio.Event()
            self._follower = self._tasks.create_task(self._follow(), name="live-changes")
        try:
            await self._ready.wait()
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions and self._follower is not None:
                self._follower.cancel()
                self._follower = None
                self._stale = ""

    async def _follow(self) -> None:
        number = await self._until_read(self._feed.current)
        self._ready.set()
        while True:
            number = await self._until_read(partial(self._step, number))

    async def _until_read(self, reading: Callable[[], Awaitable[int]]) -> int:
        """Repeat ``reading`` until it succeeds: meanwhile viewers see what is known, and why it may be old."""
        while True:
            try:
                number = await reading()
            except Exception as error:  # noqa: BLE001 - whatever it is, the feed is asked again
                self._failed(error)
                await asyncio.sleep(self._retry)
            else:
                self._become("")
                return number

    def _failed(self, error: Exception) -> None:
        """Say so when it is news, not with each try: in the log, and to every subscription."""
        known = isinstance(error, DatabaseUnavailable)
        why = str(error) if known else _UNKNOWN
        if why != self._stale:
            log.error("live.feed_failed reason=%s", why, exc_info=None if known else error)
        self._become(why)

    def _become(self, stale: str) -> None:
        if stale == self._stale:
            return
        self._stale = stale
        for subscription in self._subscriptions:
            subscription.stale = stale
            if self._ready.is_set():  # else nobody was given it yet
                subscription.arrived.notify()

    async def _step(self, number: int) -> int:
        # What failed is tried again at once, and told when it is well: not only with the next change.
        if not await self._feed.wait(number, 0.0 if self._stale else 60.0):
            return number
        changes = await self._feed.after(number)
        for change in changes:
            for subscription in list(self._subscriptions):
                subscription.offer(change)
        await asyncio.sleep(self._pause)
        return changes[-1].number if changes else number
