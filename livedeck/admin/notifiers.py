"""Notifiers, which many can wait for: what is told between two waits of one is not missed."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Notifier:
    """Wakes all who wait for it. It counts its notifications; waiting is always relative to a count already seen."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: set[asyncio.Future[bool]] = set()

    @property
    def count(self) -> int:
        """How often it has notified so far."""
        return self._count

    def notify(self) -> None:
        """Wake everybody who waits. Call it in the event loop's thread."""
        self._count += 1
        for future in self._waiting:
            _settle(future, True)

    async def wait(self, seen: int, *, timeout: float) -> bool:
        """Return True once it has notified more than ``seen`` times, False after ``timeout`` seconds."""
        if self._count > seen:
            return True
        # Very many viewers wait: an event and a scope with a time limit for each wait take twice as long.
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_later(timeout, _settle, future, False)
        self._waiting.add(future)
        try:
            return await future
        finally:
            self._waiting.discard(future)
            timer.cancel()


def _settle(future: "asyncio.Future[bool]", notified: bool) -> None:  # noqa: FBT001 - a callback's argument
    if not future.done():
        future.set_result(notified)


class KeyedNotifier:
    """Wakes those who wait for a key, and nobody else."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}

    def notify(self, keys: Iterable[str]) -> None:
        """Wake everybody who listens for one of the keys. Call it in the event loop's thread."""
        for key in keys:
            for event in self._listeners.get(key, ()):
                event.set()

    @contextmanager
    def listening(self, key: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when those who listen for the key are notified meanwhile."""
        event = asyncio.Event()
        listeners = self._listeners.setdefault(key, set())
        listeners.add(event)
        try:
            yield event
        finally:
            listeners.remove(event)
            if not listeners:
                self._listeners.pop(key, None)
