"""Signals that many can wait for, and that are never missed between two waits."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Signal:
    """Counts how often it was fired; waiting is always relative to a count already seen."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = asyncio.Event()

    @property
    def count(self) -> int:
        """How often it was fired so far."""
        return self._count

    def fire(self) -> None:
        """Wake everybody who waits. Call it in the event loop's thread."""
        self._count += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seen: int, *, timeout: float) -> bool:
        """Return True once it was fired more than ``seen`` times, False after ``timeout`` seconds."""
        if self._count > seen:
            return True
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True


class KeyedSignal:
    """Wakes those who wait for a key, and nobody else."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}

    def fire(self, keys: Iterable[str]) -> None:
        """Wake everybody who listens for one of the keys. Call it in the event loop's thread."""
        for key in keys:
            for event in self._listeners.get(key, ()):
                event.set()

    @contextmanager
    def listening(self, key: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when the key is fired meanwhile."""
        event = asyncio.Event()
        listeners = self._listeners.setdefault(key, set())
        listeners.add(event)
        try:
            yield event
        finally:
            listeners.remove(event)
            if not listeners:
                self._listeners.pop(key, None)
