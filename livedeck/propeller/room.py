"""Room for a number of things at once, entered first come, first served."""

import asyncio
from collections import deque


class Room:
    """Counts what is in it. Who enters waits while it is full; what is there already is let in all the same.

    Args:
        size: how much it holds.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._count = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Return when there is room, which is taken then."""
        if self._count < self._size:
            self._count += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # it was our turn already
            raise

    def occupy(self) -> None:
        """Take room, whether or not there is any."""
        self._count += 1

    def leave(self) -> None:
        """Give back what was taken."""
        self._count -= 1
        while self._waiting and self._count < self._size:
            turn = self._waiting.popleft()
            if not turn.done():
                self._count += 1
                turn.set_result(None)
