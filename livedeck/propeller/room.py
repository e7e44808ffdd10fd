"""Room for a number of things at once, entered first come, first served."""

import asyncio
import itertools
from collections import deque
from collections.abc import Hashable, Mapping


class Room:
    """Counts what is in it. Who enters waits while it is full; what is there already is let in all the same.

    Args:
        size: how much it holds.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._count = 0
        self._first: deque[tuple[Hashable, asyncio.Future[None]]] = deque()
        self._waiting: deque[tuple[Hashable, asyncio.Future[None]]] = deque()

    async def enter(self, who: Hashable = None, *, first: bool = False) -> None:
        """Return when there is room, which is taken then.

        Args:
            who: the name in ``places``.
            first: whether to go before all who did not say so.
        """
        if self._count < self.size:
            self._count += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._first if first else self._waiting).append((who, turn))
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
        while (line := self._first or self._waiting) and self._count < self.size:
            _, turn = line.popleft()
            if not turn.done():
                self._count += 1
                turn.set_result(None)

    def places(self) -> Mapping[Hashable, int]:
        """Return who waits, with how many go before each."""
        waiting = (who for who, turn in itertools.chain(self._first, self._waiting) if not turn.done())
        return {who: place for place, who in enumerate(waiting)}
