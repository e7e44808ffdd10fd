"""A signal that many can wait for, and that is never missed between two waits."""

import asyncio


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
