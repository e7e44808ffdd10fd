"""How far ahead of their attempts the nodes of an execution are prepared.

The first nodes of a wide fan-out are to run while the inputs of its last are not put together yet, and nodes that will
wait for hours for room need not have theirs in memory.
"""

import asyncio
from collections import deque
from types import TracebackType


class Lookahead:
    """Counts nodes that are prepared or wait to be started; lets preparing begin while they are few.

    ``async with`` it to prepare one. What has been prepared is counted on with ``occupy`` until ``leave``.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._count < self._limit:
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

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave()

    def occupy(self) -> None:
        """Count one that waits to be started, whether or not there are many already."""
        self._count += 1

    def leave(self) -> None:
        """It has been started, or never will be."""
        self._count -= 1
        while self._waiting and self._count < self._limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._count += 1
                turn.set_result(None)
