"""Notifiers, which many can wait for: what is told between two waits of one is not missed."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Notifier:
    """Wakes all who wait for it. It counts its notifications; waiting is always relative to a count already seen."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = asyncio.Event()

    @property
    def count(self) -> int:
        """How often it has notified so far."""
        return self._count

    def notify(self) -> None:
        """Wake everybody who waits. Call it in the event loop's thread."""
        self._count += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seen: int, *, timeout: float) -> bool:
        """Return True once it has notified more than ``seen`` times, False after ``timeout`` seconds."""
        if self._count > seen:
            return True
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True


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
