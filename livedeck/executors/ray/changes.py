"""The changes of attempts, numbered: a driver that follows them misses none."""

import asyncio
import itertools
from collections import OrderedDict

from livedeck.executors.ray.messages import State

KEPT = 10_000
AT_ONCE = 1_000
"""Changes that are told together."""


class Missed(Exception):
    """Changes since that position are not kept any more."""


class Changes:
    """The last change of each attempt that has changed lately, in the order of their numbers.

    Args:
        kept: of how many attempts.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self.position = 0
        """The number of the last one."""
        self._last: OrderedDict[str, tuple[int, State]] = OrderedDict()
        self._dropped = 0
        """The number of the last one that is not kept."""
        self._noted = asyncio.Event()

    def note(self, state: State) -> None:
        """Note what an attempt is now."""
        self.position += 1
        self._last[state.name] = (self.position, state)
        self._last.move_to_end(state.name)
        while len(self._last) > self._kept:
            _, (self._dropped, _) = self._last.popitem(last=False)
        self._noted.set()

    async def since(self, position: int) -> tuple[int, list[State]]:
        """Return the changes since a position once there are any, the oldest first, and the position after them.

        Raises:
            Missed: some of them are not kept any more.
        """
        while position >= self.position:
            self._noted.clear()
            await self._noted.wait()
        if position < self._dropped:
            raise Missed
        newest_first = itertools.takewhile(lambda change: change[0] > position, reversed(self._last.values()))
        found = list(newest_first)[::-1][:AT_ONCE]
        return found[-1][0], [state for _, state in found]
