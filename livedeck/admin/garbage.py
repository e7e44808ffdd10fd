"""Garbage collection in a server: what holds everybody up is kept short, and rare.

Python looks at all objects there are each time that a quarter more have come to stay. With thousands of viewers that
takes as long as hundreds of updates, again and again while they come. So the server decides itself when to do it.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

_YOUNG: Final = (5_000, 20)
"""Objects more than before at which the youngest are looked at, and how often that is done before the older ones are,
too. Python's own numbers are for programs that hold less."""
_NEVER: Final = 1_000_000_000
SHARE: Final = 0.005
"""Part of the time that looking at all objects may take: of a hundred updates then fewer than one waits for it."""
PAUSE: Final = 10.0
"""Seconds between two looks whether it is due."""
WORTH: Final = 5
"""Collections of the older objects after which some may have become garbage that came to stay."""


class FullCollections:
    """Decides when all objects are looked at.

    Args:
        collect: does it.
        clock: seconds that only grow.
    """

    def __init__(self, collect: Callable[[], object] = gc.collect, clock: Callable[[], float] = time.monotonic) -> None:
        self._collect = collect
        self._clock = clock
        self._next = clock()

    def collect_if_due(self, *, since: int) -> bool:
        """Look at all objects if that is worth it, and the last time is long enough ago; say whether it was done.

        Args:
            since: How often the older objects were looked at since then.
        """
        begun = self._clock()
        if since < WORTH or begun < self._next:
            return False
        self._collect()
        ended = self._clock()
        self._next = ended + (ended - begun) / SHARE
        return True


@contextlib.asynccontextmanager
async def collected_rarely() -> AsyncIterator[None]:
    """Collect garbage as a server should during the block; what there is before it is never looked at again."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_YOUNG, _NEVER)
    task = asyncio.create_task(_collect_now_and_then(FullCollections()), name="garbage")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        gc.set_threshold(*before)
        gc.unfreeze()


async def _collect_now_and_then(full: FullCollections) -> None:
    while True:
        await asyncio.sleep(PAUSE)
        full.collect_if_due(since=gc.get_count()[2])
