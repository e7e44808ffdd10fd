"""Slots: a limit on how many things go on at once, given out first come, first served."""

import asyncio
import itertools
from collections import deque
from collections.abc import Hashable, Mapping


class Slots:
    """A counting semaphore that tells who waits for it.

    Args:
        size: how many there are.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._taken = 0
        self._first: deque[tuple[Hashable, asyncio.Future[None]]] = deque()
        self._waiting: deque[tuple[Hashable, asyncio.Future[None]]] = deque()

    async def acquire(self, name: Hashable = None, *, first: bool = False) -> None:
        """Take a slot, waiting until one is free.

        Args:
            name: the name in ``positions``.
            first: whether to go before all who did not say so.
        """
        if self._taken < self.size:
            self._taken += 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._first if first else self._waiting).append((name, granted))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.release()  # the slot was given to this waiter already
            raise

    def acquire_over(self) -> None:
        """Take a slot even if none is free: for what goes on already. Never blocks."""
        self._taken += 1

    def release(self) -> None:
        """Give a slot back."""
        self._taken -= 1
        while (queue := self._first or self._waiting) and self._taken < self.size:
            _, granted = queue.popleft()
            if not granted.done():
                self._taken += 1
                granted.set_result(None)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._first) + len(self._waiting)

    def positions(self) -> Mapping[Hashable, int]:
        """Return who waits, with how many go before each."""
        waiting = (name for name, granted in itertools.chain(self._first, self._waiting) if not granted.done())
        return {name: position for position, name in enumerate(waiting)}
