"""What is followed while somebody views it: one follower for all viewers of a key, none for keys that nobody views."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

log = logging.getLogger(__name__)


class Follower(Protocol):
    """Follows something for its viewers."""

    def abandon(self) -> None:
        """Send the viewers away."""


K = TypeVar("K", bound=Hashable)
F = TypeVar("F", bound=Follower)


class _Viewed(Generic[F]):
    """A follower and how many view it."""

    def __init__(self) -> None:
        self.viewers = 0
        self.opened = asyncio.Event()
        self.follower: F | None = None
        self.task: asyncio.Task[None] | None = None

    def set_follower(self, follower: F) -> None:
        self.follower = follower
        self.opened.set()


class ViewedPool(ABC, Generic[K, F]):
    """Starts a key's follower for its first viewer and ends it after its last.

    Args:
        tasks: The group that the followers' tasks belong to.
        kind: What the followers are called in names of tasks and in the log.
    """

    def __init__(self, tasks: asyncio.TaskGroup, kind: str) -> None:
        self._tasks = tasks
        self._kind = kind
        self._viewed: dict[K, _Viewed[F]] = {}

    def watching(self, key: K) -> int:
        """Return how many view a key."""
        viewed = self._viewed.get(key)
        return viewed.viewers if viewed else 0

    @abstractmethod
    async def _follow(self, key: K, opened: Callable[[F], None]) -> None:
        """Make a key's follower, hand it to ``opened``, and run it."""

    def _follower(self, key: K) -> F | None:
        viewed = self._viewed.get(key)
        return viewed.follower if viewed else None

    @asynccontextmanager
    async def _view(self, key: K, path: str) -> AsyncIterator[F | None]:
        """View a key; yields None if it could not be followed."""
        viewed = self._viewed.get(key)
        if viewed is None:
            viewed = self._viewed[key] = _Viewed()
            viewed.task = self._tasks.create_task(self._run(key, viewed, path), name=f"deck-{self._kind}-{path}")
        viewed.viewers += 1
        try:
            await viewed.opened.wait()
            yield viewed.follower
        finally:
            viewed.viewers -= 1
            if viewed.viewers == 0:
                self._end(key, viewed)

    async def _run(self, key: K, viewed: _Viewed[F], path: str) -> None:
        try:
            await self._follow(key, viewed.set_follower)
        except Exception:  # a mistake in here must cost these viewers their stream, not the server its life
            log.exception("deck.%s_failed path=%s", self._kind, path)
            self._end(key, viewed)

    def _end(self, key: K, viewed: _Viewed[F]) -> None:
        if self._viewed.get(key) is viewed:
            del self._viewed[key]
        if viewed.follower is not None:
            viewed.follower.abandon()
        viewed.opened.set()
        if viewed.task is not None and viewed.task is not asyncio.current_task():
            viewed.task.cancel()
